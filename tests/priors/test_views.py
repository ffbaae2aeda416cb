"""Views are one sampling, drawn from their key alone."""

import torch
import torch.nn.functional as F

from core.priors import views


def test_the_whole_canvas_at_its_own_size_is_the_canvas():
    x = torch.rand(2, 3, 20, 20)
    torch.testing.assert_close(views.look(x, views.whole(2), side=20), x, atol=1e-5, rtol=0)


def test_the_same_key_draws_the_same_views_and_another_step_others():
    def drawn(step):
        noise = views.generator(3, step, "view")
        return views.crops(4, noise, smallest=0.5, rotation=15)

    assert torch.equal(drawn(7), drawn(7))
    assert not torch.equal(drawn(7), drawn(8))


def test_a_crop_without_rotation_or_slack_is_the_cut_out_picture():
    x = torch.rand(1, 3, 32, 32)
    half = torch.tensor([[[0.5, 0, -0.5], [0, 0.5, 0.5]]])  # the lower left quarter
    torch.testing.assert_close(views.look(x, half, side=16), x[..., 16:, :16], atol=1e-5, rtol=0)


def test_crops_stay_within_their_scale_and_shift():
    noise = views.generator(0)
    drawn = views.crops(500, noise, smallest=0.6, rotation=0)
    zoom = drawn[:, 0, 0]
    assert 0.6 <= zoom.min() < 0.65
    assert 0.95 < zoom.max() <= 1
    assert (drawn[:, :, 2].abs() <= (1 - zoom + views.SHIFT)[:, None] + 1e-6).all()


def test_a_lucid_view_equals_pad_then_scale_rotate_and_shift_in_turn():
    x, side = torch.rand(1, 3, 40, 40), 40
    noise = views.generator(1)
    drawn = views.lucid(1, noise, side=side)
    seen = views.look(x, drawn, side=side, pad=views.PAD)
    padded = F.pad(x, [views.PAD] * 4, value=0.5)
    grid = F.affine_grid(drawn, [1, 3, side, side], align_corners=False)
    whole = side + 2 * views.PAD
    pixel = ((grid + 1) * whole - 1) / 2  # where each output pixel comes from, in px of the padded
    middle = pixel[0, side // 2, side // 2]
    left, top = middle.floor().long().tolist()
    right, down = (middle - middle.floor()).tolist()
    corner = padded[0, :, top : top + 2, left : left + 2]
    weights = torch.tensor([[1 - down], [down]]) * torch.tensor([[1 - right, right]])
    expected = (corner * weights).sum((1, 2))
    torch.testing.assert_close(seen[0, :, side // 2, side // 2], expected, atol=1e-4, rtol=0)
    scale = side / whole / drawn[0, :, 0].norm()
    assert 0.9 - 1e-3 <= scale <= 1.1 + 1e-3
