"""One adapter drives every solver of diffusers over a list of times of our own."""

import sys

import pytest
import torch

from core.diffusion import exact, sampling, schedules, solvers
from core.diffusion.solvers import SOLVERS, SolverError
from core.worlds import plane

diffusers = pytest.importorskip("diffusers")
RING = plane.DENSITIES["ring"]()
KNOWN = exact.denoiser(RING)
CONFIG = {"beta_start": schedules.FIRST, "beta_end": schedules.LAST, "beta_schedule": "linear"}


def noise(seed=0):
    return torch.Generator().manual_seed(seed)


def start(n=256, seed=0):
    return torch.randn(n, 2, generator=noise(seed), dtype=torch.float64)


def steps_of(name, steps, *, schedule="linear", spacing="trailing", denoiser=KNOWN, x=None, seed=1):
    alpha_bars = schedules.visited(schedule, spacing, steps)
    return list(solvers.run(name, denoiser, start() if x is None else x, alpha_bars, noise(seed)))


def end(name, steps, **settings):
    return steps_of(name, steps, **settings)[-1].x_next


def off(x):
    """Mean distance to where a thousand steps of DDIM lead, and the share within 3 sd of a mode."""
    return float((x - REFERENCE).norm(dim=1).mean()), float(near(x))


def near(x):
    return (torch.cdist(x, RING.means).amin(1) < 3 * plane.SD).double().mean()


REFERENCE = end("ddim", 1000, spacing="leading")


def by_hand(scheduler, times=()):
    """A scheduler of diffusers with its own 1000 times; `times`: a list of ours for it to visit."""
    alpha_bars, x = schedules.linear(), start()
    if times:
        scheduler.set_timesteps(timesteps=[t - 1 for t in times[:-1]])
    if float(scheduler.init_noise_sigma) != 1:  # it works in the scale of sigma
        x = x / alpha_bars[times[0]].sqrt()
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(x, t)
        epsilon = KNOWN(x_t, alpha_bars[int(t) + 1]).epsilon
        x = scheduler.step(epsilon, t, x, return_dict=False)[0]
    return x


@pytest.mark.parametrize("spacing", ["leading", "trailing"])
def test_ddim_is_that_of_diffusers(spacing):
    theirs = diffusers.DDIMScheduler(**CONFIG, clip_sample=False, timestep_spacing=spacing)
    theirs.set_timesteps(50)
    assert [int(t) + 1 for t in theirs.timesteps] == list(schedules.SPACINGS[spacing](50)[:-1])
    assert torch.allclose(end("ddim", 50, spacing=spacing), by_hand(theirs), atol=1e-5)


def test_with_linspace_ddim_of_diffusers_steps_elsewhere_than_to_its_next_time():
    """Its step goes to t - T // N, which is not on its own list: the answer is another one."""
    theirs = diffusers.DDIMScheduler(**CONFIG, clip_sample=False, timestep_spacing="linspace")
    theirs.set_timesteps(10)
    listed = [int(t) for t in theirs.timesteps]
    went = [t - 1000 // 10 for t in listed]
    assert listed[1] == 888
    assert went[0] == 899
    alpha_bars = schedules.linear()[[t + 1 for t in listed] + [0]]
    on_the_list = list(solvers.run("ddim", KNOWN, start(), alpha_bars, noise()))[-1].x_next
    assert (on_the_list - by_hand(theirs)).abs().max() > 0.05


@pytest.mark.parametrize("spacing", ["leading", "trailing"])
@pytest.mark.parametrize(
    ("name", "scheduler"),
    [
        ("euler", "EulerDiscreteScheduler"),
        ("heun", "HeunDiscreteScheduler"),
        ("dpm++ 2m", "DPMSolverMultistepScheduler"),
        ("dpm++ 2s", "DPMSolverSinglestepScheduler"),
    ],
)
def test_a_solver_is_that_of_diffusers_driven_by_hand_on_the_same_list(name, scheduler, spacing):
    options = {"lower_order_final": True} if name == "dpm++ 2s" else {}
    theirs = getattr(diffusers, scheduler)(**CONFIG, **options)
    hand = by_hand(theirs, schedules.SPACINGS[spacing](20))
    assert torch.allclose(end(name, 20, spacing=spacing), hand, atol=1e-4)


def test_euler_is_ddim_in_another_scale():
    ours, theirs = (steps_of(name, 13) for name in ("ddim", "euler"))
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one.x_next, other.x_next, atol=1e-5)
        assert torch.allclose(one.alpha_bar, other.alpha_bar, atol=1e-6)


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("steps", [4, 13])
def test_evaluations_are_those_of_the_denoiser_and_are_foretold(name, steps):
    asked = []

    def counting(x_t, alpha_bar):
        asked.append(float(alpha_bar))
        return KNOWN(x_t, alpha_bar)

    taken = steps_of(name, steps, denoiser=counting)
    assert [one.evaluations for one in taken] == list(range(1, len(asked) + 1))
    assert len(asked) == SOLVERS[name].evaluations(steps)
    assert SOLVERS[name].steps(len(asked)) == steps
    assert asked == [float(one.alpha_bar) for one in taken]


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("schedule", ["linear", "cosine"])
def test_every_solver_finds_the_ring_with_either_schedule(name, schedule):
    x = end(name, 50, schedule=schedule)
    assert near(x) > 0.95
    assert set(torch.cdist(x, RING.means).argmin(1).tolist()) == set(range(plane.MODES))


