"""What a page can be set to: declared once, drawn as a control, kept in the address.

A control is bound to the query under its own name; what has no control (a
kernel, a held cell) is written there by hand. Where a control is not drawn, as
in a lecture, its value is read from the query, and what is no value of it is
taken as the default.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True)
class Whole:
    """A whole number in a range."""

    default: int
    low: int
    high: int
    label: str
    help: str = ""

    def draw(self, name: str) -> None:
        """A slider."""
        st.slider(
            self.label, self.low, self.high, self.default, key=name, help=self.help or None,
            bind="query-params",
        )  # fmt: skip

    def read(self, text: str) -> int:
        """What the query says."""
        number = text.isascii() and text.isdecimal() and len(text) < 9
        fits = number and self.low <= int(text) <= self.high
        return int(text) if fits else self.default


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    default: str
    options: tuple[str, ...]
    label: str
    help: str = ""

    def draw(self, name: str) -> None:
        """Buttons side by side."""
        st.segmented_control(
            self.label, self.options, default=self.default, required=True, key=name,
            help=self.help or None, bind="query-params", width="stretch",
        )  # fmt: skip

    def read(self, text: str) -> str:
        """What the query says."""
        return text if text in self.options else self.default


@dataclass(frozen=True)
class Stops:
    """One of a few numbers, in order."""

    default: float
    options: tuple[float, ...]
    label: str
    help: str = ""

    def draw(self, name: str) -> None:
        """A slider with stops."""
        st.select_slider(
            self.label, self.options, self.default, key=name, help=self.help or None,
            bind="query-params",
        )  # fmt: skip

    def read(self, text: str) -> float:
        """What the query says."""
        return next((one for one in self.options if f"{one}" == text), self.default)


@dataclass(frozen=True)
class Held:
    """A text that has no control: the page itself writes it."""

    default: str = ""

    def draw(self, name: str) -> None:
        """Nothing."""

    def read(self, text: str) -> str:
        """What the query says."""
        return text[:400]


Setting = Whole | Choice | Stops | Held


def values(settings: Mapping[str, Setting], start: Mapping[str, Any]) -> dict[str, Any]:
    """What all are set to: as the control says, else as the query says, else as at the start."""
    return {name: value(name, one, start.get(name, one.default)) for name, one in settings.items()}


def value(name: str, setting: Setting, start: Any) -> Any:
    """What one of them is set to."""
    if not isinstance(setting, Held) and name in st.session_state:
        return st.session_state[name]
    return setting.read(st.query_params[name]) if name in st.query_params else start


def put(settings: Mapping[str, Setting], wanted: Mapping[str, Any]) -> None:
    """Set all: what is not named goes back to its default."""
    for name, setting in settings.items():
        change(name, setting, wanted.get(name, setting.default))


def change(name: str, setting: Setting, wanted: Any) -> None:
    """Set one; before it is drawn in this run, as in a callback."""
    if not isinstance(setting, Held) and name in st.session_state:
        st.session_state[name] = wanted
    elif wanted == setting.default:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = f"{wanted}"
