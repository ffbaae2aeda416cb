"""What a denoiser's layers see: a plane is a bias, and without norms a place sees its neighbourhood."""

from dataclasses import replace

import pytest
import torch

from core.networks import denoiser, initial
from core.networks.denoiser import Denoiser, Form

PLANES = Form(
    side=16, channels=3, block=2, widths=(16, 16), attends=(False, False), told=2, planes=True
)
LOCAL = Form(side=40, channels=1, block=1, widths=(8,), attends=(False,), norms=False)


def drawn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def network(form):
    module = Denoiser(form)
    initial.draw(module, 0)
    return module.eval().requires_grad_(False)


def test_a_constant_plane_is_a_bias_of_each_channel_away_from_the_padding():
    convolution, x = network(PLANES).conv_in, drawn(2, 12, 8, 8)
    values = torch.tensor([0.5, -1.0, 1.0, 1.0])  # what is told, and that it is known
    planes = values[None, :, None, None].expand(2, -1, 8, 8)
    with_planes = convolution(torch.cat((x, planes), 1))
    without = convolution(torch.cat((x, 0 * planes), 1))
    bias = convolution.weight[:, 12:].sum((2, 3)) @ values  # (width,)
    inside = (..., slice(1, -1), slice(1, -1))
    assert torch.allclose(
        (with_planes - without)[inside], bias[:, None, None].expand(-1, 6, 6), atol=1e-5
    )
    assert not torch.allclose(
        with_planes - without, bias[:, None, None].expand(-1, 8, 8), atol=1e-2
    )


def test_planes_and_scales_both_tell_the_network_what_is_asked():
    for form in (PLANES, replace(PLANES, planes=False)):
        module, x, t = network(form), drawn(1, 3, 16, 16), torch.tensor([500.0])
        known = torch.ones(1, 2)
        one, other = (module(x, t, torch.tensor([[a, 0.0]]), known) for a in (-1.0, 1.0))
        assert not torch.allclose(one, other)
        nothing = [module(x, t, torch.tensor([[a, 0.0]]), 0 * known) for a in (-1.0, 1.0)]
        assert torch.equal(*nothing)


@pytest.mark.parametrize("norms", [False, True])
def test_without_norms_a_place_depends_on_its_neighbourhood_alone(norms):
    module, x, t = network(replace(LOCAL, norms=norms)), drawn(1, 1, 40, 40), torch.tensor([500.0])
    changed = x.clone()
    changed[..., 0, 0] += 5
    reach = 12  # convolutions of 3 x 3 from the first to the last
    far = (..., slice(reach + 1, None), slice(reach + 1, None))
    is_same = torch.allclose(module(x, t)[far], module(changed, t)[far], atol=1e-6)
    assert is_same is not norms


def test_a_moved_picture_is_moved_away_from_the_padding_where_there_are_no_norms():
    module, x, t = network(LOCAL), drawn(1, 1, 40, 40), torch.tensor([500.0])
    here, there = module(x, t), module(x.roll((2, -1), (2, 3)), t)
    inside = (..., slice(16, -16), slice(16, -16))
    assert torch.allclose(here.roll((2, -1), (2, 3))[inside], there[inside], atol=1e-5)
    assert denoiser.form({**vars(LOCAL), "widths": [8], "attends": [False]}) == LOCAL
