"""Fool: how little must change before the answer turns?"""

import sys
from dataclasses import replace

from apps.kit import Claim, Guess, Page, Preset

WANTED = "probability of what is wanted"
TURNS = Claim(WANTED, 5, f"control {WANTED}")
BALLS = ("FGSM", "PGD", "MI-DI-TI", "APGD", "Square", "NES")
STEPPING = ("PGD", "MI-DI-TI", "NES")
CHOOSING = ("FGSM", "PGD", "MI-DI-TI", "APGD", "FMN", "NES")
SMALL = {"size": 128, "landscape": 0}
FREE = SMALL | {"attack": "ascent", "picture": "noise"}
ZEBRA = SMALL | {"picture": "mountain", "target": 340, "step_size": 0.1}

PAGE = Page(
    probe="fool",
    group="Fool",
    place=60,
    sentence=(
        "The network is held still. {attack} moves the picture until {network} answers {aim}[ {target}]."
    ),
    presets=(
        Preset(
            "A bee that is called a school bus",
            {},
            8,
            TURNS,
            guess=Guess(
                "The network is to call this bee a school bus, and no value may move by more than 2 "
                "of 255 levels. Will you see the bus?",
                ("Yes, faintly", "Only its colour", "No: to you it stays the bee"),
                "No: to you it stays the bee",
                "You see the bee, the network answers school bus: 2 levels in each value are too "
                "few for an eye, and enough for it.",
            ),
        ),
        Preset(
            "One step of one level turns the tiger",
            {"attack": "FGSM", "picture": "tiger", "aim": "anything else", "epsilon": 1},
            1,
            replace(TURNS, ratio=3),
        ),
        Preset(
            "The smallest change that turns the espresso",
            {
                "attack": "FMN",
                "norm": "L2",
                "picture": "coffee",
                "aim": "anything else",
                "loss": "margin",
                "size": 128,
                "steps": 30,
            },
            30,
            replace(TURNS, ratio=3),
        ),
        Preset(
            "By asking alone: random squares on the bee",
            {"attack": "Square", "aim": "anything else", "epsilon": 8, "size": 128},
            40,
            replace(TURNS, ratio=3),
        ),
        Preset(
            "Meant for one network, it reaches another",
            {
                "attack": "MI-DI-TI",
                "picture": "tiger",
                "aim": "anything else",
                "epsilon": 8,
                "steps": 10,
            },
            11,
            Claim("in the second network", 1.2, "in the second network, before"),
        ),
        Preset(
            "Four levels turn the one network and not the robust one",
            ZEBRA | {"epsilon": 4, "steps": 30},
            16,
            Claim(WANTED, 5, f"twin {WANTED}"),
            twin={"network": "lite0-robust"},
        ),
        Preset(
            "Twenty-four levels: static for the one, zebras for the robust one",
            ZEBRA | {"epsilon": 24, "steps": 40},
            20,
            Claim(f"twin {WANTED}", 5, f"twin control {WANTED}"),
            twin={"network": "lite0-robust"},
        ),
        Preset(
            "A flamingo out of nothing, for one network alone",
            FREE | {"target": 130, "steps": 16},
            16,
            replace(TURNS, ratio=20),
        ),
        Preset(
            "With views on, the same loop draws it for others too",
            FREE | {"target": 130, "steps": 48},
            49,
            Claim("twin in the second network", 5, "in the second network"),
            twin={"views": True},
        ),
        Preset(
            "A JPEG in between undoes it, unless the attack knows",
            SMALL | {"defence": "JPEG", "steps": 12},
            12,
            Claim(f"twin {WANTED}", 1.5, WANTED),
            twin={"adaptive": True},
        ),
    ),
    when={
        "norm": ("attack", (*BALLS, "DeepFool", "FMN")),
        "target": ("aim", ("a class",)),
        "label": ("shows", ("a label",)),
        "epsilon": ("attack", BALLS),
        "step_size": ("attack", STEPPING),
        "loss": ("attack", CHOOSING),
        "views": ("attack", ("FGSM", "PGD", "MI-DI-TI", "APGD", "FMN", "ascent")),
        "adaptive": ("defence", ("JPEG", "blur", "resize")),
    },
    control="as much random noise, seen by the same network",
    card="“school bus”, 99.9 %",
    extension="keep",
    readings=(
        (WANTED, "probability of what is wanted"),
        ("probability of what it was", "probability of what it was"),
        ("largest move, levels", "largest move, in levels of 255"),
        ("L2", "length of the change (L2)"),
        ("values moved", "share of values moved"),
        ("queries", "questions asked"),
        ("in the second network", "in the second network, not asked"),
        ("in the third network", "in the third network, not asked"),
        ("after JPEG", "after a JPEG of quality 75"),
        ("after blur", "after a blur of 1 px"),
        ("after resize", "after another size"),
    ),
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("fool",)))
