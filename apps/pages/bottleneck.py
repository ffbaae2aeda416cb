"""Bottleneck: how few numbers make a picture?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

WIDEST = 72  # the frame at which all numbers pass
SHARPER = Claim("control error", 1.2, "error")

PAGE = Page(
    probe="bottleneck",
    group="Imagine",
    place=83,
    sentence="{network} writes a picture as a row of numbers, and draws it from the first few.",
    presets=(
        Preset("From one number to all of them", {}, WIDEST, SHARPER),
        Preset(
            "Sixteen numbers: what is a critter to either?",
            {"numbers": 16, "critter": 2, "breathing": False},
            1,
            Claim("JPEG bytes", 4, "bytes"),
            guess=Guess(
                "Sixteen bytes of a network, sixteen of a sum of pictures, or a JPEG: which is the "
                "smallest that still shows an animal?",
                (
                    "The network",
                    "The sum of pictures",
                    "The JPEG, which can be as small as it wants",
                ),
                "The network",
                "The network: no JPEG of 64 px is that small, even when its tables are not counted.",
            ),
        ),
    ),
    control="principal components",
    panels={
        "given": "what was read",
        "JPEG": "as many bytes, or its least",
        "rate": "what is left, against bytes",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("bottleneck",)))
