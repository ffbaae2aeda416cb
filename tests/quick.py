"""Small settings for every probe: small sizes and short phases, so that all of a run is reached.

One table by probe, for all tests. A probe that is not here is tested at its defaults.
"""

from collections.abc import Callable, Mapping
from typing import Any

from core import probes
from core.probe import (
    Attribute,
    Attributes,
    Choice,
    Declared,
    Label,
    Latent,
    Layer,
    Point,
    Range,
    Switch,
    Unit,
    declared,
)

QUICK: Mapping[str, Mapping[str, Any]] = {
    "features": {"steps": 3, "canvas": 48, "view": 32, "layer": "blocks.1", "unit": 3},
    "dream": {"size": 96, "octaves": 2, "steps": 2, "jitter": 4, "layer": "blocks.1"},
    "inversion": {"size": 64, "steps": 9, "layer": "blocks.1"},
    "style": {"size": 64, "sizes": 2, "steps": 2, "picture": "cat"},
    "evolve": {"batch": 64, "size": 14},
    "painter": {"size": 48, "crop": 48, "pattern": 1.0, "steps": 8, "layer": "blocks.1"},
    "fool": {"size": 64, "steps": 3, "landscape": 3},
    "sampler": {"steps": 8, "count": 16},
    "diffusion": {"steps": 4, "pricing": False},
    "origin": {"steps": 4, "known": 40},
    "latents": {"network": "digits-eigen", "edit": "towards 8", "critter": 30},
    "walk": {"network": "digits-eigen", "first": 30, "second": 12},
    "bottleneck": {"network": "digits-eigen", "critter": 30},
    "bridge": {"network": "digits-eigen", "other": "digits-eigen", "critter": 30},
    "sort": {"network": "digits-eigen", "critter": 30, "example": "bright"},
}
MOVING: Mapping[str, Mapping[str, Any]] = {  # small too, but they move for long: for the pages
    "features": {"canvas": 64, "view": 64, "steps": 500, "control": False},
    "dream": {"size": 96, "steps": 20, "octaves": 1, "control": False},
    "inversion": {"size": 64, "control": False, "layer": "blocks.2"},
    "painter": {"size": 64, "crop": 48, "steps": 500, "control": False},
    "style": {"size": 96, "steps": 20, "sizes": 1, "control": False},
    "evolve": {"batch": 64, "size": 14, "control": False},
    "sampler": {"count": 64, "control": False},
    "diffusion": {"steps": 500, "control": False},
    "origin": {"known": 100, "steps": 50},
    "race": {"control": False},
    "latents": {"control": False},
    "walk": {"control": False},
    "bottleneck": {"control": False},
    "unusual": {"control": False},
    "restore": {"control": False},
    "prior": {"control": False},
    "yours": {"steps": 300, "control": False},
    "drag": {"control": False},
    "bridge": {"control": False},
    "sort": {"control": False},
    "linear": {"breathing": False, "control": False},
    "fool": {"size": 64, "steps": 20, "landscape": 0, "control": False},
}
LARGE: Mapping[str, Mapping[str, Any]] = {  # sums are cut into parts only above 32768 values
    "features": {"canvas": 160, "view": 128, "layer": "blocks.4", "steps": 20},
    "dream": {"size": 256, "layer": "blocks.4"},
    "inversion": {"size": 128, "layer": "blocks.1"},
    "painter": {"size": 160, "crop": 128, "layer": "blocks.3"},
    "fool": {"size": 128, "steps": 3, "control": False},
    "sampler": {"data": "cat", "count": 1000},
    "diffusion": {"steps": 3, "species": "a cat", "pricing": False},
    "origin": {"known": 1400},
    "latents": {"network": "critters-vae", "edit": "dark"},
    "walk": {"network": "critters-vae"},
    "bottleneck": {"network": "critters-vae"},
    "bridge": {"network": "critters-vae", "other": "critters-vae"},
    "sort": {"network": "critters-vae", "example": "glasses"},
}
BESIDE: Mapping[tuple[str, str], Mapping[str, Any]] = {  # what matters only beside others
    ("diffusion", "guidance"): {"species": "a cat"},
    ("diffusion", "rescale"): {"species": "a cat"},
    ("diffusion", "guided_from"): {"species": "a cat"},
    ("diffusion", "guided_to"): {"species": "a cat"},
    ("diffusion", "crossing"): {"then": "then a cat"},
    ("diffusion", "picture"): {"begins": "a picture, noised"},
    ("diffusion", "critter"): {"begins": "a picture, noised"},
    ("diffusion", "depth"): {"begins": "a picture, noised"},
    ("features", "diversity"): {"count": 2},
    ("features", "alignment"): {"second": "turning into", "count": 3},
    ("features", "zoom"): {"parametrisation": "plane"},
    ("features", "weight"): {"against": "colour"},
    ("dream", "channel"): {"what": "channel"},
    ("dream", "label"): {"what": "class"},
    ("dream", "second_layer"): {"second_share": 0.5},
    ("inversion", "jitter"): {"mode": "all shifts"},
    ("inversion", "power"): {"mode": "caricature"},
    ("style", "share"): {"second_style": "brush"},
    ("fool", "adaptive"): {"defence": "blur"},
    ("latents", "hold"): {"network": "critters-vae", "edit": "glasses"},
    ("latents", "world"): {"network": "critters-vae", "edit": "glasses"},
    ("walk", "along"): {"walking": False},
    ("bottleneck", "numbers"): {"breathing": False},
    ("drag", "to"): {"breathing": False},
    ("drag", "hold"): {"breathing": False},
    ("drag", "landmark"): {"breathing": False},
    ("unusual", "numbers"): {"breathing": False},
    ("unusual", "amount"): {"breathing": False},
    ("unusual", "seed"): {"subject": "sticker", "breathing": False},
    ("unusual", "subject"): {"breathing": False},
    ("restore", "noise"): {"breathing": False},
    ("restore", "subject"): {"breathing": False},
    ("bridge", "pairs"): {"breathing": False},
    ("bridge", "whose"): {"network": "critters-vae", "other": "critters-vae"},
}
PAINTS: Mapping[
    str, str
] = {  # steps of which a part is the CPU's wherever the run is: painting a world, fitting a map
    "latents": "the truth beside the edit",
    "walk": "the truth beside the walk",
    "bottleneck": "the critter that is read",
    "unusual": "the critter that is read",
    "restore": "the critter that is read, its noise, and the median beside it",
    "diffusion": "the sampler itself, its control, and the plane",
    "drag": "the true answer",
    "origin": "mosaic and memory, and which side of a patch belongs to a step",
    "prior": "the critter in which a number swings",
    "race": "every solver's steps in the plane, in float64",
    "bridge": "the map, and the pictures that it is judged on",
    "sort": "the direction of the piles, and each picture left out",
}
LATER: Mapping[tuple[str, str], str] = {  # a live setting whose effect comes later than two frames
    ("sampler", "breathing"): "it decides what comes after the end",
    ("race", "again"): "it decides what comes after the end",
}


