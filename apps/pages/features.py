"""Features: what does this unit want to see?"""

import sys
from dataclasses import replace

from apps.kit import Claim, Guess, Page, Preset

BEATS = Claim("held-out score", 5, "largest of the photographs")
IN_LAYER = ("unit", "neuron", "layer", "direction")
HAS_ANOTHER = ("unit", "neuron", "class", "direction")
PAIRED = ("second", ("minus", "turning into"))
SEVERAL = tuple(range(2, 10))
NOT_A_STRIP = ("second", ("alone", "minus"))

PAGE = Page(
    probe="features",
    group="Look in",
    place=10,
    sentence=(
        "The picture moves for one thing: the {target}[ {unit}][ {label}][ of {layer}] of {network}."
    ),
    presets=(
        Preset("One unit shows what it likes best", {}, 121, BEATS),
        Preset(
            "A flamingo, as the class sees it",
            {"target": "class", "label": 130},
            153,
            BEATS,
            guess=Guess(
                "From noise, the picture climbs what the class flamingo asks for. What will it show "
                "around the pink birds?",
                ("Nothing but grey", "Water", "Sky"),
                "Water",
                "Water with reflections, and plants at its edge: where flamingos stand belongs to "
                "the class as well.",
            ),
        ),
        Preset(
            "Early layers want textures",
            {"layer": "blocks.1", "unit": 5, "count": 9, "vary": "units"},
            329,
            replace(BEATS, ratio=1.5),
        ),
        Preset(
            "A goldfish in natural statistics",
            {"target": "class", "label": 1, "parametrisation": "natural"},
            185,
            replace(BEATS, ratio=2),
        ),
        Preset("Nine different answers of one unit", {"count": 9, "diversity": 2.0}, 329, BEATS),
        Preset("What the unit avoids", {"aim": "silences"}, 121, BEATS),
        Preset(
            "From one unit to another",
            {"layer": "blocks.4", "unit": 8, "second": "turning into", "other_unit": 20},
            227,
            replace(BEATS, ratio=2),
        ),
        Preset(
            "A tiger cat, but no tabby",
            {"target": "class", "label": 282, "second": "minus", "other_label": 281},
            153,
            replace(BEATS, ratio=2.5),
        ),
        Preset(
            "One function of the plane, zoomed for ever",
            {"target": "class", "label": 985, "parametrisation": "plane", "zoom": 0.3},
            351,
            replace(BEATS, ratio=1.2),
        ),
        Preset("Start from a photograph", {"picture": "cat"}, 121, BEATS),
        Preset(
            "Climb a spectrum, or plain pixels",
            {"target": "class", "label": 130},
            153,
            Claim("held-out score", 1.05, "twin held-out score"),
            twin={"parametrisation": "pixels"},
        ),
        Preset(
            "Plain pixels: static, beside a robust network's zebra",
            {
                "target": "class",
                "label": 340,
                "parametrisation": "pixels",
                "views": "none",
                "canvas": 128,
                "view": 128,
            },
            153,
            Claim("twin held-out score", 2, "twin largest of the photographs"),
            twin={"network": "lite0-robust"},
            guess=Guess(
                "Two networks climb the class zebra, both on plain pixels. Which picture will look "
                "like an animal?",
                ("The ordinary network's", "The robust network's, beside it", "Both", "Neither"),
                "The robust network's, beside it",
                "The robust network's picture has the zebra's stripes; the ordinary network is as "
                "satisfied by static.",
            ),
        ),
        Preset(
            "Another seed: another picture, as strong",
            {},
            121,
            replace(BEATS, number="twin held-out score"),
            twin={"seed": 1},
        ),
    ),
    when={
        "unit": ("target", ("unit", "neuron", "direction")),
        "label": ("target", ("class",)),
        "layer": ("target", IN_LAYER),
        "second": ("target", HAS_ANOTHER),
        "other_unit": (("target", ("unit", "neuron", "direction")), PAIRED),
        "other_label": (("target", ("class",)), PAIRED),
        "vary": (("count", SEVERAL), NOT_A_STRIP),
        "crop": ("views", ("recipe", "crops", "both")),
        "rotation": ("views", ("recipe", "crops", "both")),
        "diversity": (("count", SEVERAL), NOT_A_STRIP),
        "alignment": (("target", HAS_ANOTHER), ("second", ("turning into",))),
        "zoom": ("parametrisation", ("plane",)),
        "weight": ("against", ("roughness", "extremes", "contrast", "colour")),
        "power": ("target", ("unit", "direction")),
        "decay": ("parametrisation", ("fourier", "natural")),
        "size": ("parametrisation", ("plane",)),
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("features",)))
