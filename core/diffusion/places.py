"""Where a run of the sampler stands, so that it can be kept and gone on from."""

from dataclasses import dataclass

from torch import Tensor

from core.diffusion import painting
from core.diffusion.travel import Traveller

Kept = dict[str, Tensor | int | float]


@dataclass(frozen=True)
class Place:
    """The travellers in step, and what was spent.

    phase: 0 on the way into the noise, 1 out of it, 2 at the end; done: frames of it. mine, its,
    points: of the network, of who stands beside it, and in the plane. evaluations: of the network.
    """

    phase: int
    done: int
    mine: Traveller
    its: Traveller
    points: Traveller
    paint: painting.Paint
    evaluations: int = 0


def kept(place: Place) -> Kept:
    """All of it, copied."""
    found: Kept = {
        "phase": place.phase,
        "done": place.done,
        "evaluations": place.evaluations,
        "paint": place.paint.clone(),
    }
    for name, one in (("mine", place.mine), ("its", place.its), ("points", place.points)):
        found |= {f"{name} x": one.x.clone(), f"{name} t": one.t, f"{name} since": one.since}
        if one.before is not None:
            found[f"{name} before"] = one.before.clone()
    return found


def back(found: Kept) -> Place:
    """The place that was kept."""
    mine, its, points = (_traveller(found, name) for name in ("mine", "its", "points"))
    phase, done, evaluations = (int(found[name]) for name in ("phase", "done", "evaluations"))
    return Place(phase, done, mine, its, points, _copy(found, "paint"), evaluations)


def _traveller(found: Kept, name: str) -> Traveller:
    before = _copy(found, f"{name} before") if f"{name} before" in found else None
    t, since = int(found[f"{name} t"]), int(found[f"{name} since"])
    return Traveller(_copy(found, f"{name} x"), t, before, since)


def _copy(found: Kept, name: str) -> Tensor:
    kept = found[name]
    assert isinstance(kept, Tensor)
    return kept.cpu().clone()
