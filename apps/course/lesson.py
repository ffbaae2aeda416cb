"""A page of the course, as data: its question, what it can be set to, and what it says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.course.settings import Setting
from core.lessons.proof import Proof

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Preset:
    """A start that is worth looking at, said in a sentence; what is not set is the default."""

    sentence: str
    settings: Values


@dataclass(frozen=True)
class Guess:
    """A question to answer before looking.

    `answer` is computed when it is asked for: the option that is right, and why.
    """

    question: str
    options: tuple[str, ...]
    answer: Callable[[], tuple[str, str]]


@dataclass(frozen=True)
class Correction:
    """What one may read, in the lecture's notes or elsewhere, and how this page reads it."""

    read: str
    said: str


@dataclass(frozen=True)
class Door:
    """A way into the lab: a sentence, the probe, and the settings that it starts with."""

    sentence: str
    probe: str
    settings: Values


@dataclass(frozen=True)
class Lesson:
    """Everything of a page.

    `show` draws the figure at these values and returns the proofs of what it
    drew; `asks` names the controls that these values call for.
    """

    question: str
    said: str
    lecture: int  # of the notes
    place: int  # within that lecture
    settings: Mapping[str, Setting]
    asks: Callable[[Values], tuple[str, ...]]
    show: Callable[[Values], list[Proof]]
    guess: Guess
    myth: Correction
    corrections: Callable[[], tuple[Correction, ...]]
    presets: tuple[Preset, ...]
    steps: tuple[Preset, ...]  # the lecturer's two minutes
    control: str  # the one that a lecture keeps
    doors: tuple[Door, ...]
    picture: Callable[[], str]  # an SVG for the contents
