"""What an attack is compared by: as much noise, how sure the network is, how far it went."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.attacks import grid
from core.attacks.balls import BALLS, TINY, Pictures, by_picture
from core.attacks.losses import Labels, Logits, of
from core.priors import views

SHOWN = 0.2  # deviation of a difference that is as strong as shows its shape


def noise(x: Pictures, y: Pictures, norm: str, seed: int) -> Pictures:
    """X with random noise as large as y's change, of whole levels.

    In L-infinity random signs, which is the most noise that such a ball holds.
    """
    size = grid.distance(x, y, norm)
    drawn = torch.randn(x.shape, generator=views.generator(seed, "beside")).to(x)
    if norm == "Linf":
        return grid.rounded(x, drawn.sign() * by_picture(size), norm)
    unit = drawn / by_picture(BALLS[norm].size(drawn).clamp(min=TINY))
    return grid.rounded(x, unit * by_picture(size), norm)


def wanted(logits: Logits, labels: Labels, targets: Labels | None) -> Float[Tensor, " n"]:
    """The probability of the target; without one, of anything but the label."""
    p = logits.softmax(1)
    return 1 - of(p, labels) if targets is None else of(p, targets)


def magnified(x: Pictures, y: Pictures, times: float = 0) -> Pictures:
    """The difference on grey, so many times as strong; 0: as strong as shows its shape."""
    change = y - x
    fitted = SHOWN / change.square().mean((1, 2, 3)).sqrt().clamp(min=TINY)
    return (0.5 + change * (times or by_picture(fitted))).clamp(0, 1)


def sizes(x: Pictures, y: Pictures) -> dict[str, Float[Tensor, " n"]]:
    """How far y is from x, by name."""
    return {
        "largest move, levels": grid.distance(x, y, "Linf") * grid.LEVELS,
        "L2": BALLS["L2"].size(y - x),
        "values moved": (y != x).float().mean((1, 2, 3)),
    }
