"""One picture under a style: what it is held against, and the slope that takes it there."""

from core.steps.styling import panels
from core.steps.styling.goal import Given, Goal, Readings, tutorials_parts
from core.steps.styling.layers import MOST, layers
from core.steps.styling.side import STEPPERS, Side, begun, resumed
from core.steps.styling.step import Seen, Weights, drawn, permuted, seen, spectrum
from core.steps.styling.tutorial import Asked, Tutorial, rival

__all__ = [
    "MOST",
    "STEPPERS",
    "Asked",
    "Given",
    "Goal",
    "Readings",
    "Seen",
    "Side",
    "Tutorial",
    "Weights",
    "begun",
    "drawn",
    "layers",
    "panels",
    "permuted",
    "resumed",
    "rival",
    "seen",
    "spectrum",
    "tutorials_parts",
]
