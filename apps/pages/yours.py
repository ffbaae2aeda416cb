"""Yours: what does it see in you?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

LATE = 120  # a step at which the ascent has nearly come to its end

PAGE = Page(
    probe="yours",
    group="Imagine",
    place=86,
    sentence="{network} draws what it learned and nothing else. What is most like {picture}?",
    presets=(
        Preset(
            "A photograph of a cat, as near as it comes",
            {},
            LATE,
            Claim("first error", 1.2, "error"),
        ),
        Preset(
            "Free to leave: nearer to the picture, hardly a critter",
            {"picture": "tiger", "pull": 0.0},
            LATE,
            Claim("twin error", 1.1, "error"),
            twin={"pull": 0.1},
            guess=Guess(
                "The latent may go wherever it wants, as long as the drawing comes nearer to the "
                "photograph. What does it draw in the end?",
                (
                    "The photograph, nearly",
                    "A smear in its colours, hardly a critter",
                    "A clean cat",
                ),
                "A smear in its colours, hardly a critter",
                "A smear in the photograph's colours: far from where critters lie, the decoder mixes "
                "what it knows.",
            ),
        ),
        Preset(
            "From noise: another hill, another end",
            {"picture": "tiger", "seed": 4},
            LATE,
            Claim("control error", 0.95, "error"),
        ),
        Preset(
            "The face that it sees in a face of fur",
            {"picture": "raccoon", "network": "faces-vae"},
            LATE,
            Claim("control error", 1.1, "error"),
        ),
        Preset(
            "The emoji that a cup of coffee is",
            {"picture": "coffee", "network": "emoji-vae"},
            LATE,
            Claim("twin error", 1.1, "error"),
            twin={"network": "critters-vae"},
        ),
        Preset(
            "Sixteen times as many numbers say more",
            {"picture": "dogs", "network": "critters-ae-128"},
            LATE,
            Claim("twin error", 1.1, "error"),
            twin={"network": "critters-ae-8"},
        ),
    ),
    control="the same from noise",
    panels={
        "given": "what it looks at",
        "answer": "the first one",
        "map": "what it cannot draw",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("yours",)))