@pytest.mark.parametrize("name", SOLVERS)
def test_what_is_between_is_in_the_scale_that_all_share(name):
    """Variance 1 in each axis of a cloud of variance 1, whatever the scale that a solver works in."""
    data = plane.Mixture(torch.zeros(1, 2, dtype=torch.float64), torch.tensor(1.0).double())
    for one in steps_of(name, 20, denoiser=exact.denoiser(data), x=start(4000)):
        assert one.x_t.std(0).tolist() == pytest.approx([1, 1], abs=0.3)
        back = sampling.noised(one.x_0, one.epsilon, one.alpha_bar)
        assert torch.allclose(back, one.x_t, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        # mean distance and share by 5, 10, 20 and 50 steps, as measured when this was planned
        ("ddim", [(0.381, 0.30), (0.130, 0.75), (0.049, 0.97), (0.023, 1.0)]),
        ("euler", [(0.381, 0.30), (0.130, 0.75), (0.049, 0.97), (0.023, 1.0)]),
        ("dpm++ 2m", [(0.356, 0.36), (0.113, 0.78), (0.061, 0.99), (0.030, 1.0)]),
        ("deis", [(0.360, 0.34), (0.113, 0.76), (0.097, 0.99), (0.002, 1.0)]),
    ],
)
def test_a_ring_of_eight_gives_the_table(name, told):
    for steps, (distance, share) in zip((5, 10, 20, 50), told, strict=True):
        measured = off(end(name, steps))
        assert measured[0] == pytest.approx(distance, abs=0.03)
        assert measured[1] == pytest.approx(share, abs=0.06)


def test_a_random_solver_goes_elsewhere_and_finds_the_ring_all_the_same():
    for name, solver in SOLVERS.items():
        one, again, other = (end(name, 50, seed=seed) for seed in (1, 1, 2))
        assert torch.equal(one, again)
        assert torch.equal(one, other) != solver.random
        assert (off(one)[0] > 1) == solver.random


def test_the_cosine_schedule_is_begun_where_a_solver_can_follow():
    alpha_bars = schedules.visited("cosine", "trailing", 10)
    begun = solvers.begun(alpha_bars)
    assert begun[0] == solvers.FAINTEST
    assert torch.equal(begun[1:], alpha_bars[1:])
    assert torch.equal(solvers.begun(begun), begun)
    whole = schedules.visited("cosine", "trailing", 1000)  # here the next time is fainter still
    assert torch.equal(solvers.begun(whole), whole)
    at_the_end = list(
        solvers._driven(  # what it would be without
            solvers.scheduler("heun", alpha_bars), SOLVERS["heun"], KNOWN, start(), alpha_bars, noise()
        )
    )  # fmt: skip
    assert near(at_the_end[-1].x_next) < 0.1 < 0.5 < near(end("heun", 10, schedule="cosine"))


def test_an_unknown_solver_is_answered_with_those_there_are():
    with pytest.raises(SolverError, match=r"no solver 'ddmi': choose ddim, ddpm, euler"):
        solvers.run("ddmi", KNOWN, start(), schedules.visited("linear", "leading", 5), noise())


def test_without_diffusers_a_sentence_says_how_to_get_it_and_ours_go_on(monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(SolverError, match=r"diffusers is not installed.*pip install diffusers"):
        steps_of("heun", 5)
    assert near(end("ddim", 50)) > 0.95
    assert near(end("ddpm", 50)) > 0.95
