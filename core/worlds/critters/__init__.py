"""Critters: a world whose every picture comes with the factors that made it.

Cats, dogs and rabbits are painted from 28 numbers by signed distances, so that a
true edit, a true walk and the true part of every pixel stand beside what a network
makes of them. tests/bench/worlds.py measures how fast.
"""

from core.worlds.critters.canvas import PARTS
from core.worlds.critters.crowds import Crowd, crowd
from core.worlds.critters.editing import intervene, morph, walk
from core.worlds.critters.factors import EDITED, FACTORS, SPECIES, VERSION
from core.worlds.critters.rendering import LANDMARKS, Scene, landmarks, render
from core.worlds.critters.sampling import KNOWN, WORLDS, sample
from core.worlds.factors import Factor, FactorError, Factors

__all__ = [
    "EDITED",
    "FACTORS",
    "KNOWN",
    "LANDMARKS",
    "PARTS",
    "SPECIES",
    "VERSION",
    "WORLDS",
    "Crowd",
    "Factor",
    "FactorError",
    "Factors",
    "Scene",
    "crowd",
    "intervene",
    "landmarks",
    "morph",
    "render",
    "sample",
    "walk",
]
