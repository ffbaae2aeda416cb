"""The robust twin's class pictures: what other networks read in them, and what people would.

Twenty classes by seed of those that it was trained on. Two sheets of pairs, the
twin's picture and the standard network's in a random order, go to build/bench
with the key beside them: somebody who has not seen the key says which is which.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from core import models, pictures, run
from core.models.catalogue import CATALOGUE, Difference
from core.probes import features
from tests.bench.survival import BARE
from tests.bench.table import FOLDER, Row, median, quantile

title = "The robust twin's pictures"

COUNT, SEED = 20, 7
TWIN, STANDARD = "lite0-robust", "lite0"
JUDGES = {"lite0": 0.6, "lite2": 0.5}  # the twin's pictures are to be read by these, p in the mean
SIDES = (128, 160, 224)  # px; the bar is held at the second, at which the pictures are made
RECIPES: Mapping[str, Mapping[str, Any]] = {"default recipe": {}, "plain pixels": BARE}
TILE, GAP, ACROSS = 160, 12, 4  # px, px, pairs a row


@dataclass(frozen=True)
class Made:
    """A class's two pictures, 8-bit."""

    label: int
    twin: Float[Tensor, "3 h w"]
    standard: Float[Tensor, "3 h w"]


def rows(count: int = COUNT) -> Iterator[Row]:
    """What the judges read, a recipe at a time, and the sheets."""
    names = models.load(STANDARD).labels
    labels = sorted(Random(SEED).sample(trained(), count))
    for recipe, how in RECIPES.items():
        made = [Made(label, _picture(TWIN, label, how), _picture(STANDARD, label, how))
                for label in labels]  # fmt: skip
        for judge, bar in JUDGES.items():
            for side in SIDES:
                yield _read(recipe, judge, side, made, bar, names)
        yield _sheet(recipe, made, names)


def trained() -> list[int]:
    """The classes of which the twin saw many pictures, as its card has them."""
    source = CATALOGUE[TWIN].source
    assert isinstance(source, Difference)
    return json.loads(source.file.with_suffix(".json").read_text())["trained classes"]


def _picture(network: str, label: int, how: Mapping[str, Any]) -> Float[Tensor, "3 h w"]:
    settings = replace(
        features.Settings(), network=network, target="class", label=label, control=False, **how
    )
    going = run.Run(features, settings, run.resolve(features, settings))
    frame = next(f for f in going if f.step == features.length(settings, {}) - 1)
    shown = frame.panels["picture"]
    assert isinstance(shown, Tensor)
    return pictures.eight_bit(shown)


def _read(
    recipe: str, judge: str, side: int, made: list[Made], bar: float, names: tuple[str, ...]
) -> Row:
    twin, standard = (
        [_probability(judge, x, one.label, side) for one, x in zip(made, found, strict=True)]
        for found in ([one.twin for one in made], [one.standard for one in made])
    )
    mean = sum(twin) / len(twin)
    worst = [names[made[i].label] for i in sorted(range(len(made)), key=twin.__getitem__)[:3]]
    barred = recipe == "default recipe" and side == SIDES[1]
    return Row(
        f"{recipe}, {len(made)} classes, read by {judge} at {side} px",
        f"mean p >= {bar}" if barred else "-",
        f"twin's {mean:.2f} (median {median(twin):.2f}, worst tenth {quantile(twin, 0.1):.2f}: "
        f"{', '.join(worst)}); {STANDARD}'s {sum(standard) / len(standard):.2f}",
        mean >= bar if barred else None,
    )


def _probability(judge: str, x: Float[Tensor, "3 h w"], label: int, side: int) -> float:
    network = models.load(judge)
    with torch.no_grad():
        logits = network.activations(pictures.square(x, side)[None], network.output)[0]
    return float(logits.softmax(0)[label])


def _sheet(recipe: str, made: list[Made], names: tuple[str, ...]) -> Row:
    """Pairs in a random order of their own, left and right at random."""
    drawn = Random(f"{SEED}/{recipe}")
    order = drawn.sample(made, len(made))
    left = [drawn.random() < 0.5 for _ in order]
    down = -(-len(order) // ACROSS)
    wide, tall = 2 * TILE + 2 * GAP, TILE + GAP
    sheet = Image.new("RGB", (ACROSS * wide, down * tall), "white")
    for i, (one, first) in enumerate(zip(order, left, strict=True)):
        row, column = divmod(i, ACROSS)
        pair = (one.twin, one.standard) if first else (one.standard, one.twin)
        for j, x in enumerate(pair):
            tile = pictures.to_uint8(pictures.square(x, TILE)).permute(1, 2, 0).numpy()
            sheet.paste(Image.fromarray(tile), (column * wide + j * (TILE + 2), row * tall))
    path = _path(recipe)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)
    key = [
        {"pair": i + 1, "class": names[one.label], "twin": "left" if first else "right"}
        for i, (one, first) in enumerate(zip(order, left, strict=True))
    ]
    path.with_suffix(".json").write_text(json.dumps(key, indent=1))
    return Row(f"{recipe}, pairs to be told apart", "-", f"{path}, key beside it")


def _path(recipe: str) -> Path:
    return FOLDER / f"robust pairs, {recipe}.png"
