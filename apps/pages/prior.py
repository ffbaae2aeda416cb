"""Prior: what does a network draw when nobody asks?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

PAGE = Page(
    probe="prior",
    group="Imagine",
    place=85,
    sentence="{network} draws from noise, as it is and led by {repair} to where critters lie.",
    presets=(
        Preset(
            "Noise behind a flow, and as it is",
            {},
            1,
            Claim("control times usual", 1.5, "times usual"),
            guess=Guess(
                "A VAE was told to write critters as if they were noise. What does it draw of noise?",
                ("Critters that nobody has seen", "Mostly no animal at all", "The mean critter"),
                "Mostly no animal at all",
                "Mostly no animal at all: the latents of critters fill a small part of the noise. The "
                "flow beside it leads the same noise there.",
            ),
        ),
        Preset(
            "One Gaussian is not enough",
            {"seed": 3},
            1,
            Claim("twin times usual", 1.1, "times usual"),
            twin={"repair": "one Gaussian"},
        ),
        Preset(
            "The middle of the noise is no critter either",
            {"spread": 0.0},
            1,
            Claim("control times usual", 1.5, "times usual"),
            twin={"spread": 1.0},
        ),
        Preset(
            "Sixteen times the price of a nat: it says less, and draws as well",
            {"network": "critters-vae-beta-16", "critter": 9},
            1,
            Claim("twin nats", 1.3, "nats"),
            twin={"network": "critters-vae"},
        ),
    ),
    control="the same noise as it is",
    panels={
        "number": "one of the latent, swinging",
        "nats": "what each number says",
        "cloud": "of critters, and the noise",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("prior",)))
