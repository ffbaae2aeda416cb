"""Style: what is a style, if it does not matter where anything is?"""

import sys

from apps.kit import Claim, Page, Preset

NEAR = Claim("style at the start", 10, "style left")
TWICE = Claim("twin style left", 1.5, "style left")

PAGE = Page(
    probe="style",
    sentence=(
        "The network stays as it is. The picture moves until the layers of {network} fire together "
        "as in the style picture, by {statistics}, while {content_layer} holds on to what was where."
    ),
    presets=(
        Preset("A temple laid in mosaic", {}, 59, NEAR),
        Preset("The cat in short strokes of oil", {"picture": "cat", "style": "brush"}, 59, NEAR),
        Preset(
            "The mountain as waves",
            {"picture": "mountain", "style": "waves", "content_weight": 0.05},
            59,
            NEAR,
        ),
        Preset("A tiger, cut in wood", {"picture": "tiger", "style": "woodcut"}, 59, NEAR),
        Preset(
            "Texture from noise: the style alone",
            {"style": "marble", "start": "noise", "content_weight": 0.0},
            59,
            NEAR,
        ),
    ),
    when={
        "share": ("second_style", ()),
    },
    extension="style",
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("style",)))
