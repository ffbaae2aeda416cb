"""Bridge: do two networks see the same world?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

WIDEST = 60  # the frame of a breath with the most pairs
JUDGED = 20  # the frame at which the first pictures are judged
NULLS = 30  # and at which they are judged through pixels too

PAGE = Page(
    probe="bridge",
    group="Imagine",
    place=85,
    sentence="{network} reads, {other} draws; between them a linear map from {whose}.",
    presets=(
        Preset(
            "From one latent space to another",
            {},
            WIDEST,
            Claim("control error", 1.5, "error"),
            guess=Guess(
                "Two networks were trained apart. What does it take to say in the one's latents what "
                "the other's mean?",
                (
                    "A third network, trained for it",
                    "A linear map from some hundred pairs",
                    "Nothing can: their numbers have no common meaning",
                ),
                "A linear map from some hundred pairs",
                "A linear map: what is drawn through it is hardly worse than what is drawn of the "
                "network's own latent.",
            ),
        ),
        Preset(
            "Ten pairs are too few",
            {"breathing": False, "pairs": 10, "critter": 5},
            JUDGED,
            Claim("ratio", 2, "twin ratio"),
            twin={"pairs": 1000},
        ),
        Preset(
            "A hundred are enough",
            {"breathing": False, "pairs": 100, "critter": 9},
            JUDGED,
            Claim("twin ratio", 0.7, "ratio"),
            twin={"pairs": 1000},
        ),
        Preset(
            "Who belongs to whom is shuffled: the mean animal",
            {"critter": 6},
            JUDGED,
            Claim("control ratio", 0.9, "mean ratio"),
        ),
        Preset(
            "Learned from fifty cats, asked for a dog",
            {"whose": "cats alone", "pairs": 50, "breathing": False, "critter": 21},
            JUDGED,
            Claim("error", 1.1, "twin error"),
            twin={"whose": "all pictures"},
            guess=Guess(
                "Both networks know cats and dogs, the map has seen fifty cats. What becomes of a dog?",
                ("Something like a cat", "A dog as good as any", "Noise"),
                "Something like a cat",
                "Something like a cat: what makes a dog never varied among the pairs, and a map leads "
                "nowhere along what it has not seen vary.",
            ),
        ),
        Preset(
            "Raw pixels are mapped too: a linear map proves less than it seems",
            {"breathing": False, "critter": 12},
            NULLS,
            Claim("mean ratio", 2, "pixels ratio"),
        ),
    ),
    control="shuffled pairs",
    panels={
        "own": "of its own latent",
        "read": "what was read",
        "curve": "M / R by pairs",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("bridge",)))
