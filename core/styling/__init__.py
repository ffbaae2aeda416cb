"""One picture under a style: what it is held against, and the slope that takes it there."""

from core.styling import panels
from core.styling.goal import Given, Goal, Readings, tutorials_parts
from core.styling.layers import MOST, layers
from core.styling.side import STEPPERS, Side, begun, resumed
from core.styling.step import (
    Seen,
    Weights,
    drawn,
    permuted,
    seen,
    spectrum,
)
from core.styling.tutorial import Asked, Tutorial, rival

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
