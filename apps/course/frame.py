"""What stands around every figure of the course: each part once, for all pages."""

from functools import partial
from html import escape
from typing import Any

import streamlit as st

from apps.course import PATH, parts, settings
from apps.course.lesson import Lesson, Preset
from core import probes, records


def draw(name: str, lesson: Lesson) -> None:
    """The whole page: to be read, or to be shown on a stage (?lecture=1)."""
    if st.query_params.get("lecture") == "1":
        _on_stage(lesson)
    else:
        _to_read(name, lesson)


def _to_read(name: str, lesson: Lesson) -> None:
    st.title(lesson.question, anchor=False)
    where = f'<a href="{PATH}/">Lecture {lesson.lecture:02}</a>'
    st.html(f'<p class="lead">{where} · {escape(lesson.said)}</p>')
    _guess(lesson)
    left, right = st.columns([2.55, 1], gap="medium")
    with right:  # first: the figure is drawn at what these are set to
        _presets(lesson)
        with st.container(border=True, key="controls", gap="xxsmall"):
            _controls(lesson)
    with left:
        parts.badges(lesson.show(settings.values(lesson.settings, {})))
    _below(name, lesson)


def _controls(lesson: Lesson) -> None:
    """In the order of the declaration; which are asked for may depend on those above."""
    drawn: set[str] = set()
    while missing := [
        name for name in lesson.asks(settings.values(lesson.settings, {})) if name not in drawn
    ]:
        lesson.settings[missing[0]].draw(missing[0])
        drawn.add(missing[0])


def _below(name: str, lesson: Lesson) -> None:
    left, right = st.columns([2.55, 1], gap="medium")
    with left:
        parts.corrected("Easy to believe", (lesson.myth,))
        parts.corrected("What the notes say, and how to read it", lesson.corrections())
    with right:
        _two_minutes(name, lesson)
        _doors(lesson)
        parts.copy_link()


def _on_stage(lesson: Lesson) -> None:
    """No prose: the question, the figure, one control, and the way back and on.

    A step sets everything; what the address says beside it, or the control, goes before.
    The keys of a lecture press these buttons: see apps/static/course.js.
    """
    st.html('<div class="on-stage"></div>')
    st.title(lesson.question, anchor=False)
    at = _step(lesson)
    step, one = lesson.steps[at], lesson.settings[lesson.control]
    now = settings.values(lesson.settings, step.settings)
    said, control, back, forward = st.columns(
        [2, 1.1, 0.45, 0.45], gap="medium", vertical_alignment="center"
    )
    with control:
        st.session_state.setdefault(lesson.control, now[lesson.control])
        one.draw(lesson.control)
    said.html(
        f'<p class="step-said"><i>{at + 1}/{len(lesson.steps)}</i> {escape(step.sentence)}</p>'
    )
    ways = ((back, "Back", at - 1), (forward, "Next", at + 1))
    for place, text, to in ways:
        place.button(
            text,
            on_click=partial(_go, lesson, to),
            disabled=not 0 <= to < len(lesson.steps),
            type="primary" if text == "Next" else "secondary",
            key=text.lower(),
            width="stretch",
        )
    parts.badges(lesson.show(now))
    st.html('<p class="ways">← → step · N notes of a lesson · <a href="?">Esc leaves</a></p>')


def _step(lesson: Lesson) -> int:
    said = st.query_params.get("step", "1")
    count = len(lesson.steps)
    return int(said) - 1 if said in [f"{n + 1}" for n in range(count)] else 0


def _go(lesson: Lesson, at: int) -> None:
    """To that step: what was set meanwhile is forgotten."""
    settings.put(lesson.settings, {})
    st.query_params["step"] = f"{at + 1}"
    control = lesson.control
    default = lesson.settings[control].default
    st.session_state[control] = lesson.steps[at].settings.get(control, default)


def _guess(lesson: Lesson) -> None:
    """A question; its answer is computed, and shown, only after a guess."""
    guess = lesson.guess
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="guess"):
        st.html(f'<p class="asked"><b>Guess:</b> {escape(guess.question)}</p>', width="content")
        picked = st.pills(
            guess.question,
            guess.options,
            key="g",
            bind="query-params",
            label_visibility="collapsed",
        )
        if picked is not None:
            right, why = guess.answer()
            verdict = "Yes" if picked == right else f"It is {right}"
            st.html(f'<p class="answer" role="status"><b>{escape(verdict)}.</b> {escape(why)}</p>')


def _presets(lesson: Lesson) -> None:
    now = settings.values(lesson.settings, {})
    with st.container(key="presets", gap="xsmall"):
        for at, preset in enumerate(lesson.presets):
            st.button(
                preset.sentence,
                key=f"preset{at}",
                width="stretch",
                type="primary" if _is_at(lesson, preset, now) else "secondary",
                on_click=partial(settings.put, lesson.settings, preset.settings),
            )


def _is_at(lesson: Lesson, preset: Preset, now: dict[str, Any]) -> bool:
    wanted = {n: preset.settings.get(n, one.default) for n, one in lesson.settings.items()}
    return wanted == now


def _two_minutes(name: str, lesson: Lesson) -> None:
    with st.expander("Two minutes, for who lectures"):
        for at, step in enumerate(lesson.steps):
            st.button(
                f"{at + 1}. {step.sentence}",
                key=f"step{at}",
                width="stretch",
                on_click=partial(settings.put, lesson.settings, step.settings),
            )
        address = f"{PATH}/{name}?lecture=1"
        st.html(f'<p class="two"><a href="{address}">Show it on a stage</a></p>')


def _doors(lesson: Lesson) -> None:
    rows = "".join(
        f'<p><a href="{address(door.probe, dict(door.settings))}">{escape(door.sentence)}</a></p>'
        for door in lesson.doors
    )
    st.html(f'<section class="doors"><h2>Into the lab</h2>{rows}</section>')


def address(probe: str, wanted: dict[str, Any]) -> str:
    """A page of the lab that starts with these settings; raises UnknownProbeError if it is none."""
    probes.load(probe)
    record = {"v": 1, "probe": probe, "settings": wanted}
    return f"/app/{probe}/?r={records.pack(record)}"
