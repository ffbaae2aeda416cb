"""Latents: what does a latent space know?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

QUARTER = 30  # the frame at which a breath is widest
MOVES = Claim("achieved", 2, "control achieved")

PAGE = Page(
    probe="latents",
    group="Imagine",
    place=80,
    sentence=(
        "{network} reads a picture as a point and moves it towards other {edit}; {hold} is held."
    ),
    presets=(
        Preset("Put glasses on it, and take them off", {}, QUARTER, MOVES),
        Preset(
            "Turn a cat into a dog",
            {"edit": "species", "critter": 2},
            QUARTER,
            MOVES,
            guess=Guess(
                "A point that stands for a cat is moved to where the dogs are. What is between?",
                (
                    "A cat and a dog at once, half see-through",
                    "An animal between both, with half-hanging ears",
                    "Noise",
                ),
                "An animal between both, with half-hanging ears",
                "An animal between both: nobody drew it, and the network has never seen one.",
            ),
        ),
        Preset("Make it smile", {"edit": "smile", "critter": 9}, QUARTER, MOVES),
        Preset(
            "In a world where dark ones wear glasses, the glasses come with a dark coat",
            {"world": "tied-0.8", "critter": 6, "method": "mean difference"},
            QUARTER,
            Claim("others", 1.2, "twin others"),
            twin={"world": "independent"},
        ),
        Preset(
            "Hold all others: their read-outs stand still, and the picture moves more",
            {"world": "tied-0.8", "critter": 6, "method": "mean difference"},
            QUARTER,
            Claim("twin others", 1.5, "others"),
            twin={"hold": "all others"},
            guess=Guess(
                "The twin's direction is orthogonal to the frontiers of all other factors. Which edit "
                "leaves more of the rest as it was?",
                ("The free one", "The one that holds all others", "Both the same"),
                "The free one",
                "The free one: along the other, straight read-outs stand still, but it must go further, "
                "and pictures do not follow straight lines so far out.",
            ),
        ),
        Preset(
            "The same digits in the oldest latent space: a sum of eigendigits",
            {"network": "digits-eigen", "edit": "towards 3", "critter": 45},
            QUARTER,
            MOVES,
        ),
    ),
    control="as far at random",
    panels={
        "truth": "that factor alone",
        "cloud": "and the frontier",
        "changes": "in deviations",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("latents",)))
