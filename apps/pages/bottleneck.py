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
            "Sixteen numbers: no JPEG is that small",
            {"network": "critters-ae-32", "numbers": 16, "critter": 2, "breathing": False},
            1,
            Claim("JPEG bytes", 4, "bytes"),
            guess=Guess(
                "A critter of 64 px is to be kept in sixteen bytes. Which way can do it at all?",
                ("Sixteen numbers of a network", "A JPEG of the lowest quality", "Neither"),
                "Sixteen numbers of a network",
                "Sixteen numbers of a network: the least JPEG takes five times as many bytes, its tables "
                "not counted.",
            ),
        ),
        Preset(
            "Four numbers: the sum of pictures is nearer",
            {"numbers": 4, "critter": 2, "breathing": False},
            1,
            Claim("error", 1.2, "control error"),
        ),
        Preset(
            "Made for 32 numbers, beside the first 32 of 64",
            {"network": "critters-ae-32", "numbers": 32, "critter": 9, "breathing": False},
            1,
            Claim("twin error", 1.2, "error"),
            twin={"network": "critters-vae"},
        ),
        Preset(
            "Counting small parts more cost the hat: 32 numbers that learned by plain squares",
            {"network": "critters-ae-32-plain", "numbers": 32, "critter": 2, "breathing": False},
            1,
            Claim("twin error", 1.15, "error"),
            twin={"network": "critters-ae-32"},
        ),
        Preset(
            "Sixty-four bytes hold what bits back would say in forty-two",
            {"critter": 12, "breathing": False},
            1,
            Claim("bytes", 1.2, "KL bytes"),
            twin={"network": "critters-vae-beta-16"},
            guess=Guess(
                "A VAE is taught to say little: each number may be off by its own noise. The twin paid "
                "sixteen times as much for each nat. How much worse does it draw?",
                ("Hardly at all", "Half as well", "It draws every critter the same"),
                "Hardly at all",
                "Hardly at all: in the panel all four VAEs stand at one height, and the one of beta 16 "
                "needs little more than half the bytes.",
            ),
        ),
        Preset(
            "A network for 8 numbers, beside one for 128",
            {"network": "critters-ae-128", "critter": 12, "breathing": False},
            1,
            Claim("twin error", 1.5, "error"),
            twin={"network": "critters-ae-8"},
        ),
    ),
    control="principal components",
    panels={
        "given": "what was read",
        "JPEG": "nearest in size",
        "rate": "dB against bytes",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("bottleneck",)))
