"""Dream: what does a layer make of this photograph?"""

import sys

from apps.kit import Claim, Page, Preset

GROWS = Claim("activation", 1.5, "control activation")

PAGE = Page(
    probe="dream",
    sentence=(
        "The network stays as it is. The picture climbs towards whatever {layer} of {network} "
        "already sees in it."
    ),
    presets=(
        Preset("Give the cat more eyes", {}, 47, GROWS),
        Preset("Weave it, early layer", {"layer": "blocks.2"}, 47, GROWS),
        Preset("Curl it", {"layer": "blocks.3", "picture": "raccoon"}, 47, GROWS),
        Preset("Animals on the mountain", {"picture": "mountain"}, 47, GROWS),
        Preset(
            "An early layer beside a late one",
            {"layer": "blocks.1"},
            47,
            Claim("twin activation", 1.5, "twin control activation"),
            twin={"layer": "blocks.5"},
        ),
        Preset(
            "Without the random shift: a higher number, a worse picture",
            {},
            47,
            Claim("twin activation", 1.2, "activation"),
            twin={"jitter": 0},
        ),
    ),
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("dream",)))
