"""A norm that is steered is torch's own with FiLM after it, and the same bytes on any threads."""

import pytest
import torch

from core.networks import denoiser, initial
from core.networks.denoiser import Form
from core.networks.norm import Steered


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def norm():
    made = Steered(8, 96)
    with torch.no_grad():
        made.weight.copy_(1 + 0.3 * drawn(96, seed=1))
        made.bias.copy_(0.3 * drawn(96, seed=2))
    return made.requires_grad_(False)


@pytest.mark.parametrize(("mean", "off"), [(0.0, 1e-5), (3.0, 1e-4), (-20.0, 1e-3)])
def test_at_rest_it_is_what_it_is_while_it_learns(mean, off):
    x = drawn(3, 96, 9, 7) + mean
    gamma, beta = drawn(3, 96, seed=3), drawn(3, 96, seed=4)
    made = norm()
    for steered in ((), (gamma, beta)):
        learns, rests = made.train()(x, *steered), made.eval()(x, *steered)
        assert torch.allclose(learns, rests, atol=off)


def at(threads, made, *inputs):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(threads)
        return made(*inputs)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("n", [1, 8])
@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_it_gives_the_same_bytes_on_any_number_of_threads(n, form):
    x = drawn(n, 96, 32, 32).contiguous(memory_format=form)
    gamma, beta = drawn(n, 96, seed=3), drawn(n, 96, seed=4)
    made = norm().eval()
    one, two, three = (at(threads, made, x, gamma, beta) for threads in (1, 2, 3))
    assert torch.equal(one, two)
    assert torch.equal(one, three)


def test_a_denoiser_gives_the_same_bytes_on_any_number_of_threads():
    module = denoiser.Denoiser(Form(widths=(96, 96, 128)))
    initial.draw(module, 0)
    module = module.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    x = drawn(1, 3, 64, 64).contiguous(memory_format=torch.channels_last)
    one, two = (at(threads, module, x, torch.tensor([500.0])) for threads in (1, 2))
    assert torch.equal(one, two)
