"""Inversion: which pictures look the same to a layer?"""

import sys
from dataclasses import replace

from apps.kit import Claim, Guess, Page, Preset

NEAR = Claim("another photograph", 3, "relative error")

PAGE = Page(
    probe="inversion",
    group="Look in",
    place=30,
    extension="depths",
    sentence="From noise comes a picture that [{layer} of ]{network} cannot tell from the photograph.",
    presets=(
        Preset("What the middle of the network holds of the cat", {}, 31, NEAR),
        Preset(
            "All depths in one strip: colour goes first",
            {"depths": "every stage", "steps": 60},
            55,
            Claim("error at blocks.6", 1.5, "error at blocks.0"),
            guess=Guess(
                "The cat is rebuilt from what each depth of the network holds of it, from early to "
                "late. What is lost first?",
                ("Its outline", "Its colour", "Where it is"),
                "Its colour",
                "Colour goes first; the outline stays far longer.",
            ),
        ),
        Preset(
            "A code holds a tiger, or static",
            {"picture": "tiger", "layer": "blocks.6"},
            31,
            Claim("rolled error", 1.2, "twin rolled error"),
            twin={"network": "lite0-robust"},
        ),
        Preset(
            "Three pictures that are one to the layer",
            {"layer": "blocks.5", "starts": 3, "picture": "raccoon"},
            47,
            replace(NEAR, ratio=1.6),
        ),
        Preset(
            "The same activations at every shift: no grid is left",
            {"mode": "all shifts", "picture": "bee"},
            23,
            Claim("relative error", 0.8, "rolled error"),
        ),
        Preset(
            "A caricature of the cat",
            {"mode": "caricature"},
            15,
            Claim("cosine", 1.5, "control cosine"),
        ),
        Preset(
            "Ours, and the schedule of 2015",
            {"picture": "temple"},
            31,
            Claim("twin rolled error", 1.3, "rolled error"),
            twin={"schedule": "Mahendran-Vedaldi"},
        ),
    ),
    when={
        "layer": ("depths", ("this layer",)),
        "starts": ("depths", ("this layer",)),
        "jitter": ("mode", ("all shifts", "caricature")),
        "power": ("mode", ("caricature",)),
        "schedule": ("mode", ("one code",)),
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("inversion",)))
