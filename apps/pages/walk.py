"""Walk: what lies between two pictures?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

MIDDLE = 30  # the frame half-way
TRUER = Claim("control error", 1.05, "error")

PAGE = Page(
    probe="walk",
    group="Imagine",
    place=81,
    sentence=("{network} reads two pictures as points, and the way between them is drawn: {way}."),
    presets=(
        Preset(
            "From a cat to a dog",
            {},
            MIDDLE,
            TRUER,
            guess=Guess(
                "A network reads a cat and a dog as two points. What is half-way?",
                (
                    "Both at once, half see-through",
                    "One animal between both",
                    "First the cat, then all at once the dog",
                ),
                "One animal between both",
                "One animal between both, near to the true one; the fade beside it shows two at once.",
            ),
        ),
        Preset(
            "Through the middle, or around it",
            {"first": 5, "second": 9},
            MIDDLE,
            Claim("twin nearer", 2, "nearer"),
            twin={"way": "spherical"},
        ),
        Preset(
            "From a face that nobody has to another",
            {"network": "faces-vae", "first": 3, "second": 7},
            MIDDLE,
            Claim("twin nearer", 2, "nearer"),
            twin={"way": "spherical"},
        ),
        Preset(
            "Both ways from a digit to another, through the oldest latent space",
            {"network": "digits-eigen", "first": 30, "second": 12},
            MIDDLE,
            Claim("twin nearer", 2, "nearer"),
            twin={"way": "spherical"},
        ),
    ),
    control="one fades into the other",
    panels={
        "truth": "every factor goes along",
        "distance": "how many lie nearer to the mean",
        "cloud": "and the way",
    },
    turns={"cloud": ("from the first to the second", "most across it", "next across it")},
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("walk",)))
