"""Fool: how little must change before the answer turns?"""

import sys

from apps.kit import Claim, Page, Preset

WANTED = "probability of what is wanted"
TURNS = Claim(WANTED, 5, f"control {WANTED}")
BALLS = ("FGSM", "PGD", "MI-FGSM", "MI-DI-TI", "APGD", "Square", "NES")
STEPPING = ("PGD", "MI-FGSM", "MI-DI-TI", "NES")
CHOOSING = ("FGSM", "PGD", "MI-FGSM", "MI-DI-TI", "APGD", "FMN", "NES")
FREE = {"attack": "ascent", "picture": "noise", "size": 128, "landscape": 0}

PAGE = Page(
    probe="fool",
    sentence=(
        "The network stays as it is. {attack}[ in {norm}] moves the picture until {network} answers"
        " {aim}[ {target}]. Before, it shows {shows}[ {label}]."
        " {second} and {third} are asked at the end alone."
    ),
    presets=(
        Preset("A bee that is called a school bus", {}, 15, TURNS),
        Preset(
            "One step of one level turns the espresso",
            {"attack": "FGSM", "picture": "coffee", "aim": "anything else", "epsilon": 1},
            2,
            TURNS._replace(ratio=3),
        ),
        Preset(
            "The smallest change that turns a tiger, in a file",
            {
                "attack": "FMN",
                "norm": "L2",
                "picture": "tiger",
                "aim": "anything else",
                "loss": "margin",
                "steps": 24,
            },
            25,
            TURNS._replace(ratio=2),
        ),
        Preset(
            "By asking alone: random squares",
            {
                "attack": "Square",
                "picture": "mountain",
                "aim": "anything else",
                "epsilon": 12,
                "steps": 60,
            },
            61,
            TURNS._replace(ratio=1.5),
        ),
        Preset(
            "Meant for one network, it turns another",
            {
                "attack": "MI-DI-TI",
                "aim": "anything else",
                "picture": "tiger",
                "epsilon": 8,
                "steps": 10,
            },
            12,
            Claim("in the second network", 1.2, "in the second network, before"),
        ),
        Preset(
            "A flamingo out of nothing, for the network alone",
            FREE | {"target": 130, "steps": 12},
            13,
            TURNS._replace(ratio=20),
        ),
    ),
    when={
        "norm": ("attack", (*BALLS, "DeepFool", "FMN")),
        "target": ("aim", ("a class",)),
        "label": ("shows", ("a label",)),
        "epsilon": ("attack", BALLS),
        "step_size": ("attack", STEPPING),
        "loss": ("attack", CHOOSING),
        "views": ("attack", ("FGSM", "PGD", "MI-FGSM", "MI-DI-TI", "APGD", "FMN", "ascent")),
        "adaptive": ("defence", ("JPEG", "blur", "resize")),
    },
    control="as much random noise, seen by the same network",
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
