"""Sort it yourself: can you teach it a word of your own?"""

import sys

from apps.kit import Claim, Guess, Page, Preset
from core.probes import sort

QUARTER = 30  # the frame at which a breath is widest; by then chance has sorted sixteen times
SORTED = tuple(one for one in sort.EXAMPLES if one != sort.YOURS)

PAGE = Page(
    probe="sort",
    group="Imagine",
    place=81,
    sentence=(
        "{network}: pictures in two piles, sorted by {example}, and the direction between them by "
        "{method}."
    ),
    presets=(
        Preset(
            "Cats on one pile, dogs on the other: now take some away",
            {"example": "species", "critter": 2},
            QUARTER,
            Claim("cosine", 2, "control cosine"),
        ),
        Preset(
            "With glasses and without",
            {},
            QUARTER,
            Claim("cosine", 2, "control cosine"),
        ),
        Preset(
            "How many pictures does a word need? Here four, beside it 24",
            {"count": 4},
            QUARTER,
            Claim("twin cosine", 1.3, "cosine"),
            twin={"count": sort.TILES},
            guess=Guess(
                "Four pictures are sorted by glasses here, 24 beside it. Which direction is that of two "
                "thousand?",
                ("Both: glasses are glasses", "That of 24, to the point", "That of 24, half-way"),
                "That of 24, half-way",
                "Half-way: the cosine to the frontier of two thousand is about .6 from 24 pictures, and "
                ".4 from four.",
            ),
        ),
        Preset(
            "A smile is harder to teach than a dog",
            {"example": "smile", "critter": 9},
            QUARTER,
            Claim("twin right", 1.4, "right"),
            twin={"example": "species"},
            guess=Guess(
                "Each picture is left out, and the other 23 say on which pile it belongs. Of which piles "
                "do more come right?",
                ("Smiling or not", "Cat or dog", "Both alike"),
                "Cat or dog",
                "Cat or dog: a species changes all of the picture, a smile a few pixels of it.",
            ),
        ),
        Preset(
            "Another method asks how far the piles spread",
            {"method": "LDA"},
            QUARTER,
            Claim("right", 1.1, "twin right"),
            twin={"method": "mean difference"},
        ),
        Preset(
            "Bright pictures and dark ones: what did you mean?",
            {"example": "bright", "critter": 14},
            QUARTER,
            Claim("achieved", 3, "others"),
        ),
        Preset(
            "Emoji, cool ones and warm ones",
            {"network": "emoji-vae", "example": "warm", "critter": 45},
            QUARTER,
            Claim("right", 1.3, "control right"),
        ),
        Preset(
            "Faces, of which nobody knows more than how they look",
            {"network": "faces-vae", "example": "bright"},
            QUARTER,
            Claim("right", 1.3, "control right"),
        ),
    ),
    when={"count": ("example", SORTED)},
    control="by chance",
    panels={"changes": "in deviations", "learned": "by number"},
    extension="sort",
)

if __name__ == "__main__":
    from apps import lab

    sys.exit(lab.main(("sort",)))