def settings(name: str, **changes: Any) -> Any:
    """The small settings of a probe, with these changes."""
    return probes.load(name).Settings(**{**QUICK.get(name, {}), **changes})


def live(name: str) -> list[Declared]:
    """The settings that can change during a run of a probe."""
    return [d for d in declared(probes.load(name).Settings).values() if d.kind.live]


def change(name: str) -> dict[str, Any]:
    """A change of one live setting; none where a probe has no such setting."""
    return {one.name: others(one, settings(name))[0] for one in live(name)[:1]}


def others(setting: Declared, now: Any) -> list[Any]:
    """Other values of a setting, inside its limits."""
    value, kind = getattr(now, setting.name), setting.kind
    if type(kind) not in _VALUES:
        raise AssertionError(f"a live {type(kind).__name__} is not tested yet: say here how")
    found = [one for one in _VALUES[type(kind)](kind, value) if one != value]
    return [setting.type(one) for one in found]


_VALUES: Mapping[type, Callable[[Any, Any], list[Any]]] = {
    Range: lambda kind, _: [kind.low, (kind.low + kind.high) / 2, kind.high],
    Choice: lambda kind, _: list(kind.options),
    Switch: lambda _, value: [not value],
    Layer: lambda *_: ["blocks.2", "blocks.3"],
    Unit: lambda _, value: [value + 1],
    Label: lambda _, value: [value + 1],
    Point: lambda kind, _: [(kind.low / 2, kind.high / 3)],
    Latent: lambda kind, _: [(kind.high / 2,)],
    Attribute: lambda *_: ["towards 3", "towards 8"],
    Attributes: lambda kind, _: [(kind.every,), ()],
}
