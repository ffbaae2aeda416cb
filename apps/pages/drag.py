"""Drag: can a picture be dragged by its ear?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

WIDEST = 72  # the frame at which the landmark is asked farthest
LESS = Claim("control astray", 1.5, "astray")

PAGE = Page(
    probe="drag",
    group="Imagine",
    place=82,
    sentence="{network} draws a critter, and its latent follows the {landmark} to where it is dragged.",
    presets=(
        Preset("Pull an ear down", {}, WIDEST, LESS),
        Preset(
            "Pull the nose: the whole face turns",
            {"landmark": "nose", "to": (38.0, 23.0), "critter": 2},
            WIDEST,
            LESS,
            guess=Guess(
                "Only the nose is asked to move. Nobody tells the network anything of the rest. What "
                "else moves?",
                ("Nothing", "The face turns with it", "The background"),
                "The face turns with it",
                "The face turns with it, as it does in the true answer beside it.",
            ),
        ),
        Preset(
            "Pull a corner of the mouth: a smile",
            {"landmark": "left corner of the mouth", "to": (25.5, 24.0), "critter": 9},
            WIDEST,
            LESS,
        ),
        Preset(
            "Nothing holds the rest: what else changes costs nothing",
            {"critter": 12, "to": (8.0, 21.0)},
            WIDEST,
            Claim("twin astray", 1.3, "astray"),
            twin={"hold": 0.0},
        ),
        Preset(
            "Further than any critter goes",
            {"landmark": "nose", "to": (30.0, 44.0), "critter": 12},
            WIDEST,
            Claim("px", 2, "twin px"),
            twin={"to": (37.0, 25.0)},
        ),
    ),
    control="as far at random",
    panels={
        "truth": "the least change of its factors",
        "before": "as it was",
        "changes": "in deviations",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("drag",)))
