"""The contents of the course: every page that exists, as its question."""

from collections.abc import Sequence

import streamlit as st

from apps.course import lessons, parts

ACROSS = 3


def draw(pages: Sequence[st.Page]) -> None:
    """A card for each lesson; `pages` are theirs, in the same order."""
    st.title("What the notes say, live and proved", anchor=False)
    st.html(
        '<p class="lead">Each page asks one question, moves before you touch it, and computes its '
        "own proof while you look. To show the lab to a class, take one of its "
        '<a href="/lessons/">lessons of 45 minutes</a>.</p>'
    )
    columns = st.columns(ACROSS, gap="medium")
    for at, (name, page) in enumerate(zip(lessons.names(), pages, strict=True)):
        lesson = lessons.load(name)
        with columns[at % ACROSS], st.container(border=True, key=f"card-{name}"):
            with st.container(key=f"pane-{name}"):
                parts.drawing(lesson.picture(), f"picture-{name}")
            st.page_link(page, label=lesson.question)
            st.html(f'<p class="lead">Lecture {lesson.lecture:02}</p>')
