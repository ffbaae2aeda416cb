"""The mosaic is the softmax over patches that its formula says, at the border too."""

import pytest
import torch
import torch.nn.functional as F

from core.diffusion import memory, mosaic, sampling, schedules


def scalar(value):
    return torch.tensor(value, dtype=torch.float64)


def drawn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def patch(x, i, j, reach):
    padded = F.pad(x, [reach] * 4)
    return padded[:, i : i + 2 * reach + 1, j : j + 2 * reach + 1]


def kind(i, size, reach):
    """Which side of the border a patch leaves, and by how much; None: neither."""
    return i if i < reach or i >= size - reach else None


def by_hand(x_t, a, pictures, side, roams):
    """One pixel, one picture, one place at a time."""
    reach, (_, height, width) = side // 2, x_t.shape
    x_0 = torch.zeros_like(x_t)
    where, share = torch.zeros(height, width, 3).long(), torch.zeros(height, width).double()
    for i in range(height):
        for j in range(width):
            mine, logits, centres, names = patch(x_t, i, j, reach), [], [], []
            for n, picture in enumerate(pictures):
                for k in range(height):
                    for l in range(width):  # noqa: E741
                        is_like = (k, l) == (i, j)
                        if roams:
                            is_like = all(
                                kind(p, size, reach) == kind(q, size, reach)
                                for p, q, size in ((i, k, height), (j, l, width))
                            )
                        if not is_like:
                            continue
                        apart = (mine - a.sqrt() * patch(picture, k, l, reach)).square().sum()
                        logits.append(-apart / (2 * (1 - a)))
                        centres.append(picture[:, k, l])
                        names.append((n, k, l))
            w = torch.stack(logits).softmax(0)
            x_0[:, i, j] = w @ torch.stack(centres)
            where[i, j] = torch.tensor(names[int(w.argmax())])
            share[i, j] = w.max()
    return x_0, where, share


@pytest.mark.parametrize("alpha_bar", [0.02, 0.6, 0.999])
@pytest.mark.parametrize("roams", [True, False], ids=["roaming", "in place"])
@pytest.mark.parametrize("side", [1, 3, 5, 7])
def test_it_is_the_formula_pixel_by_pixel(side, roams, alpha_bar, monkeypatch):
    monkeypatch.setattr(mosaic, "AT_ONCE", 64)  # so that the softmax runs over several blocks
    pictures, x_t, a = drawn(3, 2, 5, 6), drawn(2, 2, 5, 6, seed=1), scalar(alpha_bar)
    found = mosaic.composed(x_t, a, pictures, side, roams=roams)
    for b in range(2):
        x_0, where, share = by_hand(x_t[b], a, pictures, side, roams)
        assert torch.allclose(found.x_0[b], x_0, atol=1e-8)
        named = torch.stack([of[b] for of in (found.picture, found.row, found.column)], 2)
        assert torch.equal(named, where)
        assert torch.allclose(found.share[b], share, atol=1e-8)


@pytest.mark.parametrize("alpha_bar", [2e-9, 1e-3, 0.5, 0.99, 1 - 5e-5, 1 - 1e-9])
@pytest.mark.parametrize("side", [3, 7])
def test_single_precision_holds_at_every_noise(side, alpha_bar):
    pictures, a = drawn(8, 1, 12, 12, dtype=torch.float32).clamp(-1, 1), scalar(alpha_bar)
    x_t = sampling.noised(pictures[:2], drawn(2, 1, 12, 12, seed=2, dtype=torch.float32), a)
    single = mosaic.composed(x_t, a, pictures, side)
    double = mosaic.composed(x_t.double(), a, pictures.double(), side)
    assert float((single.x_0 - double.x_0).abs().max()) < 2e-3


def test_patches_larger_than_twice_the_picture_are_pictures():
    pictures, x_t, a = drawn(9, 3, 6, 6), drawn(2, 3, 6, 6, seed=3), scalar(0.4)
    found = mosaic.composed(x_t, a, pictures, 11)
    whole = memory.recalled(x_t, a, pictures)
    assert torch.allclose(found.x_0, whole.x_0, atol=1e-9)
    assert (found.picture == whole.which[:, None, None]).all()


def test_roaming_a_picture_that_is_moved_is_taken_for_the_moved_one():
    pictures = F.pad(drawn(4, 1, 3, 3), [6] * 4)  # far from the border, which tells places apart
    x_t, a = F.pad(drawn(1, 1, 3, 3, seed=4), [6] * 4), scalar(0.5)
    here = mosaic.composed(x_t, a, pictures, 3).x_0
    there = mosaic.composed(x_t.roll((2, -1), (2, 3)), a, pictures, 3).x_0
    inside = (..., slice(3, -3), slice(3, -3))
    assert torch.allclose(here.roll((2, -1), (2, 3))[inside], there[inside], atol=1e-9)
    in_place = mosaic.composed(x_t.roll((2, -1), (2, 3)), a, pictures, 3, roams=False).x_0
    assert not torch.allclose(here.roll((2, -1), (2, 3))[inside], in_place[inside], atol=1e-3)


def patches(x):
    """The 3 x 3 patches inside a picture of two values, as a set."""
    windows = x[0].sign().unfold(0, 3, 1).unfold(1, 3, 1).reshape(-1, 9)
    return {tuple(window) for window in windows.tolist()}


def test_a_sample_is_made_of_patches_that_it_knows_and_is_no_picture_that_it_knows():
    pictures = F.avg_pool2d(drawn(8, 1, 16, 16), 5, stride=1).sign()  # blots
    x = drawn(1, 1, 12, 12, seed=5)
    visited = schedules.visited("cosine", "leading", 50)
    denoise = mosaic.denoiser(pictures, lambda _: 5)
    for done in sampling.chain(denoise, x, visited, torch.Generator()):
        x = done.x_next
    known, made = set().union(*map(patches, pictures)), patches(x[0])
    assert float((x.abs() - 1).abs().max()) < 0.02
    assert len(made & known) > 0.8 * len(made)
    assert len(patches(drawn(1, 12, 12)) & known) < 0.4 * 100
    assert float(memory.nearest(x, pictures)[1]) > 0.3


@pytest.mark.parametrize("side", [0, 2, -1])
def test_an_even_patch_has_no_middle(side):
    with pytest.raises(mosaic.PatchError, match="choose 1, 3, 5"):
        mosaic.composed(drawn(1, 1, 4, 4), scalar(0.5), drawn(2, 1, 4, 4), side)
