"""Robust twins at any strength: a network's weights plus so much of what fine-tuning changed.

`lite0-robust` is the whole twin, `lite0-robust@0.5` the network half-way there
from lite0. Norms are folded and the classifier is shared, so every point of that
segment is a network. Its card says what was measured at the strength nearest to it.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from core.models.catalogue import CATALOGUE, Difference, Entry
from core.models.errors import UnknownNetworkError
from core.models.model import Card

STRENGTH = re.compile(r"0|1|[01]?\.\d{1,2}")
QUESTIONS = ("tiny64, 200-way", "nette128, 10-way")  # of the card's sentence


def is_one(name: str) -> bool:
    """Whether this is a twin of the catalogue, at any strength."""
    found = CATALOGUE.get(name.partition("@")[0])
    return found is not None and isinstance(found.source, Difference)


def entry(name: str) -> Entry:
    """The twin at the strength that its name says; raises UnknownNetworkError if there is none such."""
    base, _, said = name.partition("@")
    whole = CATALOGUE[base]
    assert isinstance(whole.source, Difference)
    if said and not (STRENGTH.fullmatch(said) and 0 <= float(said) <= 1):
        raise UnknownNetworkError(
            f"There is no network {name!r}: {base} has strengths from 0 to 1, as {base}@0.5."
        )
    strength = float(said) if said else 1.0
    source = replace(whole.source, strength=strength)
    title = f"{whole.title} by {strength:g}" if said else whole.title
    return replace(whole, title=title, source=source, card=_card(whole.card, source))


def _card(card: Card, source: Difference) -> Card:
    rows = _rows(source.file)
    if not rows:
        return card
    strength = min({row["strength"] for row in rows}, key=lambda s: abs(s - source.strength))
    here = [row for row in rows if row["strength"] == strength]
    return replace(card, accuracy=f"At strength {strength:g}: {'; '.join(_said(here))}.")


def _said(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for row in rows:
        if row["question"] in QUESTIONS and row["side"] == 96:
            attacked = f", {row['L2 0.5']:.0%} under PGD of L2 .5" if "L2 0.5" in row else ""
            yield f"{row['question']} at {row['side']} px {row['clean']:.0%}{attacked}"


@cache
def _rows(file: Path) -> list[dict[str, Any]]:
    """What was measured; nothing where the card is missing or says nothing."""
    try:
        return json.loads(file.with_suffix(".json").read_text())["measured"]["rows"]
    except (OSError, ValueError, KeyError):
        return []
