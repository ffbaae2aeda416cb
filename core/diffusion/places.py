"""Where a run of the sampler stands, so that it can be kept and gone on from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from core.diffusion import painting, schedules, travel
from core.diffusion.sampling import Denoiser, Guess
from core.diffusion.telling import SAMPLING
from core.diffusion.travel import Itinerary, Traveller
from core.worlds import draws

TRAVELLERS = MINE, ITS, POINTS = "mine", "its", "points"
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


def seen(who: Mapping[str, Denoiser], here: Place, way: Itinerary) -> dict[str, Guess]:
    """What everybody takes x_t to be; of a clean picture itself.

    who: the denoisers by traveller. Paint lies on the guess of `mine` while enough noise is left.
    """
    t, found = here.mine.t, {}
    for name, denoiser in who.items():
        x = getattr(here, name).x
        if t == 0:
            found[name] = Guess(x, torch.zeros_like(x))
            continue
        guess = denoiser(x, way.alpha_bar(t))
        if name == MINE and here.phase == SAMPLING and t > painting.HELD * schedules.T:
            guess = painting.painted(x, guess, here.paint, way.alpha_bar(t))
        found[name] = guess
    return found


def stepped(
    here: Place,
    who: Mapping[str, Denoiser],
    guesses: Mapping[str, Guess],
    way: Itinerary,
    seed: int,
) -> Place:
    """All a step on; who is not asked keeps its x."""
    t, found = here.mine.t, {}
    for name in TRAVELLERS:
        one = getattr(here, name)
        if name not in guesses:
            found[name] = replace(one, t=way.after(t))
            continue
        chance = torch.Generator().manual_seed(draws.branch(f"fresh/{seed}/{t}"))
        z = torch.randn(one.x.shape, generator=chance, dtype=one.x.dtype)
        found[name] = travel.step(who[name], one, way, z, guesses[name])[1]
    return replace(here, done=here.done + 1, **found)


def kept(place: Place) -> Kept:
    """All of it, copied."""
    found: Kept = {
        "phase": place.phase,
        "done": place.done,
        "evaluations": place.evaluations,
        "paint": place.paint.clone(),
    }
    for name in TRAVELLERS:
        one = getattr(place, name)
        found |= {f"{name} x": one.x.clone(), f"{name} t": one.t, f"{name} since": one.since}
        if one.before is not None:
            found[f"{name} before"] = one.before.clone()
    return found


def back(found: Kept) -> Place:
    """The place that was kept."""
    mine, its, points = (_traveller(found, name) for name in TRAVELLERS)
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
