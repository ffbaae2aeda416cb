"""Origin: where does the picture come from?"""

import sys

from apps.kit import Claim, Guess, Page, Preset

END = 20 - 1  # the frame of the last of 20 steps

PAGE = Page(
    probe="origin",
    group="Imagine",
    place=91,
    sentence="A network learned {data}. Do patches of {patch} from {place} explain its picture?",
    presets=(
        Preset(
            "A digit that nobody wrote, out of patches that somebody wrote",
            {},
            END,
            Claim("mosaic r2", 1.2, "memory r2"),
            guess=Guess(
                "Beside the network run two formulas, from the same noise: one knows the 1400 digits whole, the "
                "other only their patches. Whose picture will be like the network's?",
                ("That of whole digits", "That of patches", "Neither"),
                "That of patches",
                "That of patches. The other one ends in a digit of the training set, and the network does not.",
            ),
        ),
        Preset(
            "Another picture of the network has little to do with it",
            {"noise": 7},
            END,
            Claim("mosaic r2", 1.5, "shuffled r2"),
        ),
        Preset(
            "Patches of one pixel know nothing",
            {"patch": "1 px"},
            END,
            Claim("twin mosaic r2", 1.5, "mosaic r2"),
            twin={"patch": "calibrated"},
        ),
        Preset(
            "Patches as large as the picture are the memory",
            {"patch": "the whole"},
            END,
            Claim("twin mosaic r2", 1.2, "mosaic r2"),
            twin={"patch": "calibrated"},
        ),
        Preset(
            "Whoever knows eight digits alone explains less",
            {"known": 8},
            END,
            Claim("twin mosaic r2", 1.1, "mosaic r2"),
            twin={"known": 1400},
        ),
        Preset(
            "Emoji: parts of many in one",
            {"data": "emoji"},
            END,
            Claim("mosaic r2", 1.1, "memory r2"),
        ),
    ),
    panels={
        "mosaic": "knows patches",
        "memory": "knows whole pictures",
        "nearest": "training picture",
        "source": "of the ring's patch",
    },
    readings=(
        ("mosaic r2", "of the network's picture, explained by the mosaic"),
        ("memory r2", "by the memory"),
        ("nearest r2", "by the nearest training picture"),
        ("shuffled r2", "of the network's other pictures, by the mosaic"),
    ),
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("origin",)))
