"""Restore: can it draw what it cannot see?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

NOISIEST = 72  # the frame at which the noise is at its largest

PAGE = Page(
    probe="restore",
    group="Imagine",
    place=83,
    sentence="{network} learned to undo noise. What does it draw when it is shown {subject}?",
    presets=(
        Preset(
            "Take noise and patches off", {}, NOISIEST, Claim("quality", 1.1, "control quality")
        ),
        Preset(
            "Behind a patch it can only guess",
            {"noise": 0, "patches": 6, "critter": 9},
            NOISIEST,
            Claim("quality", 1.1, "median quality"),
            guess=Guess(
                "Six patches hide an ear, half a mouth and more. What stands there in the picture that "
                "comes out?",
                (
                    "Grey",
                    "What is likely there, drawn as if it had been seen",
                    "What was there, exactly",
                ),
                "What is likely there, drawn as if it had been seen",
                "What is likely: compare it with the critter as it was. Nothing says what was guessed.",
            ),
        ),
        Preset(
            "As much noise as there is picture",
            {"noise": 1, "patches": 0},
            NOISIEST,
            Claim("quality", 1.2, "control quality"),
        ),
        Preset(
            "Noise alone: it sees a critter",
            {"subject": "noise alone", "noise": 1, "patches": 0},
            NOISIEST,
            Claim("control times usual", 1.3, "times usual"),
            guess=Guess(
                "Now there is no picture at all, only noise. What comes out?",
                ("Noise", "Grey", "A critter"),
                "A critter",
                "A critter, dim and blurred: it is what the network takes for the nearest picture.",
            ),
        ),
        Preset(
            "Through it once, and eight times: ever more a critter, ever less this one",
            {},
            NOISIEST,
            Claim("quality", 1.1, "twin quality"),
            twin={"passes": 8},
        ),
        Preset(
            "Its twin is a VAE, which never saw noise either",
            {},
            NOISIEST,
            Claim("quality", 1.05, "twin quality"),
            twin={"network": "critters-vae"},
        ),
    ),
    control="never saw noise",
    panels={
        "given": "what it is shown",
        "truth": "as it was",
        "quality": "dB against noise",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("restore",)))
