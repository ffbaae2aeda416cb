"""Linear: is it a property of deep networks?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

EXACT = Claim("change", 0.999, "predicted change")
STILL = {"breathing": False}

PAGE = Page(
    probe="linear",
    group="Where",
    place=80,
    sentence=(
        "Both models stay as they are, and every pixel of the digit moves by the same small step, "
        "its direction: {direction}. Above a sum with one weight a pixel, below a small network."
    ),
    presets=(
        Preset(
            "A 3 becomes an 8, and you can check the sum",
            {},
            48,
            EXACT,
            guess=Guess(
                "Every pixel of a 3 moves by 24 of 255 levels, along the weights of a sum. What "
                "does the sum read then?",
                ("Still a 3", "An 8", "A 3 and an 8 alike"),
                "An 8",
                "An 8: each pixel moves little, and all of them push the same way.",
            ),
        ),
        Preset(
            "A 7 becomes a 1, by fewer levels",
            {"sample": 72, "target": 1, "epsilon": 16},
            48,
            EXACT,
        ),
        Preset(
            "Black and white are near: part of the step is cut off",
            {"contrast": 1.0, "epsilon": 48},
            48,
            Claim("predicted change", 1.2, "change"),
        ),
        Preset(
            "A large change without effect, beside the same with effect",
            {**STILL, "epsilon": 48},
            4,
            Claim("change", 20.0, "twin change"),
            twin={"direction": "across"},
        ),
        Preset(
            "As many levels in random directions",
            {**STILL, "epsilon": 48},
            4,
            Claim("change", 5.0, "twin change"),
            guess=Guess(
                "Every pixel moves by 48 levels: along the weights here, and beside it with signs "
                "drawn at random. How far does the second change the sum?",
                ("As far", "About half as far", "Less than a fifth as far"),
                "Less than a fifth as far",
                "Less than a fifth: at random the pixels' pushes cancel, along the weights they "
                "add up.",
            ),
            twin={"direction": "random"},
        ),
    ),
    control="the same step, its signs at random",
    extension="linear",
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("linear",)))
