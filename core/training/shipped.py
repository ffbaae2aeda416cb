"""What a recipe leaves behind: a file that ships, and a card of what it reached and missed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jaxtyping import Float
from torch import Tensor

from core import disk
from core.metrics.bootstrap import Interval
from core.networks import shipping
from core.training import portraits
from core.training.course import Course
from core.worlds import critters

Figures = Mapping[str, Interval]
LICENCE = "MIT, as the code"


def missed(figures: Figures, bars: Mapping[str, float]) -> list[str]:
    """A sentence for each bar that was not reached."""
    return [
        f"{name}: {figures[name].value:.3g}, wanted {least:g}."
        for name, least in bars.items()
        if name in figures and not figures[name].value >= least
    ]


def write(
    out: Path,
    weights: Mapping[str, Float[Tensor, "..."]],
    said: Mapping[str, Any],
    stage: Course | None = None,
    *,
    in_int8: bool = False,
) -> None:
    """The file, with what is said of it inside, and the card beside it with the curve, if it learned."""
    file = shipping.pack(weights, said, in_int8=in_int8)
    card = {**said, "bytes": len(file)}
    if stage:
        card |= {"seconds": round(stage.seconds), "curve": stage.curve}
    out.parent.mkdir(parents=True, exist_ok=True)
    disk.write(out, file)
    disk.write(out.with_suffix(".json"), f"{json.dumps(card, indent=1)}\n".encode())


def rounded(figures: Figures) -> dict[str, dict[str, float]]:
    """Figures as a file says them."""
    return {
        name: {end: float(f"{value:.4g}") for end, value in asdict(one).items()}
        for name, one in figures.items()
    }


def card(
    name: str, data: int, accuracy: str, missing: Sequence[str], *, side: int = portraits.SIDE
) -> dict[str, str]:
    """The sentences of a model's card."""
    return {
        "origin": f"Trained by this project: python -m core train {name}.",
        "licence": LICENCE,
        "training_data": f"{data} critters, cats and dogs of {side} px, drawn by this "
        f"project (version {critters.VERSION}).",
        "accuracy": " ".join([accuracy, *(f"Not reached: {one}" for one in missing)]),
    }
