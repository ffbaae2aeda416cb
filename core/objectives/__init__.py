"""From activations to a number a picture: what an ascent climbs.

Objectives are maximised and form an algebra: they add, subtract and scale.

    0.6 * channel("blocks.3", 12) - 0.2 * channel("blocks.5", 7) + diversity("blocks.3")

A unit is a (layer, channel), averaged over positions; a neuron is one position.
Index arguments are one number for every picture, or a tensor (n,) with one each.
"""

from core.objectives.algebra import PICTURE, Objective, Reads, by_layer, each, evaluate, read
from core.objectives.guide import directions, guided
from core.objectives.penalties import colour, contrast, extremes, total_variation
from core.objectives.terms import Index, channel, direction, layer, logit, neuron, saturated, toward
from core.objectives.together import aligned, between, diversity

__all__ = [
    "PICTURE",
    "Index",
    "Objective",
    "Reads",
    "aligned",
    "between",
    "by_layer",
    "channel",
    "colour",
    "contrast",
    "direction",
    "directions",
    "diversity",
    "each",
    "evaluate",
    "extremes",
    "guided",
    "layer",
    "logit",
    "neuron",
    "read",
    "saturated",
    "total_variation",
    "toward",
]
