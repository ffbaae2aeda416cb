"""One picture under a style: what it is held against, and the slope that takes it there."""

from core.steps.styling import panels
from core.steps.styling.goal import Given, Goal, Readings, tutorials_parts
from core.steps.styling.layers import MOST, layers
from core.steps.styling.step import (
    Seen,
    StylingWeights,
    loss_and_slope,
    permuted,
    rendered,
    spectrum,
)
from core.steps.styling.styled import STEPPERS, StyledPicture, begun, resumed
from core.steps.styling.tutorial import TotalSettings, Tutorial, rival

__all__ = [
    "MOST",
    "STEPPERS",
    "Given",
    "Goal",
    "Readings",
    "Seen",
    "StyledPicture",
    "StylingWeights",
    "TotalSettings",
    "Tutorial",
    "begun",
    "layers",
    "loss_and_slope",
    "panels",
    "permuted",
    "rendered",
    "resumed",
    "rival",
    "spectrum",
    "tutorials_parts",
]
