"""One step of descent on a loss that is the same at every step: L-BFGS, and momentum as in 2015.

A loss comes in terms, each with its own slope, so that a weight may change while
a run goes on: what was kept of the last step is weighed anew. Nothing here reads
a number back to the host. torch.optim's L-BFGS synchronises at every trial;
here one trial is one step, taken or halved by `torch.where`, and everything that
the next needs is in the dictionary `mine`, which a run keeps as its state.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

PAIRS = 10  # steps that L-BFGS remembers
ENOUGH, TRIALS = 1e-4, 6  # Armijo's share of the promised fall; halvings before it starts anew
MOMENTUM, PLATEAU, FALL = 0.9, 24, 0.1  # Mahendran and Vedaldi 2015: rate x .1 on a plateau

Mine = dict[str, Tensor]


@dataclass(frozen=True)
class Slopes:
    """The terms of a loss at some parameters p, and the slope of each."""

    terms: Float[Tensor, " k"]
    slopes: Float[Tensor, "k *p"]

    def weighed(self, weights: Float[Tensor, " k"]) -> tuple[Tensor, Tensor]:
        """The loss and its slope."""
        each = weights.view(-1, *[1] * (self.slopes.ndim - 1)) * self.slopes
        return (self.terms * weights).sum(), each.sum(0)


def slopes(p: Tensor, terms: Callable[[Tensor], list[Tensor]]) -> Slopes:
    """Every term at p, and its slope."""
    p = p.detach().requires_grad_()
    found = terms(p)
    last = len(found) - 1
    up = [torch.autograd.grad(t, p, retain_graph=i < last)[0] for i, t in enumerate(found)]
    return Slopes(torch.stack([t.detach() for t in found]), torch.stack(up))


def dot(a: Tensor, b: Tensor) -> Float[Tensor, ""]:
    """The inner product, added up row by row: it rounds as one thread does at any count."""
    return _rows(a * b).sum(1).sum()


def _rows(p: Tensor) -> Float[Tensor, "row value"]:
    return p.reshape(p.shape[0] * p.shape[1], -1)


def lbfgs_start(p: Tensor, terms: int) -> Mine:
    """What L-BFGS keeps: the last good p, what it was worth, the trial, the pairs."""
    zero = torch.zeros((), device=p.device)
    none = p.new_zeros(PAIRS, *p.shape)
    return {
        "p": p.clone(),  # the trial that comes next
        "good": p.clone(),
        "terms": p.new_full((terms,), torch.inf),
        "slopes": p.new_zeros(terms, *p.shape),
        "way": torch.zeros_like(p),
        "length": zero,
        "trials": zero,
        "moved": none,
        "turned": none,
        "inverse": p.new_zeros(PAIRS),
    }


def lbfgs(
    mine: Mine, seen: Slopes, weights: Float[Tensor, " k"], *, first: float, pace: float = 1.0
) -> Mine:
    """After `seen` at the trial `p`: take it, or try half of it (Nocedal and Wright 2006, 7.4).

    `first` is how far the first step goes, as a length: the slope alone does not
    say; `pace` is the share of each step that is tried first. A pair whose
    curvature is not positive is left out.
    """
    before = Slopes(mine["terms"], mine["slopes"])
    worth, slope = seen.weighed(weights)
    was = torch.where(before.terms.isfinite(), before.terms, 0.0)
    old_worth, old_slope = Slopes(was, before.slopes).weighed(weights)
    begins = before.terms.isinf().any()
    promised = dot(old_slope, mine["way"])
    fell = worth <= old_worth + ENOUGH * mine["length"] * promised
    finite = worth.isfinite() & dot(slope, slope).isfinite()
    taken = finite & (fell | begins)

    moved, turned = mine["p"] - mine["good"], slope - old_slope
    curved = dot(moved, turned)
    bends = taken & ~begins & (curved > 1e-10 * dot(turned, turned))
    pairs = _pushed(mine, moved, turned, torch.where(bends, 1 / curved, 0.0), bends)
    kept = {
        "good": torch.where(taken, mine["p"], mine["good"]),
        "terms": torch.where(taken, seen.terms, mine["terms"]),
        "slopes": torch.where(taken, seen.slopes, mine["slopes"]),
    }
    at = torch.where(taken, slope, old_slope)
    trials = torch.where(taken, 0.0, mine["trials"] + 1)
    lost = trials > TRIALS
    pairs["inverse"] = torch.where(lost, 0.0, pairs["inverse"])
    way = -_product(at, pairs)
    steep = first / (dot(at, at).sqrt() + 1e-20)
    plain = (pairs["inverse"].amax() == 0) | (dot(way, at) >= 0)
    # without a pair that fits: downhill; a trial that failed: nearer on the same way
    fresh = taken | lost
    way = torch.where(plain & fresh, -at * steep, torch.where(fresh, way, mine["way"]))
    short = _shorter(mine["length"], old_worth, worth, promised)
    length = torch.where(fresh, torch.where(lost, 0.1, pace), short)
    return {
        **kept,
        **pairs,
        "p": kept["good"] + length * way,
        "way": way,
        "length": length,
        "trials": torch.where(lost, 0.0, trials),
    }


def _shorter(length: Tensor, old: Tensor, worth: Tensor, promised: Tensor) -> Tensor:
    """Where a parabola through what is known has its bottom, between a tenth and a half."""
    bottom = -promised * length.square() / (2 * (worth - old - promised * length))
    bottom = torch.where(bottom.isfinite(), bottom, 0.0)
    return torch.minimum(torch.maximum(bottom, 0.1 * length), 0.5 * length)


def _pushed(mine: Mine, moved: Tensor, turned: Tensor, inverse: Tensor, new: Tensor) -> Mine:
    """The pairs with a new one at the end, and without the oldest; as they were if it is none."""
    found = {}
    for name, value in (("moved", moved), ("turned", turned), ("inverse", inverse)):
        before = mine[name]
        found[name] = after = torch.empty_like(before)  # filled once: pairs are what is long here
        torch.where(new, before[1:], before[:-1], out=after[:-1])
        torch.where(new, value, before[-1], out=after[-1])
    return found


def _product(slope: Tensor, pairs: Mine) -> Tensor:
    """The inverse Hessian times the slope, by the two loops (Nocedal and Wright, algorithm 7.4)."""
    shape, inverse = slope.shape, pairs["inverse"]
    slope = _rows(slope)  # each added up for itself: see `dot`
    moved, turned = (pairs[name].view(-1, *slope.shape) for name in ("moved", "turned"))
    shares = []
    for s, y, rho in reversed(list(zip(moved, turned, inverse, strict=True))):
        shares.append(rho * (s * slope).sum(1).sum())
        slope = slope - shares[-1] * y
    scale = 1 / (inverse[-1] * turned[-1].square().sum(1).sum())
    slope = slope * torch.where(scale.isfinite(), scale, 1.0)
    for s, y, rho, share in zip(moved, turned, inverse, reversed(shares), strict=True):
        slope = slope + (share - rho * (y * slope).sum(1).sum()) * s
    return slope.view(shape)


def plain_start(p: Tensor, pairs: int) -> Mine:
    """What torch's L-BFGS keeps at its start, with so many pairs for its history."""
    none = p.new_zeros(pairs, *p.shape)
    zero = torch.zeros((), device=p.device)
    return {
        "p": p.clone(),
        "good": p.clone(),
        "slope": torch.zeros_like(p),
        "way": torch.zeros_like(p),  # the last step
        "steps": zero,
        "moved": none,
        "turned": none,
        "inverse": p.new_zeros(pairs),
    }


