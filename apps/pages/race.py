"""Race: which solver needs to look the fewest times?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

ANSWERED = 11  # the frame at which the answer is known and nobody has asked yet


PICTURED = 40  # the same of critters


def end(evaluations: int) -> int:
    """The frame at which a race ends."""
    return ANSWERED - 1 + evaluations


PAGE = Page(
    probe="race",
    group="Imagine",
    place=91,
    sentence="From one noise to the {data}: {solver} against {against}.",
    presets=(
        Preset("Ten looks each", {}, end(10), Claim("control distance", 1.1, "distance")),
        Preset(
            "Five looks or fifty: that matters more than who looks",
            {"evaluations": 5},
            end(50),
            Claim("distance", 5, "twin distance"),
            twin={"evaluations": 50},
            guess=Guess(
                "DDIM is the simplest solver here, DPM++ 2M one of the best known. From five looks to "
                "fifty, or from DDIM to DPM++ 2M: what brings a picture nearer?",
                ("The better solver", "More looks", "Both as much"),
                "More looks",
                "More looks: ten times as many bring ten times the nearness, the other solver a tenth "
                "of it.",
            ),
        ),
        Preset(
            "One that draws noise goes elsewhere, and arrives all the same",
            {"solver": "Euler ancestral", "evaluations": 50},
            end(50),
            Claim("distance", 20, "control distance"),
            guess=Guess(
                "Euler ancestral draws fresh noise at every step. It ends very far from the answer of a "
                "thousand steps. Is it a bad solver?",
                ("Yes, it does not arrive", "No, it arrives elsewhere on the data"),
                "No, it arrives elsewhere on the data",
                "It arrives elsewhere: nearly all of its points are in one of the eight spots, each in "
                "another than it would be without noise.",
            ),
        ),
        Preset(
            "Twice in each step costs twice: Heun with seven looks",
            {"solver": "Heun", "evaluations": 7},
            end(7),
            Claim("distance", 1.1, "control distance"),
        ),
        Preset(
            "With forty looks a line through four slopes is far ahead",
            {"solver": "LMS", "evaluations": 40, "schedule": "cosine"},
            end(40),
            Claim("control distance", 3, "distance"),
        ),
        Preset(
            "The same solver on another list of times",
            {"times": "leading"},
            end(10),
            Claim("distance", 3, "twin distance"),
            twin={"times": "trailing"},
        ),
        Preset(
            "Critters by a network: the same race",
            {"data": "critters", "schedule": "cosine", "solver": "LMS", "evaluations": 20},
            PICTURED + 20,
            Claim("control distance", 1.2, "distance"),
            guess=Guess(
                "A thousand looks of DDIM make one critter of this noise. DDIM itself with twenty looks, or "
                "LMS with as many: whose critter is more like it?",
                ("That of DDIM, it is the same solver", "That of LMS", "Both make the same"),
                "That of LMS",
                "That of LMS: it leads on through four looks, and ends where a thousand do. DDIM with "
                "twenty looks has taken a longer way round.",
            ),
        ),
    ),
    control="another solver from the same noise",
    panels={
        "error": "distance to 1000 steps, by evaluations",
        "share": "of points on the data, by evaluations",
        "answer": "a thousand steps",
        "race": "distance of the guess in this race",
    },
    charts=("error", "share", "race"),
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("race",)))
