"""Views are one sampling, drawn from their key alone."""

import pytest
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


def turned(zoom, angle, right, down):
    """The matrix of a view, written out."""
    cosine, sine = zoom * torch.cos(angle), zoom * torch.sin(angle)
    rows = torch.stack([cosine, -sine, right], -1), torch.stack([sine, cosine, down], -1)
    return torch.stack(rows, 1)


def between(n, noise):
    return 2 * torch.rand(n, generator=noise) - 1


def test_a_crop_is_shifted_within_its_slack_and_a_twelfth_of_the_canvas_beyond():
    drawn = views.crops(9, views.generator(5), smallest=0.6, rotation=15)
    noise = views.generator(5)
    angle = between(9, noise) * torch.pi / 12
    zoom = 0.6 + 0.4 * torch.rand(9, generator=noise)
    right, down = (between(9, noise) * (1 - zoom + 0.08) for _ in range(2))
    torch.testing.assert_close(drawn, turned(zoom, angle, right, down))


def test_lucids_views_are_scaled_turned_and_shifted_by_its_own_numbers():
    drawn = views.lucid(400, views.generator(6), side=40)
    zoom = drawn[:, :, 0].norm(dim=1)
    scale = (40 / 64 / zoom * 50).round()  # in steps of .02
    assert sorted(scale.unique().tolist()) == list(range(45, 56))
    angle = torch.atan2(drawn[:, 1, 0], drawn[:, 0, 0]).rad2deg()
    assert 9 < angle.abs().max() <= 10
    assert angle.min() < 0 < angle.max()
    shift = drawn[:, :, 2] * 64 / 2  # px
    assert 7.5 < shift.abs().max() <= 8
    assert shift.min() < 0 < shift.max()


def test_beyond_its_border_a_picture_is_mirrored_and_a_padded_one_grey():
    x, beside = torch.rand(1, 3, 12, 12), torch.tensor([[[1.0, 0, 2], [0, 1, 0]]])
    torch.testing.assert_close(views.look(x, beside, side=12), x.flip(-1), atol=1e-5, rtol=0)
    padded = views.look(x, beside, side=20, pad=4)
    torch.testing.assert_close(padded, torch.full_like(padded, 0.5))


def test_a_quarter_turn_is_to_the_left_and_keeps_the_aspect():
    x = torch.rand(3, 8, 14)
    found = views.rigid_motion(x, degrees=90)
    middle = torch.rot90(x[:, :, 3:11], 1, (1, 2))
    torch.testing.assert_close(found[:, :, 3:11], middle, atol=1e-4, rtol=0)


def test_a_shift_is_to_the_right_and_down():
    x = torch.rand(3, 8, 14)
    found = views.rigid_motion(x, right=3, down=2)
    torch.testing.assert_close(found[:, 2:, 3:], x[:, :-2, :-3], atol=1e-4, rtol=0)


def seen(x, kind, count=2, turn=0, looks=1, sharing=1, noise=0.0):
    draw = views.generator(7)
    how = {"canvas": 16, "side": 16, "smallest": 0.5, "rotation": 15, "noise": noise}
    through = views.through(kind, count, draw, turn=turn, looks=looks, sharing=sharing, **how)
    return through(x)


def test_both_are_lucids_views_and_crops_in_turn():
    x = torch.rand(2, 3, 16, 16)
    assert torch.equal(seen(x, "both", turn=4), seen(x, "lucid"))
    assert torch.equal(seen(x, "both", turn=5), seen(x, "crops"))
    assert not torch.equal(seen(x, "crops"), seen(x, "lucid"))


def test_without_views_the_canvas_is_seen_with_the_noise_that_is_asked_for():
    x = torch.rand(2, 3, 16, 16)
    torch.testing.assert_close(seen(x, "none"), x, atol=1e-5, rtol=0)
    grain = torch.randn((2, 3, 16, 16), generator=views.generator(7))
    torch.testing.assert_close(seen(x, "none", noise=0.3), x + 0.3 * grain, atol=1e-5, rtol=0)


def test_several_looks_are_all_pictures_over_and_over():
    x = torch.arange(2.0).view(2, 1, 1, 1).expand(2, 3, 16, 16)
    assert seen(x, "none", looks=3).mean((1, 2, 3)).round().tolist() == [0, 1] * 3


def test_pictures_that_share_look_each_as_one_alone_would():
    x = torch.rand(2, 3, 16, 16)
    together = seen(x, "crops", count=1, looks=3, sharing=2, noise=0.1)
    for i in range(2):
        alone = seen(x[i : i + 1], "crops", count=1, looks=3, noise=0.1)
        torch.testing.assert_close(together[i::2], alone)


def test_all_pictures_meet_and_each_climbs_once_a_turn():
    def turn(number):
        return [views.company(7, 3, chunk, views.generator(number)) for chunk in range(3)]

    assert [len(rows) for rows in turn(0)] == [3, 3, 1]
    assert sorted(row for rows in turn(0) for row in rows) == list(range(7))
    assert turn(0) != turn(1)
    assert views.company(3, 3, 0, views.generator(0)) == [0, 1, 2]


def test_a_direction_has_the_length_of_one():
    assert float(views.unit_vector(50, 3).norm()) == pytest.approx(1)
    assert not torch.equal(views.unit_vector(50, 3), views.unit_vector(50, 4))
