"""Unusual: what has a network never seen?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

WIDEST = 72  # the frame at which all of the change is there

PAGE = Page(
    probe="unusual",
    group="Imagine",
    place=84,
    sentence="{network} learned from cats and dogs alone. What comes back of a critter with {subject}?",
    presets=(
        Preset(
            "A rabbit comes back as something else",
            {},
            WIDEST,
            Claim("times usual", 1.5, "control times usual"),
            guess=Guess(
                "A network that has seen nothing but cats and dogs reads a rabbit and draws it again. "
                "What does it draw?",
                ("The rabbit", "An animal that it knows, with shorter ears", "Noise"),
                "An animal that it knows, with shorter ears",
                "An animal that it knows: where the ears should be is the largest error.",
            ),
        ),
        Preset(
            "A sticker is wiped off, and the map finds it",
            {"subject": "sticker", "critter": 12},
            WIDEST,
            Claim("found", 1.05, "control found"),
        ),
        Preset(
            "Noise comes back clean",
            {"subject": "noise", "critter": 2, "amount": 0.4},
            WIDEST,
            Claim("times usual", 1.2, "control times usual"),
        ),
        Preset(
            "A tighter bottleneck: more is unusual",
            {"subject": "grey patches", "critter": 9},
            WIDEST,
            Claim("times usual", 1.2, "twin times usual"),
            twin={"numbers": 24},
        ),
        Preset(
            "Another sticker, another place",
            {"subject": "sticker", "critter": 12},
            WIDEST,
            Claim("found", 0.8, "twin found"),
            twin={"seed": 3},
        ),
        Preset(
            "Shuffled pixels: what it learned are pictures, not colours",
            {"subject": "shuffled pixels", "critter": 2},
            WIDEST,
            Claim("times usual", 2, "control times usual"),
        ),
    ),
    control="principal components",
    panels={
        "given": "what was read",
        "map": "times the usual error, to 8",
        "truth": "what was changed",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("unusual",)))
