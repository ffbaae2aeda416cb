"""Dream: what does a layer make of this photograph?"""

import sys
from dataclasses import replace

from apps.kit import Claim, Guess, Page, Preset

GROWS = Claim("activation", 1.5, "control activation")
ABOVE = replace(GROWS, ratio=1)  # where the control's may be below 0

PAGE = Page(
    probe="dream",
    group="Look in",
    place=20,
    sentence=(
        "The network is held still; the picture climbs what the {what}[ {channel} of][ {label}][ {layer}]"
        " of {network} already finds in it."
    ),
    presets=(
        Preset(
            "Give the cat more eyes",
            {},
            47,
            GROWS,
            guess=Guess(
                "The cat moves towards whatever a late layer already sees in it. What will grow?",
                ("A weave of fine lines", "Eyes and faces", "A sharper cat, and nothing else"),
                "Eyes and faces",
                "Eyes: a late layer has units for parts of animals, and here they find something "
                "to begin with.",
            ),
        ),
        Preset(
            "Weave it, early layer",
            {"layer": "blocks.2"},
            47,
            GROWS,
            guess=Guess(
                "The same cat, and an early layer. What will grow this time?",
                ("Eyes, as in a late layer", "Whole animals", "A weave of lines"),
                "A weave of lines",
                "A weave: an early layer knows edges and textures, and no parts of animals yet.",
            ),
        ),
        Preset(
            "A dream of two layers",
            {"second_share": 0.5},
            47,
            Claim("second layer", 1.3, "control second layer"),
        ),
        Preset(
            "Only the sky dreams",
            {"picture": "mountain", "mask": "top"},
            47,
            replace(GROWS, ratio=1.3),
        ),
        Preset("A cat made of petals", {"guide": "flower"}, 47, GROWS),
        Preset("Oranges in the coffee", {"picture": "coffee", "guide": "citrus"}, 47, GROWS),
        Preset(
            "One channel, all over the temple",
            {"picture": "temple", "what": "channel", "layer": "blocks.3", "channel": 12},
            47,
            ABOVE,
        ),
        Preset("A zebra in the cat", {"what": "class", "label": 340, "smoothness": 2.5}, 47, ABOVE),
        Preset(
            "An early layer beside a late one",
            {"layer": "blocks.1"},
            47,
            Claim("twin activation", 1.2, "twin control activation"),
            twin={"layer": "blocks.5"},
        ),
        Preset(
            "A robust network builds a town on the mountain",
            {"picture": "mountain", "layer": "blocks.5"},
            47,
            Claim("twin activation", 1.2, "twin control activation"),
            twin={"network": "lite0-robust"},
        ),
        Preset(
            "Without the random shift: a higher number, a worse picture",
            {},
            47,
            Claim("twin activation", 1.2, "activation"),
            twin={"jitter": 0},
        ),
    ),
    when={
        "channel": ("what", ("channel",)),
        "label": ("what", ("class",)),
        "layer": ("what", ("layer", "channel")),
        "guide": ("what", ("layer",)),
        "second_layer": ("second_share", ()),
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("dream",)))
