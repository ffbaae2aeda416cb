"""MAP-Elites (Mouret and Clune 2015): one elite for each class, and whom it descends from.

A child is judged once and may win any class: it takes every seat whose elite
the network is less sure of. Nothing here waits for the device.
"""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64, Shaped
from torch import Tensor

from core.models import Classifier

NOBODY = -1

State = dict[str, Tensor | int | float]  # as core.probe has it, which stands above this

Elites = dict[str, Tensor]
"""genomes, odds (in nats, of the class against all others), name (number of the query that found it), origin (the class that
its parent sat at, or NOBODY), switches (how often a child of another class's elite
won the seat), each by class."""

SEATED = "genomes", "name", "origin"  # what a child brings to a seat


@torch.no_grad()
def class_odds(x: Float[Tensor, "n 3 h w"], network: Classifier) -> Float[Tensor, "n k"]:
    """The odds of each class; one query a picture, which is rounded to 8 bits first."""
    levels = x.clamp(0, 1).mul_(255).round_().div_(255)  # pictures.eight_bit, without the bytes
    return odds(network.activations(levels, network.classifier()))


def odds(logits: Float[Tensor, "n k"]) -> Float[Tensor, "n k"]:
    """log(p / (1 - p)) of each class in nats: as probability ranks them, but it never rounds to 1."""
    log_p = logits.log_softmax(1)
    top = log_p.argmax(1, keepdim=True)
    rest = logits.scatter(1, top, -torch.inf).logsumexp(1, keepdim=True)
    first = logits.gather(1, top) - rest
    others = log_p - torch.log1p(-log_p.clamp(max=-0.69).exp())  # below one half, so it is exact
    return others.scatter(1, top, first)


def sure(elites: Elites) -> Float[Tensor, " k"]:
    """The probability of each class for its elite; 0 where a seat is vacant."""
    return elites["odds"].sigmoid()


def nines(odds: Tensor) -> Tensor:
    """-log10(1 - p): 1 is 90 %, 2 is 99 %, 3 is 99.9 % sure."""
    return F.softplus(odds) / math.log(10)


def median(values: Float[Tensor, " k"]) -> Float[Tensor, ""]:
    """The middle one, or half way between the two: `quantile` of torch 2.8 waits for the device."""
    ranked = values.sort().values
    return ranked[(len(ranked) - 1) // 2].lerp(ranked[len(ranked) // 2], 0.5)


def vacant(genomes: Tensor, classes: int) -> Elites:
    """Seats that anybody takes; `genomes` are of the kind that will sit there."""
    device = genomes.device
    nobody = torch.full((classes,), NOBODY, device=device)
    return {
        "genomes": genomes.new_zeros(classes, *genomes.shape[1:]),
        "odds": torch.full((classes,), -torch.inf, device=device),
        "name": nobody,
        "origin": nobody.clone(),
        "switches": torch.zeros_like(nobody),
    }


def placed(elites: Elites, children: Elites, odds: Float[Tensor, "n k"]) -> tuple[Elites, Tensor]:
    """The elites after these children were judged, and which child won each seat, or NOBODY.

    children: SEATED, by child. A seat changes only for
    a larger probability.
    """
    best, who = odds.max(0)
    wins = best > elites["odds"]
    won_by = torch.where(wins, who, NOBODY)
    after = {key: taken(elites[key], children[key], won_by) for key in SEATED}
    after["odds"] = torch.where(wins, best, elites["odds"])
    after["switches"] = elites["switches"] + (wins & is_from_another(children["origin"][who]))
    return after, won_by


def taken(
    mine: Shaped[Tensor, "k *rest"],
    children: Shaped[Tensor, "n *rest"],
    won_by: Int64[Tensor, " k"],
) -> Shaped[Tensor, "k *rest"]:
    """What each class has after its seat was won by a child, or by NOBODY.

    One gather of whole rows: most seats stay as they are, and choosing value by
    value took an eighth of a step.
    """
    stay = len(children) + torch.arange(len(mine), device=mine.device)
    every = torch.cat((children.to(mine), mine))
    return every.index_select(0, torch.where(won_by == NOBODY, stay, won_by))


def is_from_another(origin: Int64[Tensor, " k"]) -> Bool[Tensor, " k"]:
    """Of the elite of each class: whether its parent was that of another class."""
    return (origin != NOBODY) & (origin != torch.arange(len(origin), device=origin.device))


def parents(classes: int, n: int, draw: torch.Generator) -> Int64[Tensor, "2 n"]:
    """The seats of two parents of each of n children, evenly drawn."""
    return torch.randint(classes, (2, n), generator=draw)
