"""Sampler: which way does noise go back?"""

import sys
from dataclasses import replace

from apps.kit import Claim, Guess, Page, Preset

END = 32 + 50 - 1  # the frame at which 50 steps are done
NEAR = Claim("control distance to data", 50, "distance to data")

PAGE = Page(
    probe="sampler",
    group="Imagine",
    place=90,
    sentence=(
        "The points of a {data} are noised and found again: {schedule} schedule, {noise} noise "
        "put back at each step."
    ),
    presets=(
        Preset("A spiral out of noise", {}, END, NEAR),
        Preset("A cat out of noise", {"data": "cat"}, END, NEAR),
        Preset(
            "Eight modes: each point chooses one",
            {"data": "ring"},
            END,
            replace(NEAR, ratio=5),
            guess=Guess(
                "The data are eight spots on a ring, and every point starts in the same noise. "
                "Where will the points end?",
                (
                    "In the middle, the mean of all eight",
                    "Each in one of the eight spots",
                    "Evenly along the ring",
                ),
                "Each in one of the eight spots",
                "In the spots: each point falls into one of them, and almost none stays between.",
            ),
        ),
        Preset(
            "Five steps, beside fifty",
            {"data": "ring", "steps": 5},
            END,
            Claim("distance to data", 2, "twin distance to data"),
            twin={"steps": 50},
        ),
        Preset(
            "Fresh noise at every step: each path is a walk",
            {"data": "moons"},
            END,
            Claim("twin path length", 3, "path length"),
            twin={"noise": "fresh"},
        ),
        Preset(
            "The last step sees the least noise, or more of it",
            {"data": "cat"},
            END,
            Claim("twin distance to data", 5, "distance to data"),
            twin={"times": "trailing"},
        ),
        Preset(
            "The schedule as the notes print it: all fall into the mean",
            {"schedule": "as printed"},
            END,
            Claim("twin spread", 30, "spread"),
            twin={"schedule": "linear"},
        ),
    ),
    when={"eta": ("noise", ("predicted",))},
    control="it knows mean and covariance alone",
    panels={"predicted x_0": "the denoiser's guess of the data"},
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("sampler",)))
