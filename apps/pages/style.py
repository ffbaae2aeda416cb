"""Style: what is a style, if it does not matter where anything is?"""

import sys
from dataclasses import replace

from apps.kit import Claim, Guess, Page, Preset

NEAR = Claim("style at the start", 10, "style left")
SMALL = {"size": 128, "sizes": 1, "steps": 40}

PAGE = Page(
    probe="style",
    group="Paint",
    place=40,
    sentence=(
        "The network is held still. The picture moves until the layers of {network} have the statistics of "
        "the style picture, by {statistics}, while {content_layer} holds on to what was where."
    ),
    presets=(
        Preset("A temple laid in mosaic", {}, 59, NEAR),
        Preset("The cat in short strokes of oil", {"picture": "cat", "style": "brush"}, 39, NEAR),
        Preset(
            "The mountain as waves, its shape let go",
            {"picture": "mountain", "style": "waves", "content_weight": 0.05},
            39,
            NEAR,
        ),
        Preset("A tiger, cut in wood", {"picture": "tiger", "style": "woodcut"}, 39, NEAR),
        Preset(
            "Only a texture: marble from noise",
            {"style": "marble", "start": "noise", "content_weight": 0.0},
            39,
            replace(NEAR, ratio=20),
            guess=Guess(
                "No photograph holds it: noise moves until it has the Gram matrices of the marble. "
                "What will it look like?",
                (
                    "The marble picture, vein by vein",
                    "Marble, with its veins in other places",
                    "Noise in the colours of marble",
                ),
                "Marble, with its veins in other places",
                "Marble, but another piece of it: a Gram matrix says what occurs together, and not "
                "where.",
            ),
        ),
        Preset(
            "Stained glass in the colours of the flower",
            {"picture": "flower", "style": "glass", "colours": "of the picture"},
            39,
            replace(NEAR, ratio=5),
        ),
        Preset(
            "Half weave, half brush",
            {"picture": "dogs", "style": "weave", "second_style": "brush"},
            39,
            replace(NEAR, ratio=5),
        ),
        Preset(
            "Only the sky is painted",
            {"picture": "bridge", "style": "brush", "mask": "top"},
            39,
            replace(NEAR, ratio=5),
        ),
        Preset(
            "The tutorial's own loss, beside the tutorial",
            {
                "picture": "cat",
                "style": "brush",
                "loss": "the tutorial's total",
                "beside": "the tutorial",
                "optimiser": "L-BFGS",
                **SMALL,
            },
            39,
            Claim("control tutorial's total", 3, "tutorial's total"),
        ),
        Preset(
            "Held to the photograph in shuffled places: the style, and no cat",
            {"picture": "cat", "beside": "shuffled content", "content_weight": 0.3, **SMALL},
            39,
            Claim("control content error", 1.3, "content error"),
        ),
        Preset(
            "Plain pixels speckle: the same without large shapes first",
            {"picture": "cat", "style": "brush", **SMALL},
            39,
            Claim("twin style left", 1.5, "style left"),
            twin={"decay": 0.0},
        ),
        Preset(
            "Gram matrices beside Gaussians",
            {"picture": "cat", **SMALL},
            39,
            Claim("twin style at the start", 5, "twin style left"),
            twin={"statistics": "Gaussian"},
        ),
        Preset(
            "lite0 beside its robust twin",
            {"picture": "tiger", "style": "marble", **SMALL},
            39,
            Claim("twin style at the start", 5, "twin style left"),
            twin={"network": "lite0-robust"},
        ),
    ),
    when={
        "style_weight": ("loss", ("each layer's start",)),
        "content_weight": ("loss", ("each layer's start",)),
        "beside": ("control", (True,)),
        "share": ("second_style", ()),
        "learning_rate": ("optimiser", ("Adam",)),
        "jitter": ("optimiser", ("Adam",)),
    },
    control="the same steps with random weights, on shuffled content, or as PyTorch's tutorial takes them",
    extension="style",
    drawn=tuple(f"weight_{i}" for i in range(1, 6)),
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("style",)))
