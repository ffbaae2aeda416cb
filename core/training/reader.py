"""The factor reader: learned from portraits and the factors that made them.

A continuous factor is read in units of its deviation, by the square of the error; a
circular one as sine and cosine; of a categorical one the words compete, by cross
entropy. All count the same. A factor does not show in every picture (the colour of eyes
that are nearly shut), and what cannot be seen cannot be read: R2 below 1 is also that.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from core.metrics import bootstrap, factors, readout
from core.metrics.bootstrap import Interval
from core.models.reader import NAME, Head, parts
from core.networks import initial, reader, shipping
from core.networks.reader import Form, Reader
from core.training import batches, course, learning, portraits, shipped
from core.training.learning import Losses, Plan
from core.training.portraits import Portraits
from core.training.report import Report
from core.training.shipped import Figures
from core.worlds import critters

AT_ONCE = 256
SURE = ("species", "glasses", "hat", "collar")
LEAST_RIGHT, LEAST_R2 = 0.99, 0.93


@dataclass(frozen=True)
class Recipe:
    """How wide a reader, and how long it learns from how many portraits."""

    width: int = 24
    plan: Plan = Plan(16000)  # noqa: RUF009
    data: int = 65536
    held_out: int = 4096


def recipe_for(*, steps: int | None = None, is_tiny: bool = False) -> Recipe:
    """The recipe with what was asked for; raises RecipeError."""
    recipe = Recipe()
    if is_tiny:
        recipe = replace(recipe, width=8, plan=learning.tiny(recipe.plan), data=512, held_out=256)
    return replace(recipe, plan=learning.as_long(recipe.plan, steps))


def train(
    recipe: Recipe, *, out: Path, is_stopped: Callable[[], bool] = lambda: False
) -> Iterator[Report]:
    """Train a reader into `out`, its card beside it; goes on where it was.

    Raises TrainingStopped, with what was reached kept, when `is_stopped` becomes true.
    """
    learned = yield from portraits.read(portraits.LEARNED, recipe.data)
    made = heads(learned.factors)
    form = Form(recipe.width, sum(head.size for head in made))
    module = Reader(form)
    initial.draw(module, recipe.plan.seed)
    stage = course.started(module.to(memory_format=torch.channels_last))  # type: ignore[call-overload]
    yield from learning.learn(
        stage,
        recipe.plan,
        lambda step: losses(stage.network, made, learned, step, recipe.plan),
        name=NAME,
        mark={"recipe": asdict(recipe), "world": critters.VERSION},
        is_stopped=is_stopped,
    )
    held_out = yield from portraits.read(portraits.HELD_OUT, recipe.held_out)
    weights = shipping.halved(stage.average.state_dict())
    reached = measure(reader.network(form, weights), made, held_out)
    shipped.write(out, weights, said(recipe, form, made, reached), stage)
    learning.forget(NAME)


def heads(factors: critters.Factors) -> tuple[Head, ...]:
    """A head for each factor, with the mean and deviation of these values."""
    found = []
    for name, row in critters.FACTORS.items():
        size, mean, deviation = 1, 0.0, 1.0
        if row.kind == "categorical":
            size = int(factors[name].max()) + 1  # rabbits are held out
        elif row.kind == "circular":
            size = 2
        else:
            mean, deviation = float(factors[name].mean()), float(factors[name].std())
        found.append(Head(name, row.kind, size, row.low, row.high, mean, deviation))
    return tuple(found)


def losses(
    module: nn.Module, made: tuple[Head, ...], learned: Portraits, step: int, plan: Plan
) -> Losses:
    """The loss of a step: the mean over heads; and the means of the two kinds."""
    rows = batches.sampled(len(learned), plan.batch, step=step, key=(plan.seed, "portraits"))
    found = parts(made, module(portraits.pictures(learned.pixels[rows])))
    squares, entropies = [], []
    for head in made:
        true, one = learned.factors[head.name][rows], found[head.name]
        if head.kind == "categorical":
            entropies.append(F.cross_entropy(one, true.long()))
        else:
            squares.append((one - target(head, true)).square().mean())
    all_of_them = torch.stack([*squares, *entropies]).mean()
    return {
        "loss": all_of_them,
        "square": torch.stack(squares).mean(),
        "entropy": torch.stack(entropies).mean(),
    }


def target(head: Head, true: Float[Tensor, " n"]) -> Float[Tensor, "n k"]:
    """What a head that is no choice has to say."""
    if head.kind == "circular":
        turns = (true - head.low) / (head.high - head.low)
        return factors.columns(turns, categorical=False, circular=True)
    return ((true - head.mean) / head.deviation)[:, None]


@torch.no_grad()
def measure(module: nn.Module, made: tuple[Head, ...], held_out: Portraits) -> dict[str, Interval]:
    """R2 of each factor that is a number, and their mean; accuracy of each that is a choice.

    The droop of the ears is measured within its species, which say most of it.
    """
    batch = held_out.pixels.split(AT_ONCE)
    found = parts(made, torch.cat([module(portraits.pictures(x)) for x in batch]))
    shares, right = {}, {}
    for head in made:
        true, one = held_out.factors[head.name], found[head.name]
        if head.kind == "categorical":
            right[head.name] = bootstrap.mean((one.argmax(1) == true).float())
            continue
        wanted = target(head, true)
        if head.name in readout.WITHIN:
            means = (true - readout.columns(head.name, held_out.factors)[:, 0]) / head.deviation
            one, wanted = one - means[:, None], wanted - means[:, None]
        shares[head.name] = (one, wanted)
    return {
        "mean R2": bootstrap.mean_explained(list(shares.values())),
        **{f"R2 of {name}": bootstrap.explained(*pair) for name, pair in shares.items()},
        **{f"accuracy of {name}": share for name, share in right.items()},
    }


def said(recipe: Recipe, form: Form, made: tuple[Head, ...], reached: Figures) -> dict[str, Any]:
    """What the file says of itself."""
    bars = {"mean R2": LEAST_R2, **{f"accuracy of {name}": LEAST_RIGHT for name in SURE}}
    missing = shipped.missed(reached, bars)
    mean = reached["mean R2"]
    right = ", ".join(f"{n} {reached[f'accuracy of {n}'].value:.1%}" for n in (*SURE, "bg"))
    return {
        "network": NAME,
        "form": asdict(form),
        "heads": [asdict(head) for head in made],
        "world": critters.VERSION,
        "recipe": asdict(recipe),
        "reached": shipped.rounded(reached),
        "not reached": missing,
        "card": shipped.card(
            NAME,
            recipe.data,
            f"On {recipe.held_out} critters that it never saw: mean R2 of the factors that are numbers "
            f"{mean.value:.3f} ({mean.low:.3f} to {mean.high:.3f}); right of {right}.",
            missing,
        ),
    }
