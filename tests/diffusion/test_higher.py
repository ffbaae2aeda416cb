"""Steps of second order are those of diffusers, and their error falls as it must."""

import itertools

import pytest
import torch
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_heun_discrete import HeunDiscreteScheduler

from core.diffusion import exact, gaussians, higher, sampling, schedules, travel
from core.diffusion.travel import Itinerary, Traveller
from core.worlds import plane

RING = exact.denoiser(plane.DENSITIES["ring"]())


def drawn(n=64):
    noise = torch.Generator().manual_seed(0)
    return torch.randn(n, 2, generator=noise, dtype=torch.float64)


def end(way, x, denoiser=RING):
    here = Traveller(x, way.first())
    while here.t:
        here = travel.step(denoiser, here, way, torch.zeros_like(x))[1]
    return here.x


def at(sigma):
    """alpha_bar where the noise is so many times the picture."""
    return 1 / (1 + sigma.double() ** 2)


@pytest.mark.parametrize("steps", [5, 20, 50])
def test_dpm_is_that_of_diffusers(steps):
    theirs = DPMSolverMultistepScheduler(
        beta_schedule="linear", timestep_spacing="trailing", final_sigmas_type="zero"
    )
    theirs.set_timesteps(steps)
    x = drawn()
    for t, sigma in zip(theirs.timesteps, theirs.sigmas, strict=False):
        x = theirs.step(RING(x, at(sigma)).epsilon, t, x).prev_sample
    ours = end(Itinerary("linear", "trailing", steps, travel.DPM), drawn())
    assert float((ours - x).abs().max()) < 1e-4


@pytest.mark.parametrize("steps", [5, 20, 50])
def test_heun_is_that_of_diffusers(steps, monkeypatch):
    monkeypatch.setattr(higher, "LARGEST", 1e9)  # theirs looks twice from the first step on
    theirs = HeunDiscreteScheduler(
        beta_schedule="linear", beta_start=1e-4, beta_end=0.02, timestep_spacing="trailing"
    )
    theirs.set_timesteps(steps)
    first = theirs.sigmas[0].double()
    x = drawn() * (1 + first**2).sqrt()
    for t in theirs.timesteps:
        seen = theirs.scale_model_input(x, t)
        sigma = theirs.sigmas[theirs.step_index]
        x = theirs.step(RING(seen, at(sigma)).epsilon, t, x).prev_sample
    ours = end(Itinerary("linear", "trailing", steps, travel.HEUN), drawn())
    assert float((ours - x).abs().max()) < 1e-4


@pytest.mark.parametrize(("solver", "order"), [(travel.DDIM, 1), (travel.HEUN, 2), (travel.DPM, 2)])
def test_half_the_step_is_a_part_of_the_error(solver, order):
    """Of one Gaussian, whose way is a smooth curve: between alpha_bar .2 and .9."""
    mean, covariance = torch.tensor([0.5, -0.2]).double(), torch.tensor([[1.5, 0.3], [0.3, 0.4]])
    denoiser = gaussians.denoiser(gaussians.of(mean, covariance.double()))

    def stretch(parts):
        alpha_bars = torch.linspace(0.2, 0.9, parts + 1, dtype=torch.float64)
        x, before = drawn(), None
        for a, b in itertools.pairwise(alpha_bars):
            guess = denoiser(x, a)
            if solver == travel.HEUN:
                done = higher.heun(denoiser, x, guess, a, b)
            elif solver == travel.DPM:
                done = higher.dpm(x, guess, a, b, before)
            else:
                done = higher.euler(guess, b)
            x, before = done.x_next, (guess.x_0, a)
        return x

    true = stretch(1024)
    one, other = ((stretch(n) - true).norm() for n in (32, 64))
    assert float((one / other).log2()) == pytest.approx(order, abs=0.35)


def test_heun_looks_twice_but_at_the_ends():
    table = schedules.table("cosine")
    assert not higher.looks_twice(table[1000], table[950])
    assert higher.looks_twice(table[950], table[900])
    assert not higher.looks_twice(table[50], table[0])


def test_a_step_without_what_was_before_is_eulers():
    a, b = schedules.table("cosine")[[500, 450]]
    x = drawn()
    guess = RING(x, a)
    plain = sampling.step(guess, x, alpha_bar_next=b, sigma=torch.zeros(())).x_next
    assert torch.allclose(higher.dpm(x, guess, a, b, None).x_next, plain)
    assert torch.allclose(higher.euler(guess, b).x_next, plain)
