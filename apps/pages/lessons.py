"""Lessons: what a lecturer shows in 45 minutes, step by step, with notes on a second window."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response

from apps.kit import lessons, shell
from apps.kit.lessons import Lesson

ADDRESS, TITLE, GROUP = "/lessons/", "Lessons", "Course"
QUESTION = "Show it to a class"
FRESH = {"Cache-Control": "no-store"}  # a lecturer writes on it
KEYS = (
    ("← →", "one step back, one further; a clicker's keys too"),
    ("↑ ↓", "move the one control"),
    ("space", "pause and play"),
    ("G", "guess before it is shown"),
    ("Q", "a code for phones that follow"),
    ("N", "notes on a second window"),
    ("Esc", "leave"),
)


def html(links: Sequence[shell.Link], device: str) -> str:
    """The page: each lesson with its steps, and the keys."""
    said = (
        "Each lesson is a list of links with a sentence each: it opens large, is walked by the arrow keys, "
        "and needs neither an account nor a network. Write your own in <code>apps/lessons.txt</code>."
    )
    keys = "".join(f"<div><dt>{key}</dt><dd>{does}</dd></div>" for key, does in KEYS)
    cards = "".join(_card(lesson) for lesson in lessons.shipped().values())
    body = f"""{shell.header(links, ADDRESS, device)}
<main>
{shell.heading(QUESTION, said)}
<div class="lessons">{cards}</div>
<h2>Keys</h2>
<dl class="keys">{keys}</dl>
</main>"""
    head = shell.head(f"{TITLE} · {shell.TITLE}", {}, script="lessons")
    return shell.document(head, body, kind="lessons-page")


def _card(lesson: Lesson) -> str:
    steps = "".join(
        f'<li><a href="{escape(address(lesson, at))}">{escape(step.sentence)}</a></li>'
        for at, step in enumerate(lesson.steps)
    )
    return (
        f'<article class="card"><h2>{escape(lesson.title)} <span>{lesson.minutes} minutes</span></h2>'
        f"<p>{escape(lesson.about)}</p><p><a class='button strong' href='{escape(address(lesson, 0))}'>"
        f"Begin</a> <a class='button' href='{ADDRESS}{lesson.name}/notes' target='_blank'>Notes</a></p>"
        f"<ol>{steps}</ol></article>"
    )


def card() -> str:
    """The page on the front page, above it what ships."""
    titles = "".join(f"<i>{escape(one.title)}</i>" for one in lessons.shipped().values())
    return (
        f'<li><a href="{ADDRESS}"><span class="pane titles">{titles}</span>'
        f"<b>How do I show it to a class?</b><span>lessons of 45 minutes, walked by a clicker</span></a></li>"
    )


def address(lesson: Lesson, at: int) -> str:
    """Where a step of a lesson is shown."""
    link = lesson.steps[at].address
    return f"{link}{'&' if '?' in link else '?'}lecture=1&lesson={lesson.name}&at={at + 1}"


def _notes(lesson: Lesson) -> str:
    """What the lecturer reads: it follows the page that the class sees, and can move it."""
    steps = "".join(
        f'<li data-at="{at + 1}"><b>{escape(step.sentence)}</b> <span>{step.minutes} min</span>'
        f"<p>{escape(step.notes)}</p></li>"
        for at, step in enumerate(lesson.steps)
    )
    body = f"""<main class="notes" data-lesson="{lesson.name}">
<h1>{escape(lesson.title)}</h1>
<p class="hint"><span id="clock">00:00</span> of {lesson.minutes} minutes. This window follows the one that the class sees,
on this computer; press a step to go there.</p>
<ol>{steps}</ol>
</main>"""
    head = shell.head(f"Notes · {lesson.title}", {}, script="lessons")
    return shell.document(head, body, kind="lessons-page")


def router() -> APIRouter:
    """The steps of a lesson as data, and its notes."""
    found = APIRouter()

    @found.get("/lessons/{name}.json")
    async def steps(name: str) -> Response:
        return _answered(name, lambda lesson: JSONResponse(_as_json(lesson), headers=FRESH))

    @found.get("/lessons/{name}/notes")
    async def notes(name: str) -> Response:
        return _answered(name, lambda lesson: HTMLResponse(_notes(lesson), headers=FRESH))

    return found


def _answered(name: str, answer: Callable[[Lesson], Response]) -> Response:
    """The answer for the lesson of this name, or which there are."""
    lesson = lessons.shipped().get(name)
    if lesson is None:
        known = ", ".join(lessons.shipped())
        said = f"There is no lesson {name[:60]!r}: choose from {known}."
        return JSONResponse({"sentence": said}, status_code=404)
    return answer(lesson)


def _as_json(lesson: Lesson) -> dict[str, Any]:
    return {
        "name": lesson.name,
        "title": lesson.title,
        "steps": [
            {"address": address(lesson, at), "sentence": step.sentence}
            for at, step in enumerate(lesson.steps)
        ],
    }
