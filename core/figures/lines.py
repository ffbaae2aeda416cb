"""Two curves over steps, in the two colours that mean something: what is steered, its control."""

import torch
from jaxtyping import Float
from torch import Tensor


def svg(live: Float[Tensor, " step"], control: Float[Tensor, " step"], label: str) -> str:
    """Both from the same start, from 0 to twice the start: what leaves the picture has diverged."""
    top = 2 * float(live[0]) or 1.0
    paths = "".join(
        f'<path d="{_path(values, top)}" fill="none" stroke="var(--{colour})" stroke-width="2" '
        f'{dashes}vector-effect="non-scaling-stroke" stroke-linejoin="round"/>'
        for values, colour, dashes in (
            (control, "control", 'stroke-dasharray="5 4" '),
            (live, "live", ""),
        )
    )
    return (
        '<svg class="lines" viewBox="0 0 100 50" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}">{paths}</svg>'
    )


def _path(values: Float[Tensor, " step"], top: float) -> str:
    shown = torch.nan_to_num(values, nan=top, posinf=top).clamp(0, top)
    across = 100 / max(1, len(shown) - 1)
    return "".join(
        f"{'L' if at else 'M'}{at * across:.2f} {49 - 48 * float(value) / top:.2f}"
        for at, value in enumerate(shown)
    )
