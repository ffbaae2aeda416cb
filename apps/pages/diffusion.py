"""Diffusion: how do you un-spill noise?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

END = 20  # the frame at which 20 steps are done
OBEYS = Claim("obeyed", 1.3, "control obeyed")
HAT = {"species": "a dog", "worn": "without a hat", "then": "then with a hat", "seed": 2}

PAGE = Page(
    probe="diffusion",
    group="Imagine",
    place=88,
    sentence="{network} finds the picture in noise. Asked for: {species} {worn}; {then}.",
    presets=(
        Preset("A critter out of noise", {}, END, Claim("control detail", 1.1, "detail")),
        Preset(
            "Ask for a cat with glasses",
            {"species": "a cat", "worn": "with glasses", "seed": 2},
            END,
            OBEYS,
            guess=Guess(
                "At first there is nothing but noise, and it says what picture it takes it for. When does "
                "it know where the glasses will be?",
                ("At once", "When half of the noise is gone", "At the last step"),
                "At once",
                "At once, as a blur: go back on the time line and look. Later steps draw what early ones decided.",
            ),
        ),
        Preset(
            "The same noise, a cat and a dog",
            {"species": "a cat", "seed": 10},
            END,
            Claim("twin dog", 5, "dog"),
            twin={"species": "a dog"},
            guess=Guess(
                "Both start from the same noise, one is asked for a cat, the other for a dog. What is alike?",
                ("Nothing", "Scene, light and pose", "All but the colours"),
                "Scene, light and pose",
                "Scene, light, collar and pose: what was not asked for comes from the noise.",
            ),
        ),
        Preset(
            "Change your mind early: a hat",
            {**HAT, "crossing": 0.2},
            END,
            OBEYS,
        ),
        Preset(
            "Change it later, beside early: too late",
            {**HAT, "crossing": 0.6},
            END,
            Claim("twin obeyed", 1.5, "obeyed"),
            twin={"crossing": 0.2},
            guess=Guess(
                "Without a hat at first; then it is asked for one, after 60 % of the way, or after 20 %. Which "
                "dog wears it in the end?",
                ("Both", "The one that was asked early", "None"),
                "The one that was asked early",
                "The early one: what is large is decided while there is much noise, and later steps keep it.",
            ),
        ),
        Preset(
            "Asking, and asking loudly",
            {"species": "a cat", "worn": "with glasses", "guidance": 8, "seed": 5},
            END,
            Claim("obeyed", 1.5, "twin obeyed"),
            twin={"guidance": 1},
        ),
        Preset(
            "Who knows its pictures by heart draws none of its own",
            {"beside": "by heart", "seed": 2},
            END,
            Claim("to the nearest", 5, "control to the nearest"),
        ),
        Preset(
            "Fresh noise at every step leads elsewhere",
            {"eta": 1, "seed": 3},
            END,
            Claim("dog", 5, "twin dog"),
            twin={"eta": 0},
        ),
        Preset(
            "A picture under noise, and under more of it",
            {"begins": "a picture, noised", "depth": 0.5},
            24 + 10,
            Claim("twin from the picture", 2, "from the picture"),
            twin={"depth": 0.9},
        ),
        Preset(
            "A picture is led back into its noise, and comes out with glasses",
            {"begins": "a picture, inverted", "depth": 1, "worn": "with glasses", "guidance": 3},
            2 * END,
            Claim("glasses", 5, "twin glasses"),
            twin={"worn": "with whatever"},
        ),
        Preset(
            "Half-way between two noises lies a critter too",
            {"mix": 0.5},
            END,
            Claim("control detail", 1.2, "detail"),
        ),
        Preset(
            "The schedule as the notes print it: noise is taken for a picture",
            {"schedule": "as printed"},
            END,
            Claim("detail", 1.5, "twin detail"),
            twin={"schedule": "linear"},
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
