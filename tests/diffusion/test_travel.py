"""A traveller goes where a chain goes, and may be steered at any time."""

import pytest
import torch

from core.diffusion import exact, places, sampling, schedules, travel
from core.diffusion.painting import nothing
from core.diffusion.places import Place
from core.diffusion.travel import Itinerary, Traveller
from core.worlds import plane

RING = exact.denoiser(plane.DENSITIES["ring"]())


def drawn(seed=0, n=16):
    noise = torch.Generator().manual_seed(seed)
    return torch.randn(n, 2, generator=noise, dtype=torch.float64)


def travelled(way, here, z=None):
    found = [here]
    while here.t:
        here = travel.step(RING, here, way, torch.zeros_like(here.x) if z is None else z)[1]
        found.append(here)
    return found


@pytest.mark.parametrize("spacing", schedules.SPACINGS)
@pytest.mark.parametrize("eta", [0.0, 0.6])
def test_it_is_a_chain(spacing, eta, monkeypatch):
    way = Itinerary("linear", spacing, 12, eta=eta)
    z = drawn(7)
    monkeypatch.setattr(torch, "randn", lambda *_, **__: z)
    visited = schedules.visited("linear", spacing, 12)

    def sigma(a, b):
        return sampling.ddim(a, b, eta=eta)

    *_, last = sampling.chain(RING, z, visited, torch.Generator(), sigma=sigma)
    assert torch.equal(travelled(way, Traveller(z, way.first()), z)[-1].x, last.x_next)


@pytest.mark.parametrize("solver", travel.SOLVERS)
def test_any_of_its_places_goes_on_to_the_same_end(solver):
    way = Itinerary(steps=9, solver=solver)
    found = travelled(way, Traveller(drawn(), way.first()))
    for here in found[1:-1]:
        assert torch.equal(travelled(way, here)[-1].x, found[-1].x)


def test_another_number_of_steps_may_be_asked_for_on_the_way():
    coarse, fine = Itinerary(steps=4), Itinerary(steps=20)
    here = travelled(coarse, Traveller(drawn(), coarse.first()))[2]
    assert here.t == 500
    assert [one.t for one in travelled(fine, here)] == [*range(500, -1, -50)]
    assert fine.left(500) == 10
    assert fine.after(510) == 500


def test_it_begins_within_the_depth():
    assert Itinerary(steps=20).first() == 1000
    assert Itinerary(steps=20).first(0.52) == 500
    assert Itinerary(steps=2).first(0.1) == 500  # the least there is
    assert Itinerary(spacing="leading", steps=10).first() == 901


def test_its_looks_are_counted():
    for solver, wanted in ((travel.DDIM, 10), (travel.DPM, 10), (travel.HEUN, 18)):
        way, looks = Itinerary(steps=10, solver=solver), []

        def counted(x, a, looks=looks):
            looks.append(a)
            return RING(x, a)

        here = Traveller(drawn(), way.first())
        said = 0
        while here.t:
            said += travel.looks(way, here.t)
            here = travel.step(counted, here, way, torch.zeros_like(here.x))[1]
        assert said == len(looks) == wanted


def test_between_two_noises_is_noise():
    one, other = (drawn(seed, 4000) for seed in (1, 2))
    for share in (0.0, 0.25, 0.5, 1.0):
        assert travel.between(one, other, share).std() == pytest.approx(1, abs=0.03)
    assert torch.allclose(travel.between(one, other, 0), one)
    assert torch.allclose(travel.between(one, other, 1), other)
    assert ((one + other) / 2).std() < 0.75


def test_a_place_is_kept_whole():
    x = torch.randn(1, 3, 4, 4)
    here = Place(
        1,
        3,
        Traveller(x, 50, x + 1, 70),
        Traveller(2 * x, 50),
        Traveller(drawn(), 50),
        nothing(x),
        9,
    )
    again = places.back(places.kept(here))
    assert (again.phase, again.done, again.evaluations, again.mine.since) == (1, 3, 9, 70)
    assert again.its.before is None
    for one, other in (
        (here.mine.x, again.mine.x),
        (here.mine.before, again.mine.before),
        (here.points.x, again.points.x),
    ):
        assert torch.equal(one, other)
    again.mine.x.zero_()
    assert here.mine.x.abs().sum() > 0
