"""Dream: what does a layer make of this photograph?"""

import sys

from apps.kit import Claim, Page, Preset

GROWS = Claim("activation", 1.5, "control activation")

PAGE = Page(
    probe="dream",
    sentence=(
        "The network stays as it is. The picture climbs towards whatever the {what}[ {channel} of]"
        "[ {label}][ {layer}][ and, by its share, {second_layer}] of {network} already sees in it."
    ),
    presets=(
        Preset("Give the cat more eyes", {}, 47, GROWS),
        Preset("Weave it, early layer", {"layer": "blocks.2"}, 47, GROWS),
        Preset("Curl it", {"layer": "blocks.3", "picture": "raccoon"}, 47, GROWS),
        Preset("Animals on the mountain", {"picture": "mountain"}, 47, GROWS),
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
