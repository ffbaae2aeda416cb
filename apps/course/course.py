"""The course: a page for every lesson there is, and a contents page of their questions.

Streamlit runs this file from the top for every click of every visitor.
"""

from functools import partial

import streamlit as st

from apps.course import contents, frame, lessons


def pages() -> list[st.Page]:
    """The contents, and each lesson under its own name."""
    found = [
        st.Page(
            partial(frame.draw, name, lessons.load(name)),
            title=lessons.load(name).question,
            url_path=name.replace("_", "-"),
        )
        for name in lessons.names()
    ]
    return [st.Page(partial(contents.draw, found), title="Course", default=True), *found]


if __name__ == "__main__":
    st.set_page_config(layout="wide")
    st.navigation(pages(), position="hidden").run()
