"""What a step of style sees: its slope, its layers, its pictures."""

import copy

import pytest
import torch
import torch.nn.functional as F

from core import models, pictures
from core.objectives import gram
from core.objectives.composing import PENALTIES
from core.pictures import swatches
from core.steps import styling
from core.steps.styling.goal import fitted


@pytest.fixture(scope="module")
def lite0():
    return models.load("lite0")


def given(**changes):
    how = {"begins": "picture", "colours": "of the style", "pattern": 1.0, "seed": 0, "mask": None}
    how |= changes
    mask = how.pop("mask")
    photograph, style = pictures.load("cat")[None], swatches.load("glass")[None]
    return styling.Given(photograph, (style,), mask, **how)


def test_layers_are_known_for_ours_and_found_for_others(lite0):
    assert styling.layers(lite0) == ("stem", "blocks.0", "blocks.1", "blocks.2", "blocks.4")
    found = styling.layers(_renamed(lite0))
    fields = [lite0.layer(name).receptive_field for name in found]
    assert len(found) >= 4
    assert fields == sorted(fields)
    assert fields[-1] <= 220


def _renamed(network):
    """The same network without the layer that lite0 is known by."""
    other = copy.copy(network)
    other.layers = {k: v for k, v in network.layers.items() if k != "blocks.0.0.conv_dw"}
    return other


def test_the_slope_is_that_of_the_loss_in_one_piece(lite0):
    """Two parts, from the loss to the layers and from there to p, add up to autograd's own."""
    names, at = styling.layers(lite0), "blocks.3"
    goal = given().goal(lite0, (64, 64))
    weights = styling.StylingWeights(
        1.3, 0.4, 0.1, dict(zip(names, (1.0, 2.0, 0.0, 1.0, 3.0), strict=True))
    )
    noise = torch.Generator().manual_seed(0)
    p = goal.photograph + 0.1 * torch.randn(goal.photograph.shape, generator=noise)
    p = pictures.eight_bit(p.clamp(0, 1)).requires_grad_()
    seen = styling.loss_and_slope(
        p, lite0, goal, weights, picture=lambda p: p, view=lambda x: x, at=at, more=(),
        share=0.0, distance="Gram",
    )  # fmt: skip
    found = dict(zip((*names, at), lite0.activations(p, *names, at), strict=True))
    wanted, begun = goal.unit(names, 0.0, "Gram")
    left = gram.left({n: gram.texture(found[n]) for n in names}, wanted, begun, gram.gram_distance)
    a_0 = goal.content[at]
    loss = 1.3 * gram.style_distance(left, weights.layers).sum()
    loss = loss + 0.4 * (found[at] - a_0).square().sum() / a_0.square().sum()
    right, down = p[..., :-1, 1:] - p[..., :-1, :-1], p[..., 1:, :-1] - p[..., :-1, :-1]
    rough = (right.square().sum() + down.square().sum()) / right.numel()
    loss = loss + 0.1 * rough / PENALTIES["roughness"][1]
    (slope,) = torch.autograd.grad(loss, p)
    torch.testing.assert_close(seen.loss, loss.detach(), rtol=1e-4, atol=1e-5)
    assert float((seen.slope - slope).norm() / slope.norm()) < 1e-3


def test_the_tutorials_total_is_the_tutorials(lite0):
    a, s, c = (
        torch.randn(1, 6, 5, 4, generator=torch.Generator().manual_seed(i)) for i in range(3)
    )

    def matrix(x):
        _, b, h, w = x.size()
        flat = x.view(b, h * w)
        return torch.mm(flat, flat.t()).div(b * h * w)

    expected = 1e6 * F.mse_loss(matrix(a), matrix(s)) + F.mse_loss(a, c)
    style, content = styling.tutorials_parts({"l": gram.texture(a)}, {"l": gram.texture(s)}, a, c)
    torch.testing.assert_close(style + content, expected, rtol=1e-4, atol=1e-4)


def test_a_spectrum_keeps_the_size_and_no_decay_keeps_the_pixels():
    x = torch.randn(1, 3, 48, 64, generator=torch.Generator().manual_seed(0))
    flat = torch.full_like(x, 0.5)
    same = styling.rendered(0.1 * x.clamp(-3, 3), flat, styling.spectrum(x, 0.0))
    torch.testing.assert_close(same, 0.5 + 0.1 * x.clamp(-3, 3), atol=1e-5, rtol=0)
    soft = styling.rendered(0.1 * x, flat, styling.spectrum(x, 0.5))
    assert float(soft.diff(dim=3).norm()) < 0.9 * float(same.diff(dim=3).norm())


@pytest.mark.parametrize("size", [(1, 1), (20, 300), (31, 31), (700, 2)])
def test_a_style_picture_is_never_read_smaller_than_32_px(size):
    found = fitted(torch.rand(1, 3, *size), 128)
    assert min(found.shape[2:]) >= 32
    assert max(found.shape[2:]) <= 768


def test_outside_the_mask_nothing_moves_and_the_textures_do_not_count(lite0):
    mask = torch.zeros(1, 1, 64, 64)
    mask[..., :32] = 1
    held = given(mask=mask)
    goal = held.goal(lite0, (64, 64))
    x = held.shown(torch.zeros(1, 3, 64, 64), goal.photograph)
    assert torch.equal(x[..., 40:], goal.photograph[..., 40:])
    assert not x[..., :24].any()
    whole = given().goal(lite0, (64, 64))
    names = ("stem",)
    assert not torch.equal(
        goal.begun.textures(names)["stem"].gram, whole.begun.textures(names)["stem"].gram
    )
