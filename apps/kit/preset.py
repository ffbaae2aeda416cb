"""A page and its presets, as data: nothing here is heavy to import."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Condition = tuple[str, tuple[Any, ...]]  # a setting, and the values at which it holds


class ClaimError(ValueError):
    """A claim that says nothing; the message names the remedy."""


@dataclass(frozen=True)
class Claim:
    """`number` is at least `ratio` times `other`, for each picture; both are numbers of a frame.

    The numbers of a twin are called "twin activation" and so on. Raises ClaimError where
    a number is compared with itself: that holds of every run.
    """

    number: str
    ratio: float
    other: str

    def __post_init__(self) -> None:
        if self.number == self.other:
            raise ClaimError(
                f"A claim compares {self.number!r} with itself: name another number, "
                f"as 'control {self.number}' or 'twin {self.number}'."
            )


class GuessError(ValueError):
    """A guess that cannot be asked; the message names the remedy."""


@dataclass(frozen=True)
class Guess:
    """A question about what will be seen, to be answered before it is.

    `right` is one of the 2 to 4 answers; `reveal` is said at the preset's step, and
    names what the page then shows. Raises GuessError.
    """

    question: str
    answers: tuple[str, ...]
    right: str
    reveal: str

    def __post_init__(self) -> None:
        if not 2 <= len(self.answers) <= 4 or len(set(self.answers)) < len(self.answers):
            raise GuessError(
                f"{len(self.answers)} answers to {self.question!r}: give 2 to 4 different ones."
            )
        if self.right not in self.answers:
            raise GuessError(
                f"{self.right!r} is no answer to {self.question!r}: choose one of the answers."
            )

    def as_json(self) -> dict[str, Any]:
        """The same for a script: the right answer by its place, from 0."""
        return {
            "question": self.question,
            "answers": list(self.answers),
            "right": self.answers.index(self.right),
            "reveal": self.reveal,
        }


@dataclass(frozen=True)
class Preset:
    """A start that is worth looking at, said in a sentence, and what it claims at a step.

    With a `twin` it is two runs in step: the other has these settings changed. A `guess`
    is asked before it plays, for who wants to be asked.
    """

    sentence: str
    settings: Mapping[str, Any]
    at_step: int
    claim: Claim
    twin: Mapping[str, Any] = field(default_factory=dict)
    guess: Guess | None = None


@dataclass(frozen=True)
class Page:
    """What a page adds to its probe.

    In `sentence` a {setting} becomes a choice inside the text; a part in square
    brackets is shown with the first setting in it. `when` says which settings
    are shown only at certain values of another, or of several others; no values
    stand for any but 0 and "none". `extension` is a script of apps/static, with a
    style sheet of the same name, that adds to the player what this page alone has; `drawn` are
    settings whose controls it draws. `readings` are numbers that stand in a table below, each
    with its words: with "control" and "before" of it where there are such. `panels` stand beside
    the control and as large as it, each with its words; `turns` is one of them that a visitor may turn,
    points of three numbers, with its three axes in words; `charts` are those whose curves may be looked
    at closer, with their numbers. `group` is the one of the header that the
    page belongs to (see shell.GROUPS), `place` its order there; `card` is said over what was
    recorded of it, on the front page.
    """

    probe: str
    sentence: str
    presets: tuple[Preset, ...] = ()
    when: Mapping[str, Condition | tuple[Condition, ...]] = field(default_factory=dict)
    control: str = "same steps, same layer, weights drawn at random"
    extension: str = ""
    drawn: tuple[str, ...] = ()
    readings: tuple[tuple[str, str], ...] = ()
    panels: Mapping[str, str] = field(default_factory=dict)
    turns: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)
    charts: tuple[str, ...] = ()
    group: str = "Look in"
    card: str = ""
    place: int = 100

    def conditions(self) -> dict[str, tuple[Condition, ...]]:
        """Of each setting that is not always shown: all that must hold for it."""
        found = {}
        for name, when in self.when.items():
            found[name] = (when,) if isinstance(when[0], str) else when
        return found
