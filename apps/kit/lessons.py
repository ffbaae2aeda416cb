"""Lessons for a class: ordered links with a sentence each, read from one text file."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "lessons.txt"
_MINUTES = re.compile(r"(\d+) min\.\s*")


class LessonError(ValueError):
    """A line that is none of a lesson; the message names it and the remedy."""


@dataclass(frozen=True)
class Step:
    """An address of the lab, what the class reads there, and what only the lecturer does."""

    address: str
    sentence: str
    minutes: int = 0
    notes: str = ""


@dataclass(frozen=True)
class Lesson:
    """`name` is the title as an address has it."""

    name: str
    title: str
    about: str
    steps: tuple[Step, ...]

    @property
    def minutes(self) -> int:
        """Of all steps together."""
        return sum(step.minutes for step in self.steps)


@cache
def shipped() -> dict[str, Lesson]:
    """The lessons of apps/lessons.txt by name, in their order."""
    return {lesson.name: lesson for lesson in read(FILE.read_text())}


def read(text: str) -> tuple[Lesson, ...]:
    """The lessons of a text in the form that the file itself explains; raises LessonError."""
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]
    starts = [i for i, (_, line) in enumerate(lines) if line.startswith("==")]
    if lines and starts[:1] != [0]:
        raise LessonError(f"Line {lines[0][0]} stands before any '== Title'.")
    return tuple(
        _lesson(lines[start:end]) for start, end in zip(starts, [*starts[1:], None], strict=True)
    )


def _lesson(lines: list[tuple[int, str]]) -> Lesson:
    """A title, a sentence or two, and links, each with its notes below it."""
    title = lines[0][1].strip("= ")
    links = [i for i, (_, line) in enumerate(lines) if line.startswith("/")]
    about = " ".join(line.strip() for _, line in lines[1 : links[0] if links else None])
    steps = tuple(
        _step(lines[start:end]) for start, end in zip(links, [*links[1:], None], strict=True)
    )
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return Lesson(name, title, about, steps)


def _step(lines: list[tuple[int, str]]) -> Step:
    number, link = lines[0]
    address, _, sentence = link.strip().partition(" ")
    if not sentence.strip():
        raise LessonError(f"Line {number}: {address} has no sentence after it.")
    for at, line in lines[1:]:
        if not line.startswith(" "):
            raise LessonError(f"Line {at} is neither a link nor a note: begin it by / or spaces.")
    whole = " ".join(line.strip() for _, line in lines[1:])
    minutes = _MINUTES.match(whole)
    told = (int(minutes[1]), whole[minutes.end() :]) if minutes else (0, whole)
    return Step(address, sentence.strip(), *told)
