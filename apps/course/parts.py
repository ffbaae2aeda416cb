"""Small things that every page shows: proofs, corrections, drawings, the link to what is seen."""

from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component

from apps.course.lesson import Correction
from core.lessons.proof import Proof

HERE = Path(__file__).parent
BUTTON = '<button type="button">Copy link</button><span role="status"></span>'


def badges(proofs: Sequence[Proof]) -> None:
    """What the page claims, computed now: green and small, or red with the number."""
    shown = "".join(badge(proof) for proof in proofs)
    st.html(f'<p class="proofs" role="status">{shown}</p>')


def badge(proof: Proof) -> str:
    """One proof as HTML."""
    state, mark = ("holds", "✓") if proof.holds else ("fails", "✗ not the same")
    residual = "0" if proof.residual == 0 else f"{proof.residual:.0e}".replace("e-0", "e-")
    return f'<span class="proof {state}">{escape(proof.formula)} = {residual} {mark}</span>'


def corrected(title: str, corrections: Sequence[Correction]) -> None:
    """What may be read elsewhere beside what is so."""
    rows = "".join(
        f'<div class="pair"><p class="read">{escape(one.read)}</p><p>{escape(one.said)}</p></div>'
        for one in corrections
    )
    st.html(f'<section class="corrected"><h2>{escape(title)}</h2>{rows}</section>')


def drawing(svg: str, key: str) -> None:
    """An SVG of core.figures; st.html would leave it out."""
    _drawing()(data=svg, key=key)


def copy_link() -> None:
    """The address bar holds all that is set; this copies it."""
    _copy_link()(key="copy")


@cache
def _drawing() -> Any:
    return component(
        "drawing", html="<div></div>", css=_text("drawing.css"), js=_text("drawing.js")
    )


@cache
def _copy_link() -> Any:
    return component("copy_link", html=BUTTON, css=_text("copy.css"), js=_text("copy.js"))


def _text(name: str) -> str:
    """A file beside this one; Streamlit takes a single line for the name of a file."""
    return (HERE / name).read_text()
