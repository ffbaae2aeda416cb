"""Latents: what does a latent space know?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

QUARTER = 30  # the frame at which a breath is widest
MEASURED = 44  # the frame at which the leakage is measured
MOVES = Claim("achieved", 2, "control achieved")

PAGE = Page(
    probe="latents",
    group="Imagine",
    place=80,
    sentence=("{network} reads a picture as a point, moved towards other {edit}; held: {hold}."),
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
            "Turn a cat into a dog, and lock its ears: they stay upright",
            {"edit": "species", "critter": 2, "hold": ("ear_flop",)},
            MEASURED,
            Claim("leakage", 1.15, "leakage held"),
        ),
        Preset(
            "In the tied world a smile brings light: free, and locked",
            {"edit": "smile", "critter": 9, "world": "tied-0.8"},
            MEASURED,
            Claim("leakage held", 1.4, "twin leakage held"),
            twin={"hold": ("light",)},
            guess=Guess(
                "In this world who smiles mostly stands in the light. One smile is free, the other has "
                "the light locked. Which face smiles more for the same step?",
                ("The free one", "The locked one", "Both the same"),
                "The locked one",
                "The locked one: a free step spends a part of itself on the light, and that part is "
                "now spent on the mouth.",
            ),
        ),
        Preset(
            "In a world where dark ones wear glasses, the glasses come with a dark coat",
            {"world": "tied-0.8", "critter": 6, "method": "mean difference"},
            QUARTER,
            Claim("others", 1.2, "twin others"),
            twin={"world": "independent"},
        ),
        Preset(
            "A lock that goes too far: glasses with a dark coat, and with the coat locked",
            {"world": "tied-0.8", "critter": 6, "method": "mean difference"},
            MEASURED,
            Claim("twin leakage held", 1.15, "leakage held"),
            twin={"hold": ("dark",)},
            guess=Guess(
                "Between the means of a tied world glasses darken the coat. With the coat locked, what "
                "does the picture do?",
                (
                    "Its coat stays as it is",
                    "Its coat turns lighter",
                    "Its coat turns darker still",
                ),
                "Its coat turns lighter",
                "Its coat turns lighter: the two normals are nearly one, so little of the direction is "
                "left and the step is long. The read-out stands still, the picture does not.",
            ),
        ),
        Preset(
            "Hold all others: their read-outs stand still, and the picture moves more",
            {"world": "tied-0.8", "critter": 6, "method": "mean difference"},
            QUARTER,
            Claim("twin others", 1.5, "others"),
            twin={"hold": ("all others",)},
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
            "A face lit from the other side: nobody labelled light, it was measured",
            {"network": "faces-vae", "edit": "light from the left", "critter": 7},
            QUARTER,
            MOVES,
        ),
        Preset(
            "The oldest latent space: a digit as a sum of eigendigits",
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
    turns={"cloud": ("along the normal", "most across it", "next across it")},
    extension="latents",
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("latents",)))
