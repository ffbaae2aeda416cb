"""One picture under a style: what it is held against, and the slope that takes it there."""

from core.styling import panels
from core.styling.goal import Given, Goal, Readings
from core.styling.layers import depths, layers
from core.styling.side import STEPPERS, Side, begun, resumed
from core.styling.step import Seen, Weights, drawn, relative, seen, spectrum, tutorials_total

__all__ = [
    "STEPPERS",
    "Given",
    "Goal",
    "Readings",
    "Seen",
    "Side",
    "Weights",
    "begun",
    "depths",
    "drawn",
    "layers",
    "panels",
    "relative",
    "resumed",
    "seen",
    "spectrum",
    "tutorials_total",
]
