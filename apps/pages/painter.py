"""Painter: can a network learn to paint like this?"""

import sys
from dataclasses import replace

from apps.kit import Claim, Guess, Page, Preset

LEARNS = Claim("before style left", 1.5, "style left")
PAINTS = Claim("style at the start", 3, "style left")

PAGE = Page(
    probe="painter",
    group="Paint",
    place=50,
    sentence=(
        "{network} is held still and says how far a picture is from the style, while {layer} holds on to "
        "the photograph. A small network that paints, begun {begin}, learns."
    ),
    presets=(
        Preset("Learn to lay mosaics, now", {}, 29, LEARNS),
        Preset(
            "Learn short strokes of oil, beside the painter before it learned",
            {"picture": "cat", "style": "brush", "beside": "before"},
            29,
            LEARNS,
        ),
        Preset(
            "One that has learned already paints the cat, in one pass",
            {"picture": "cat", "begin": "mosaic", "steps": 0, "size": 512},
            0,
            PAINTS,
            guess=Guess(
                "This small network has learned to lay mosaics. How often must the cat pass through "
                "it until it is one?",
                ("Once", "Some thirty times", "Some hundred times"),
                "Once",
                "Once: all the steps were taken while it learned, on other photographs.",
            ),
        ),
        Preset(
            "A painter of mosaics learns to cut in wood instead",
            {"picture": "tiger", "style": "woodcut", "begin": "mosaic"},
            29,
            replace(LEARNS, ratio=1.1),
        ),
        Preset(
            "Without the content's weight: the style, and no temple",
            {},
            29,
            Claim("twin content error", 1.03, "content error"),
            twin={"content_weight": 0.0},
        ),
        Preset(
            "At a tenth of the rate it learns too slowly",
            {},
            29,
            Claim("twin style left", 1.1, "style left"),
            twin={"learning_rate": 0.0003},
        ),
    ),
    when={"beside": ("control", (True,))},
    control="this one picture moved by the same loss, or the painter before it learned",
    extension="painter",
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("painter",)))