def plain(mine: Mine, slope: Tensor) -> Mine:
    """The step of torch.optim.LBFGS as it comes: learning rate 1, no line search, no way back.

    Where a slope is not finite, it goes on from the last p that had one.
    """
    finite = dot(slope, slope).isfinite()
    slope = torch.where(finite, slope, mine["slope"])
    moved, turned = mine["way"], slope - mine["slope"]
    curved = dot(moved, turned)
    bends = finite & (mine["steps"] > 0) & (curved > 1e-10)
    pairs = _pushed(mine, moved, turned, torch.where(bends, 1 / curved, 0.0), bends)
    way = -_product(slope, pairs)
    steep = torch.minimum(1 / _rows(slope).abs().sum(1).sum(), torch.ones_like(curved))
    way = way * torch.where(mine["steps"] == 0, steep, 1.0)
    still = ~finite | (dot(slope, way) > -1e-9)  # torch's tolerance
    good = torch.where(finite, mine["p"], mine["good"])
    return {
        **pairs,
        "p": torch.where(still, good, good + way),
        "good": good,
        "slope": slope,
        "way": torch.where(still, 0.0, way),
        "steps": mine["steps"] + 1,
    }


def momentum_start(p: Tensor) -> Mine:
    """What gradient descent with momentum keeps: the way, the best loss, how long ago, the rate."""
    zero = torch.zeros((), device=p.device)
    return {
        "p": p.clone(),
        "way": torch.zeros_like(p),
        "best": torch.full_like(zero, torch.inf),
        "since": zero,
        "rate": torch.ones_like(zero),
        "good": p.clone(),
    }


def momentum(
    mine: Mine, seen: Slopes, weights: Float[Tensor, " k"], *, learning_rate: float
) -> Mine:
    """One step of momentum .9; the rate falls to a tenth when the loss has not for 24 steps.

    Mahendran and Vedaldi 2015, section 4.
    """
    worth, slope = seen.weighed(weights)
    finite = worth.isfinite() & dot(slope, slope).isfinite()
    better = worth < mine["best"] * (1 - 1e-3)
    since = torch.where(better, 0.0, mine["since"] + 1)
    stuck = (since >= PLATEAU) | ~finite
    rate = torch.where(stuck, mine["rate"] * FALL, mine["rate"])
    slope = torch.where(finite, slope, 0.0)
    way = torch.where(finite, MOMENTUM * mine["way"] - learning_rate * rate * slope, 0.0)
    return {
        "p": torch.where(finite, mine["p"] + way, mine["good"]),
        "way": way,
        "best": torch.where(better, worth, mine["best"]),
        "since": torch.where(stuck, 0.0, since),
        "rate": rate,
        "good": torch.where(better, mine["p"], mine["good"]),
    }
