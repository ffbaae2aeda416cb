"""Painter: can a network learn to paint like this?"""

import sys

from apps.kit import Claim, Page, Preset

LEARNS = Claim("before style left", 2, "style left")

PAGE = Page(
    probe="painter",
    sentence=(
        "{network} stays as it is, and says how far a picture is from the style. A small network "
        "that paints, begun {begin}, learns from crops of other photographs; {beside} stands beside it."
    ),
    presets=(Preset("Learn to lay mosaics, now", {}, 89, LEARNS),),
    control="this one picture moved by the same loss, or the painter before it learned",
    extension="painter",
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("painter",)))
