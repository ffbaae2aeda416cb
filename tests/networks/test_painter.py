"""The painter paints any size in range, learns the right way, and goes into a file and back."""

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save

from core import pictures
from core.export import saved
from core.networks import painter


def drawn(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (64, 48), (50, 99)])
def test_a_picture_of_any_size_comes_back_at_its_size_and_in_range(size):
    y = painter.painted(painter.initial_parameters(0), drawn(2, 3, *size))
    assert y.shape == (2, 3, *size)
    assert y.min() >= 0
    assert y.max() <= 1


def test_a_plain_picture_is_painted_the_same_at_every_size():
    small, large = (torch.full((1, 3, side, side), 0.3) for side in (16, 48))
    p = painter.initial_parameters(1)
    found = [painter.painted(p, x) for x in (small, large)]
    assert torch.allclose(found[1][:, :, :16, :16], found[0], atol=1e-5)


def test_pictures_of_a_batch_do_not_know_of_each_other():
    p, x = painter.initial_parameters(0), drawn(2, 3, 32, 32)
    both = painter.painted(p, x)
    assert torch.allclose(both[:1], painter.painted(p, x[:1]), atol=1e-6)


def test_it_has_as_many_parameters_as_it_says():
    assert 40_000 < painter.COUNT < 150_000
    assert painter.initial_parameters(0).shape == (1, painter.COUNT)
    assert (
        sum(one.numel() for one in painter.parts(painter.initial_parameters(0)).values())
        == painter.COUNT
    )


@pytest.mark.parametrize(("stride", "groups", "kernel"), [(1, 1, 5), (2, 1, 3), (1, 4, 3)])
@pytest.mark.parametrize("side", [12, 15])
def test_the_slope_of_a_convolution_is_torchs(stride, groups, kernel, side):
    x = drawn(2, 4, side, side).double().requires_grad_()
    w = drawn(8 if groups == 1 else 4, 4 // groups, kernel, kernel, seed=1).double()
    w.requires_grad_()
    up = drawn(2, len(w), *F.conv2d(x, w, stride=stride, groups=groups).shape[2:], seed=2).double()
    ours = painter._Convolution.apply(x, w, stride, groups)
    theirs = F.conv2d(x, w, stride=stride, groups=groups)
    for a, b in zip(
        torch.autograd.grad(ours, (x, w), up), torch.autograd.grad(theirs, (x, w), up), strict=True
    ):
        assert torch.allclose(a, b)


@pytest.mark.parametrize("n", [1, 2])
def test_the_slope_rounds_the_same_on_one_thread_and_on_two(n):
    x, p, found = drawn(n, 3, 64, 64), painter.initial_parameters(0).requires_grad_(), []
    before = torch.get_num_threads()
    try:
        for threads in (2, 1):
            torch.set_num_threads(threads)
            y = painter.painted(p, x)
            found.append(torch.autograd.grad(y, p, x.flip(3))[0])
    finally:
        torch.set_num_threads(before)
    assert torch.equal(*found)


def test_a_file_brings_it_back_within_half_precision():
    p = painter.initial_parameters(3)
    file = painter.pack(p, style="mosaic")
    assert len(file) < 100_000
    assert torch.equal(painter.unpack(file), p.half().float())


def test_as_a_picture_of_its_bytes_it_comes_back_to_the_bit():
    p = painter.initial_parameters(3).half().float()
    data = pictures.png(painter.pictured(p))
    assert torch.equal(painter.read_from(pictures.read(data, side=saved.SIDE)), p)
    with pytest.raises(painter.PainterError, match="holds no painter"):
        painter.read_from(pictures.load("cat"))


def test_a_picture_that_is_too_small_is_refused_in_a_sentence():
    with pytest.raises(painter.PainterError, match="8 x 40 px; the painter needs at least 16 px"):
        painter.painted(painter.initial_parameters(0), torch.zeros(1, 3, 40, 8))


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (b"no weights", "holds no painter"),
        (save({"first": torch.zeros(3)}), "no painter of this lab"),
        (
            save({**painter.parts(painter.initial_parameters(0)), "zoo": torch.zeros(3)}),
            "it has 'zoo' too",
        ),
        (bytes(painter.MOST + 1), "larger than the 2 MB"),
    ],
)
def test_a_file_that_is_no_painter_is_refused_in_a_sentence(file, why):
    with pytest.raises(painter.PainterError, match=why):
        painter.unpack(file)


def test_a_painter_of_numbers_that_are_not_finite_is_refused():
    with pytest.raises(painter.PainterError, match="not finite"):
        painter.unpack(painter.pack(painter.initial_parameters(0) * torch.inf))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(painter.PainterError, match="no painter in"):
        painter.read(tmp_path / "none.safetensors")


@pytest.mark.parametrize("style", painter.SHIPPED)
def test_what_ships_is_small_and_has_a_card(style):
    assert painter.shipped(style).shape == (1, painter.COUNT)
    path = painter.WEIGHTS / f"painter-{style}.safetensors"
    assert path.stat().st_size <= 2 * 10**6
    assert path.with_suffix(".json").is_file()
