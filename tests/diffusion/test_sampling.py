"""A step is that of Song et al. 2021, of Ho et al. 2020, and of diffusers."""

from functools import partial

import pytest
import torch
from diffusers.schedulers.scheduling_ddim import DDIMScheduler
from torch.utils._python_dispatch import TorchDispatchMode

from core.diffusion import exact, sampling, schedules
from core.worlds import plane


def drawn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def scalar(value):
    return torch.tensor(value, dtype=torch.float64)


def stepped(x_t, epsilon, z, a, a_next, sigma):
    """A step with its sigma chosen by name or by function."""
    of = sampling.NOISE[sigma] if isinstance(sigma, str) else sigma
    a, a_next = scalar(a), scalar(a_next)
    guess = sampling.guess_from_epsilon(x_t, epsilon, a)
    return sampling.step(guess, z, alpha_bar_next=a_next, sigma=of(a, a_next))


@pytest.mark.parametrize("alpha_bar", [scalar(1e-4), scalar(0.3), drawn(7, 1).sigmoid()])
def test_the_three_predictions_are_one(alpha_bar):
    x_0, epsilon = drawn(7, 2, seed=1), drawn(7, 2, seed=2)
    x_t = sampling.noised(x_0, epsilon, alpha_bar)
    v = sampling.v_from(x_0, epsilon, alpha_bar)
    for found, known in (
        (sampling.x_0_from_epsilon(x_t, epsilon, alpha_bar), x_0),
        (sampling.epsilon_from_x_0(x_t, x_0, alpha_bar), epsilon),
        (sampling.x_0_from_v(x_t, v, alpha_bar), x_0),
        (sampling.epsilon_from_v(x_t, v, alpha_bar), epsilon),
    ):
        assert torch.allclose(found, known, atol=1e-10)


def test_v_is_that_of_salimans_and_ho():
    """x_t turns with the angle whose cosine is sqrt(alpha_bar), and v is its speed."""
    x_0, epsilon, angle = drawn(5, 2), drawn(5, 2, seed=1), scalar(0.7)
    _, speed = torch.func.jvp(
        lambda phi: sampling.noised(x_0, epsilon, phi.cos().square()), (angle,), (scalar(1.0),)
    )
    v = sampling.v_from(x_0, epsilon, angle.cos().square())
    assert torch.allclose(v, speed, atol=1e-12)


def network(x, alpha_bar):
    """Any fixed function will do."""
    turn = torch.tensor([[0.6, -0.9], [0.8, 0.5]], dtype=x.dtype)
    return torch.sin(2 * x @ turn) + (x * torch.cos(3 * alpha_bar)).tanh()


def guess(x, alpha_bar):
    """The same as a denoiser."""
    return sampling.guess_from_epsilon(x, network(x, alpha_bar), alpha_bar)


@pytest.mark.parametrize("schedule", ["linear", "cosine"])
@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("steps", [10, 50])
@pytest.mark.parametrize("spacing", schedules.SPACINGS)
def test_a_chain_is_that_of_diffusers(spacing, steps, eta, schedule):
    theirs = DDIMScheduler(
        beta_schedule={"linear": "linear", "cosine": "squaredcos_cap_v2"}[schedule],
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
        timestep_spacing=spacing,
    )
    # what it computes is compared, not what float32 makes of its table
    theirs.alphas_cumprod = schedules.SCHEDULES[schedule]()[1:]
    theirs.final_alpha_cumprod = scalar(1.0)
    theirs.set_timesteps(steps)
    x = ours = drawn(64, 2)
    noise = torch.Generator().manual_seed(5)
    for t in theirs.timesteps:
        z = torch.randn(64, 2, generator=noise, dtype=x.dtype)
        epsilon = network(x, theirs.alphas_cumprod[t])
        x = theirs.step(epsilon, int(t), x, eta=eta, variance_noise=z).prev_sample

    visited = schedules.visited(schedule, spacing, steps)
    noise.manual_seed(5)
    sigma = partial(sampling.ddim, eta=eta)
    for done in sampling.chain(guess, ours, visited, noise, sigma=sigma):
        ours = done.x_next
    assert float((ours - x).abs().max()) < 1e-5


@pytest.mark.parametrize("spacing", schedules.SPACINGS)
def test_in_float32_a_chain_is_that_of_diffusers_as_it_comes(spacing):
    theirs = DDIMScheduler(
        beta_schedule="linear", clip_sample=False, steps_offset=0, timestep_spacing=spacing
    )
    theirs.set_timesteps(50)
    x = ours = drawn(64, 2, dtype=torch.float32)
    table = schedules.linear()
    for t in theirs.timesteps:
        x = theirs.step(network(x, table[t + 1]), int(t), x).prev_sample
    visited = schedules.visited("linear", spacing, 50)
    for done in sampling.chain(guess, ours, visited, torch.Generator()):
        ours = done.x_next
    assert ours.dtype == torch.float32
    assert float((ours - x).abs().max()) < 1e-5 * float(x.abs().max())


