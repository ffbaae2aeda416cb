"""The same step in the plane, where the best answer is known: points on the way to their data."""

import torch
from jaxtyping import Float
from torch import Tensor

from core.pictures.marks import Marks
from core.worlds import draws, plane
from core.worlds.plane import Points

POINTS, WAYS, EDGE = 160, 16, 3.0  # that go along; whose guesses are drawn; the edge of the panel
PANEL = "in the plane"


def noise(seed: int) -> Points:
    """The noise that the points start in."""
    return torch.randn(POINTS, 2, generator=_chance("noise", seed), dtype=torch.float64)


def clean(data: str, seed: int) -> Points:
    """Points of the data, which are led into that noise."""
    return plane.sampled(plane.DENSITIES[data](), POINTS, _chance("points", seed))


def panels(data: str, x: Points, x_0: Points) -> dict[str, Marks]:
    """The data, where the points are, and what some of them are taken to be."""
    behind = plane.POINTS[data]().float()
    ways = torch.stack((x[:WAYS], x_0[:WAYS]), 1).float()
    return {
        PANEL: _marks("points", behind, -1, names=("data",)),
        "ways": _marks("paths", ways, 3, over=PANEL),
        "points": _marks("points", x.float().clone(), 0, over=PANEL, names=("x_t",)),
    }


def _chance(what: str, seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(draws.branch(f"microscope/{what}/{seed}"))


def _marks(form: str, values: Float[Tensor, "n *_"], kind: int, **more: object) -> Marks:
    classes = torch.full((len(values),), kind)
    return Marks(form, values, classes=classes, low=-EDGE, high=EDGE, **more)  # type: ignore[arg-type]
