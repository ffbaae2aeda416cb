"""What pages ask of a room: its lecturer's page, and those that follow."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Lead:
    """Open a room; or come back to the one of this code and token.

    `page` and `title` are of a page without a run, which those who follow are told.
    """

    code: str = ""
    token: str = ""
    page: str = ""
    title: str = ""


@dataclass(frozen=True)
class End:
    """Close the room that this page leads."""


@dataclass(frozen=True)
class Follow:
    """Follow a room; the key is what it gave to this phone before, if it did.

    `beside`: see the twin of its run, on a socket of its own.
    """

    code: str
    key: str = ""
    beside: bool = False


@dataclass(frozen=True)
class Pose:
    """Have everybody guess; `right` is the place of the right answer, from 0."""

    question: str
    answers: tuple[str, ...]
    right: int
    reveal: str


@dataclass(frozen=True)
class Advance:
    """watch: no more answers, look at the picture; reveal: say what was right; drop: forget it."""

    what: str


@dataclass(frozen=True)
class Answer:
    """The place of the answer that somebody guesses, from 0."""

    choice: int


@dataclass(frozen=True)
class Wheel:
    """Give the wheel to this phone; 0 takes it back."""

    phone: int


@dataclass(frozen=True)
class Away:
    """Somebody wants the followed run as their own, up to the step that they see."""

    step: int


Order = Lead | End | Follow | Pose | Advance | Answer | Wheel | Away