def test_eta_one_is_the_posterior_of_ddpm():
    """Ho et al. 2020, equation 7, at neighbouring times."""
    table = schedules.linear()
    for t in (2, 37, 500, 1000):
        a, a_next = table[t], table[t - 1]
        beta = 1 - a / a_next
        x_0, epsilon = drawn(5, 2), drawn(5, 2, seed=1)
        x_t = sampling.noised(x_0, epsilon, a)
        zero = torch.zeros_like(x_t)
        mean = stepped(x_t, epsilon, zero, float(a), float(a_next), "posterior").x_next
        theirs = a_next.sqrt() * beta * x_0 + (1 - beta).sqrt() * (1 - a_next) * x_t
        assert torch.allclose(mean, theirs / (1 - a), atol=1e-9)
        sigma = sampling.ddim(a, a_next, eta=1.0)
        assert float(sigma**2) == pytest.approx(float((1 - a_next) / (1 - a) * beta))


@pytest.mark.parametrize("sigma", [*sampling.NOISE, lambda a, b: sampling.ddim(a, b, eta=0.4)])
def test_any_mixture_of_old_and_fresh_noise_is_as_much_noise(sigma):
    one, zero = torch.ones(1, 2, dtype=torch.float64), torch.zeros(1, 2, dtype=torch.float64)
    x_t = scalar(1 - 0.2).sqrt() * one  # x_0 = 0
    old = stepped(x_t, one, zero, 0.2, 0.7, sigma).x_next
    fresh = stepped(zero, zero, one, 0.2, 0.7, sigma).x_next
    assert torch.allclose(old**2 + fresh**2, scalar(1 - 0.7))


def test_predicted_noise_ignores_z_and_fresh_noise_ignores_epsilon():
    x_t, epsilon, z, other = (drawn(5, 2, seed=s) for s in range(4))
    one = stepped(x_t, epsilon, z, 0.3, 0.6, "predicted")
    assert torch.equal(one.x_next, stepped(x_t, epsilon, other, 0.3, 0.6, "predicted").x_next)
    assert torch.allclose(one.x_next, sampling.noised(one.x_0, epsilon, scalar(0.6)))
    two = stepped(x_t, epsilon, z, 0.3, 0.6, "fresh")
    assert torch.allclose(two.x_next, sampling.noised(two.x_0, z, scalar(0.6)))


@pytest.mark.parametrize("noise", sampling.NOISE)
def test_the_last_step_ends_on_its_guess(noise):
    x_t, epsilon, z = (drawn(5, 2, seed=s) for s in range(3))
    last = stepped(x_t, epsilon, z, 0.9, 1.0, noise)
    assert torch.equal(last.x_next, last.x_0)


@pytest.mark.parametrize("schedule", schedules.SCHEDULES)
@pytest.mark.parametrize("noise", sampling.NOISE)
def test_every_chain_stays_finite(schedule, noise):
    denoise = exact.denoiser(plane.mixture(plane.moons()))
    x = drawn(16, 2, dtype=torch.float32)
    for spacing in schedules.SPACINGS:
        visited = schedules.visited(schedule, spacing, 20)
        for done in sampling.chain(
            denoise, x, visited, torch.Generator(), sigma=sampling.NOISE[noise]
        ):
            assert done.x_next.isfinite().all()
            assert done.x_next.dtype == torch.float32


def test_a_chain_goes_on_from_any_of_its_steps():
    denoise = exact.denoiser(plane.mixture(plane.moons()))
    visited = schedules.visited("cosine", "leading", 12)
    whole = list(sampling.chain(denoise, drawn(8, 2), visited, torch.Generator()))
    rest = list(sampling.chain(denoise, whole[4].x_next, visited[5:], torch.Generator()))
    assert len(whole) == 12
    assert torch.equal(whole[-1].x_next, rest[-1].x_next)


class Refuse(TorchDispatchMode):
    """No operation that waits for the device."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        assert name not in ("_local_scalar_dense", "nonzero", "masked_select", "equal"), name
        if name == "index":
            assert all(i is None or i.dtype != torch.bool for i in args[1])
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("noise", sampling.NOISE)
@pytest.mark.parametrize("made", [exact.denoiser, exact.control])
def test_no_step_waits_for_the_device(made, noise):
    denoise, x = made(plane.mixture(plane.spiral())), drawn(8, 2)
    visited = schedules.visited("linear", "leading", 5)
    with Refuse(), pytest.raises(AssertionError, match="_local_scalar_dense"):
        torch.ones(1).item()
    with Refuse():
        list(sampling.chain(denoise, x, visited, torch.Generator(), sigma=sampling.NOISE[noise]))
