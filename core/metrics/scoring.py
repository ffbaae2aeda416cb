"""Pictures scored beside the shipped photographs, one evaluation a frame: first they, then each photograph.

What is found is kept in a run's own dictionary of tensors, one number a picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core import pictures
from core.metrics import held_out
from core.models import Classifier
from core.objectives import Objective

Found = dict[str, Tensor]
# a picture's number or a photograph's name, and the half of the views that it is scored on
Evaluation = tuple[int | str, str]
MEASURED = (*held_out.HALVES, "whole", "ceiling", "sure", "pending")


@dataclass(frozen=True)
class Criteria:
    """What each picture is scored by, when it is saturated, its class if it has one, and the sizes."""

    wanted: Sequence[Objective]
    ceilings: Sequence[Objective]
    labels: Sequence[int]
    canvas: int
    view: int


def initial_state(count: int, device: torch.device) -> Found:
    """Nothing measured yet."""
    empty = torch.zeros(count, device=device)
    return dict.fromkeys(MEASURED, empty) | {
        "photographs": torch.full_like(empty, -torch.inf),
    }


def evaluations(count: int) -> list[Evaluation]:
    """Every picture and every shipped photograph, each on both halves of the views."""
    scored: list[int | str] = [*range(count), *sorted(pictures.shipped())]
    return [(which, half) for which in scored for half in held_out.HALVES]


def evaluate(found: Found, evaluation: Evaluation, criteria: Criteria, network: Classifier) -> str:
    """Do one evaluation, keep what it finds, and say what was done."""
    which, half = evaluation
    if isinstance(which, int):
        _own(found, which, half, criteria, network)
        return f"Scoring the picture on {half}"
    photograph = pictures.square(pictures.load(which), criteria.canvas).to(network.device)
    looks = held_out.looks(photograph, half, side=criteria.view)
    score = held_out.scores(criteria.wanted, network, looks).mean(1)
    if half == held_out.HALVES[0]:
        found["pending"] = score
    else:
        found["photographs"] = found["photographs"].maximum((found["pending"] + score) / 2)
    return f"Scoring {which} on {half}"


def _own(found: Found, row: int, half: str, criteria: Criteria, network: Classifier) -> None:
    """The held-out score of one picture on one half of the views; with the first, on the whole."""
    x, wanted = found["x"][row], [criteria.wanted[row]]
    looks = held_out.looks(x, half, side=criteria.view)
    _put(found, row, half, held_out.scores(wanted, network, looks).mean(1))
    if half == held_out.HALVES[0]:
        canvas = held_out.whole(x, side=criteria.view)
        _put(found, row, "whole", held_out.scores(wanted, network, canvas)[:, 0])
        ceiling = held_out.scores([criteria.ceilings[row]], network, canvas)[:, 0]
        _put(found, row, "ceiling", ceiling)
    if criteria.labels:
        with torch.no_grad():
            sure = network.activations(looks, network.output).softmax(1)[:, criteria.labels[row]]
        _put(found, row, "sure", found["sure"][row : row + 1] + sure.mean(0, keepdim=True) / 2)


def _put(found: Found, row: int, name: str, value: Float[Tensor, "1"]) -> None:
    found[name] = torch.cat([found[name][:row], value, found[name][row + 1 :]])


def verdict(found: Found) -> dict[str, Tensor]:
    """The numbers of the last frame."""
    lucid, crops = (found[half] for half in held_out.HALVES)
    return {
        "held-out score": (lucid + crops) / 2,
        "largest of the photographs": found["photographs"],
        "kept": (lucid + crops) / 2 / found["whole"],
        "kept on crops": crops / found["whole"],
        "kept on lucid's views": lucid / found["whole"],
        "at the ceiling": found["ceiling"],
        "probability": found["sure"],
    }
