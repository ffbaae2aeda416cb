"""Features: what does this unit want to see?"""

import sys

from apps.kit import Claim, Page, Preset

BEATS = Claim("held-out score", 5, "largest of the photographs")
IN_LAYER = ("unit", "neuron", "layer", "direction")

PAGE = Page(
    probe="features",
    sentence=(
        "The network stays as it is. The picture climbs towards what excites the {target}"
        "[ {unit}][ {label}][ of {layer}] of {network}."
    ),
    presets=(
        Preset("A unit of the middle layers", {}, 121, BEATS),
        Preset("A flamingo, as the class sees it", {"target": "class", "label": 130}, 153, BEATS),
        Preset(
            "Early layers want textures",
            {"layer": "blocks.1", "unit": 5, "count": 9, "vary": "units"},
            329,
            BEATS._replace(ratio=1.5),
        ),
        Preset("One unit, four seeds", {"count": 4}, 127, BEATS),
        Preset("Start from a photograph", {"picture": "cat"}, 121, BEATS),
        Preset(
            "Climb a spectrum, or plain pixels",
            {"target": "class", "label": 130},
            153,
            Claim("held-out score", 1.05, "twin held-out score"),
            twin={"parametrisation": "pixels"},
        ),
        Preset(
            "Another seed: another picture, as strong",
            {},
            121,
            BEATS._replace(number="twin held-out score"),
            twin={"seed": 1},
        ),
    ),
    when={
        "unit": ("target", ("unit", "neuron", "direction")),
        "label": ("target", ("class",)),
        "layer": ("target", IN_LAYER),
        "vary": ("count", tuple(range(2, 10))),
        "crop": ("views", ("recipe", "crops", "both")),
        "rotation": ("views", ("recipe", "crops", "both")),
        "decay": ("parametrisation", ("fourier",)),
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("features",)))
