"""A picture that is led back into its noise comes out of it again."""

import pytest
import torch

from core.diffusion import exact, gaussians, inversion, sampling, schedules
from core.worlds import plane


@pytest.fixture(scope="module")
def ring():
    return exact.denoiser(plane.DENSITIES["ring"]())


def start(n=64):
    noise = torch.Generator().manual_seed(1)
    return plane.sampled(plane.DENSITIES["ring"](), n, noise)


def there_and_back(denoiser, x, steps, refinements):
    visited = schedules.visited("cosine", "trailing", steps)[
        1:
    ]  # not from pure noise: nothing is left there
    *_, z = inversion.inverted(denoiser, x, visited, refinements=refinements)
    *_, last = sampling.chain(denoiser, z, visited, torch.Generator())
    return z, last.x_next


def test_what_is_refined_comes_back(ring):
    plain, refined = (
        float((there_and_back(ring, start(), 50, n)[1] - start()).norm(dim=1).mean())
        for n in (0, inversion.REFINEMENTS)
    )
    assert plain > 4 * refined
    assert refined < 5e-3


def test_of_one_gaussian_it_comes_back_to_the_last_digit():
    known = gaussians.of(
        torch.tensor([0.5, -1.0]).double(), torch.tensor([[0.4, 0.1], [0.1, 0.3]]).double()
    )
    errors = [
        float((there_and_back(gaussians.denoiser(known), start(), 50, n)[1] - start()).abs().max())
        for n in (0, 3, 12)
    ]
    assert errors[0] > 50 * errors[1] > 2000 * errors[2]


def test_a_step_back_is_undone_by_the_step_of_the_sampler(ring):
    a, noisier = schedules.cosine()[[300, 320]]
    x = sampling.noised(start(), torch.randn(64, 2, dtype=torch.float64), a)
    before = next(inversion.inverted(ring, x, torch.stack((noisier, a)), refinements=40))
    guess = ring(before, noisier)
    again = sampling.step(guess, x, alpha_bar_next=a, sigma=torch.zeros(())).x_next
    assert torch.allclose(again, x, atol=1e-8)


def test_the_noise_of_data_is_like_noise(ring):
    z, _ = there_and_back(ring, start(2000), 200, 3)
    assert z.std(0) == pytest.approx([1, 1], abs=0.06)
    assert z.mean(0) == pytest.approx([0, 0], abs=0.06)


def test_without_refinement_each_step_is_one_look(ring):
    looks = []

    def counted(x, a):
        looks.append(float(a))
        return ring(x, a)

    visited = schedules.visited("cosine", "trailing", 10)
    list(inversion.inverted(counted, start(), visited, refinements=0))
    assert looks == visited.flip(0)[1:].tolist()
    looks.clear()
    list(inversion.inverted(counted, start(), visited, refinements=3))
    assert len(looks) == 4 * 10
