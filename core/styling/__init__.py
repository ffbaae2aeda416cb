"""One picture under a style: what it is held against, and the slope that takes it there."""

from core.styling import panels
from core.styling.goal import Given, Goal, Readings
from core.styling.layers import depths, layers
from core.styling.step import Seen, Weights, drawn, relative, seen, spectrum, tutorials_total

__all__ = [
    "Given",
    "Goal",
    "Readings",
    "Seen",
    "Weights",
    "depths",
    "drawn",
    "layers",
    "panels",
    "relative",
    "seen",
    "spectrum",
    "tutorials_total",
]
