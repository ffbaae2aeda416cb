"""The score of a picture on views that its ascent never saw.

Sixteen fixed views, half from lucid's distribution, half crops of .6 to 1, of
the 8-bit picture that a user can download. Raw activation rewards the worst
picture; what is left of it on held-out views is the honest score.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from core.objectives import Objective, Reads
from core.priors import views

HALVES = ("lucid's views", "crops")
EACH = 8  # views a half
_KEY = "held out"  # in place of a run's seed


def looks(x: Float[Tensor, "3 h w"], half: str, *, side: int) -> Float[Tensor, "k 3 side side"]:
    """The eight fixed views of one half, `side` px wide."""
    noise = views.generator(_KEY, half)
    batch = x.expand(EACH, *x.shape)
    if half == "crops":
        drawn = views.crops(EACH, noise, smallest=0.6, rotation=15)
        return views.look(batch, drawn, side=side)
    drawn = views.lucid(EACH, noise, side=x.shape[-1])
    return views.look(batch, drawn, side=side, pad=views.PAD)


def whole(x: Float[Tensor, "3 h w"], *, side: int) -> Float[Tensor, "1 3 side side"]:
    """The canvas as it is, at the size that the views have."""
    return views.look(x[None], views.whole(1), side=side)


@torch.no_grad()
def scores(
    objectives: Sequence[Objective], network: Reads, seen: Float[Tensor, "k 3 h w"]
) -> Float[Tensor, "m k"]:
    """Every objective's score of every view, from one pass through the network."""
    layers = tuple(dict.fromkeys(name for o in objectives for name in o.layers))
    read = network.activations(seen, *layers)
    found = dict(zip(layers, (read,) if isinstance(read, Tensor) else read, strict=True))
    return torch.stack([o.score(found) for o in objectives])


def _listed(numbers: Mapping[str, Any]) -> list[tuple[float, float, float, float]]:
    """Held-out score, largest of the photographs, kept, and at the ceiling, of every picture."""
    names = ("held-out score", "largest of the photographs", "kept", "at the ceiling")
    listed = [n if isinstance(n, list) else [n] for n in (numbers[name] for name in names)]
    return list(zip(*listed, strict=True))


def verdict_on_the_least(who: str, numbers: Mapping[str, Any]) -> str:
    """The verdict on pictures that `who` avoids: their scores are minus what it reaches on them."""
    score, best, *_ = min(_listed(numbers), key=lambda found: found[0] - found[1])
    if score == best == 0:
        return (
            f"{_capital(who)} is 0 on it, as on a photograph: behind a ReLU it cannot fall below."
        )
    return (
        f"{_capital(who)} is at {-score:.2f} there, on views never seen in the ascent; the lowest "
        f"that a shipped photograph takes it to is {-best:.2f}."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def verdict_sentence(who: str, numbers: Mapping[str, Any]) -> str:
    """The verdict on pictures of `who`, in a sentence; of several pictures, on the least of them.

    The numbers are "held-out score", "largest of the photographs", "kept" and
    "at the ceiling", each a number or a list with one a picture.
    """
    found = _listed(numbers)
    silent = sum(score == best == 0 for score, best, _, _ in found)
    if silent:
        some = f"{silent} of {len(found)} pictures: " if len(found) > 1 else ""
        return f"Silent here: {some}{who} is 0 on it and on every shipped photograph."
    ceiling = max(ceiling for *_, ceiling in found)
    if ceiling > 0.5:
        return f"Saturated: {ceiling:.0%} of {who} stand at ReLU6's ceiling of 6, where it is flat."
    score, best, kept, _ = min(found, key=lambda f: f[0] / f[1] if f[1] > 0 else float("inf"))
    drives = "A picture that drives" if len(found) == 1 else "Pictures that drive"
    least = "" if len(found) == 1 else "at least "
    far = (
        f"{least}{score / best:.1f} times"
        if best > 0
        else f"{least}{score:.2f}, against {best:.2f} for"
    )
    return (
        f"{drives} {who} to {far} the best of the shipped photographs, "
        f"on views never seen in the ascent ({kept:.0%} of the score is kept)."
    )
