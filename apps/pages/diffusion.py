"""Diffusion: how do you un-spill noise?"""

import sys

from apps.kit import Claim, Page, Preset

END = 20  # the frame at which 20 steps are done
OBEYS = Claim("obeyed", 1.3, "control obeyed")

PAGE = Page(
    probe="diffusion",
    group="Imagine",
    place=88,
    sentence=(
        "{network} says what is picture in the noise, step by step. It starts from {begins} and is asked "
        "for {species} {worn}."
    ),
    presets=(
        Preset(
            "A critter out of noise",
            {},
            END,
            Claim("control to the nearest", 1.01, "to the nearest"),
        ),
        Preset(
            "Ask for a cat with glasses",
            {"species": "a cat", "worn": "with glasses", "seed": 3},
            END,
            OBEYS,
        ),
        Preset(
            "Change your mind half-way: a hat",
            {"species": "a dog", "worn": "without a hat", "then": "then a hat", "seed": 5},
            END,
            OBEYS,
        ),
        Preset(
            "Five steps, beside fifty",
            {"steps": 5},
            5,
            Claim("twin detail", 1.1, "detail"),
            twin={"steps": 50},
        ),
        Preset(
            "Who knows its pictures by heart draws none of its own",
            {"beside": "pictures by heart", "seed": 2},
            END,
            Claim("to the nearest", 5, "control to the nearest"),
        ),
        Preset(
            "A picture is noised: how much can be found again?",
            {"begins": "a picture, noised"},
            24 + 14,
            Claim("detail", 1.2, "control detail"),
        ),
    ),
    when={
        "crossing": (
            "then",
            tuple(
                f"then {w}"
                for w in (
                    "a cat",
                    "a dog",
                    "with glasses",
                    "without glasses",
                    "with a hat",
                    "without a hat",
                )
            ),
        ),
        "eta": ("solver", ("DDIM",)),
        "picture": ("begins", ("a picture, noised", "a picture, inverted")),
        "critter": ("begins", ("a picture, noised", "a picture, inverted")),
        "depth": ("begins", ("a picture, noised", "a picture, inverted")),
        "pricing": ("begins", ("pure noise",)),
    },
    extension="diffusion",
    control="from the same noise",
    panels={
        "x_t": "what there is",
        "epsilon": "taken for noise",
        "in the plane": "where it is exact",
    },
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("diffusion",)))
