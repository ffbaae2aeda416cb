"""Dream: what does a layer make of this photograph?"""

import sys

from apps.kit import Claim, Page, Preset

GROWS = Claim("activation", 2.0, "control activation")

PAGE = Page(
    probe="dream",
    sentence=(
        "The network stays as it is. The picture climbs towards whatever {layer} of {network} "
        "already sees in it."
    ),
    presets=(
        Preset("Give the cat more eyes", {}, 40, GROWS),
        Preset("Weave it, early layer", {"layer": "blocks.2"}, 40, GROWS),
        Preset("Curl it", {"layer": "blocks.3", "picture": "raccoon"}, 40, GROWS),
        Preset(
            "Build on the mountain",
            {"layer": "blocks.5", "picture": "mountain", "smoothness": 1.5},
            40,
            GROWS,
        ),
    ),
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("dream",)))
