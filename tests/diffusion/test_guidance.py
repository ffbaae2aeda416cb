"""A guess is guided as Ho and Salimans have it, and every remedy does what it says."""

import pytest
import torch

from core.diffusion import guidance, sampling, schedules
from core.diffusion.guidance import Asked, Guidance

A = torch.tensor(0.4, dtype=torch.float64)


class Network:
    """Gives what it is asked for, and counts."""

    def __init__(self):
        self.pictures = 0

    def __call__(self, x_t, alpha_bar, told, known):
        self.pictures += len(x_t)
        asked = 0 if told is None else (told * known).sum(1)[:, None, None, None]
        return 0.3 * x_t * alpha_bar.to(x_t) + 0.2 * asked * torch.sin(3 * x_t)


def drawn(n=3):
    return torch.randn(n, 3, 4, 4, generator=torch.Generator().manual_seed(0))


def asked(n=3):
    told = torch.tensor([[1.0, -0.5]]).expand(n, -1)
    return Asked(told, torch.tensor([[1.0, 0.0]]).expand(n, -1))


def test_guidance_leads_from_the_free_guess_through_the_conditional_one():
    x, network, wish = drawn(), Network(), asked()
    free = network(x, A, wish.told, 0 * wish.known)
    conditional = network(x, A, wish.told, wish.known)
    for w in (0.0, 1.0, 2.5):
        found = guidance.asking(network, wish, Guidance(w), clip=False)(x, A)
        assert torch.allclose(found.x_0, free + w * (conditional - free), atol=1e-6)
        epsilon = [sampling.epsilon_from_x_0(x, y, A) for y in (free, conditional)]
        assert torch.allclose(found.epsilon, torch.lerp(*epsilon, w), atol=1e-5)


def test_what_is_left_open_is_not_asked():
    x, network = drawn(1), Network()
    other = Asked(torch.tensor([[1.0, 0.9]]), torch.tensor([[1.0, 0.0]]))
    one = guidance.asking(network, asked(1), Guidance(3))(x, A)
    assert torch.equal(one.x_0, guidance.asking(network, other, Guidance(3))(x, A).x_0)


def test_a_clipped_picture_and_its_noise_still_make_x_t():
    x = 4 * drawn()
    found = guidance.asking(Network(), asked(), Guidance(4))(x, A)
    assert found.x_0.abs().max() == 1
    assert torch.allclose(sampling.noised(found.x_0, found.epsilon, A), x, atol=1e-5)
    free = guidance.asking(Network(), asked(), Guidance(4), clip=False)(x, A)
    assert free.x_0.abs().max() > 1


@pytest.mark.parametrize("guide", [Guidance(), Guidance(0), Guidance(2), Guidance(2, first=0.9)])
@pytest.mark.parametrize("wish", [None, asked()])
def test_evaluations_are_counted_as_they_are_made(guide, wish):
    network = Network()
    guidance.asking(network, wish, guide)(drawn(), A)
    assert network.pictures == 3 * guidance.evaluations(wish, guide, A)


def test_it_guides_within_the_interval_alone():
    table = schedules.cosine()
    guide = Guidance(5, first=0.25, last=0.75)
    found = [guide.at(table[t]) for t in (10, 240, 260, 500, 740, 760, 1000)]
    assert found == [1, 1, 5, 5, 5, 1, 1]


def test_rescaled_guesses_have_the_spread_of_the_conditional_one():
    conditional, wide = drawn(), 3 * drawn() + 0.1
    whole = guidance.rescaled(wide, conditional, 1.0)
    assert torch.allclose(whole.std((1, 2, 3)), conditional.std((1, 2, 3)), atol=1e-5)
    half = guidance.rescaled(wide, conditional, 0.5)
    assert torch.allclose(half, (whole + wide) / 2, atol=1e-6)
    assert torch.equal(guidance.rescaled(wide, conditional, 0.0), wide)
