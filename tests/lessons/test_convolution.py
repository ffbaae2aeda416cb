"""A convolution is a dense layer with most wires cut and the rest tied: exactly."""

import itertools

import pytest
import torch
from torch.nn import functional as F

from core.lessons import convolution as subject
from core.lessons.convolution import Convolution, ShapeError

TOLERANCE = 1e-10
ALL = list(itertools.product(range(3, 9), range(1, 5), (1, 2, 3), (1, 2), (0, 1)))


def fits(size, kernel, stride, dilation, padding):
    return dilation * (kernel - 1) + 1 <= size + 2 * padding


FITTING = [Convolution(*one) for one in ALL if fits(*one)]


def drawn(c, seed=0):
    """A kernel, an input and a slope."""
    noise = torch.Generator().manual_seed(seed)
    sides = (c.kernel, c.size, c.out)
    return [torch.randn(n, n, generator=noise, dtype=torch.float64) for n in sides]


def close(ours, theirs):
    assert ours.shape == theirs.shape
    assert float((ours - theirs).abs().max()) < TOLERANCE


def by_loops(c, w, x):
    """The convolution as one would write it on paper, without a matrix and without torch's own."""
    y = torch.zeros(c.out, c.out, dtype=torch.float64)
    for p, q, i, j in itertools.product(*[range(c.out)] * 2, *[range(c.kernel)] * 2):
        row = p * c.stride + i * c.dilation - c.padding
        column = q * c.stride + j * c.dilation - c.padding
        if 0 <= row < c.size and 0 <= column < c.size:
            y[p, q] += w[i, j] * x[row, column]
    return y


def test_the_settings_of_the_page_are_tried_whole():
    assert len(ALL) == 288
    assert len(FITTING) > 250


def test_the_matrix_is_the_convolution():
    for c in FITTING:
        w, x, _ = drawn(c)
        torchs = F.conv2d(x[None, None], w[None, None], None, c.stride, c.padding, c.dilation)
        close(subject.forward(c, w, x), torchs[0, 0])


def test_the_matrix_is_what_loops_compute():
    for c in FITTING[::7]:
        w, x, _ = drawn(c)
        close(subject.forward(c, w, x), by_loops(c, w, x))


def test_the_gradient_of_a_tied_weight_is_the_sum_of_what_it_is_told():
    for c in FITTING:
        w, x, delta = drawn(c)
        w.requires_grad_()
        torchs = F.conv2d(x[None, None], w[None, None], None, c.stride, c.padding, c.dilation)
        (by_torch,) = torch.autograd.grad(torchs, w, delta[None, None])
        close(subject.weight_gradient(c, x, delta), by_torch)
        told = subject.shares(c, x, delta)
        close(told.mean(0), by_torch / c.positions)


def test_a_small_step_of_a_weight_changes_the_loss_by_its_gradient():
    for c in FITTING[::7]:
        w, x, target = drawn(c)
        delta = subject.forward(c, w, x) - target
        slope, small = subject.weight_gradient(c, x, delta), 1e-5
        for i, j in itertools.product(range(c.kernel), repeat=2):
            nudge = torch.zeros_like(w)
            nudge[i, j] = small
            up, down = (subject.loss(subject.forward(c, w + s * nudge, x), target) for s in (1, -1))
            assert float((up - down) / (2 * small)) == pytest.approx(float(slope[i, j]), abs=1e-7)


def test_the_gradient_of_the_input_is_the_transpose():
    for c in FITTING:
        w, x, delta = drawn(c)
        x.requires_grad_()
        y = F.conv2d(x[None, None], w[None, None], None, c.stride, c.padding, c.dilation)
        (by_torch,) = torch.autograd.grad(y, x, delta[None, None])
        ours = subject.input_gradient(c, w, delta)
        close(ours, by_torch)
        back = F.conv_transpose2d(
            delta[None, None], w[None, None], None, c.stride, c.padding, c.left_over, 1, c.dilation
        )
        close(ours, back[0, 0])


def test_without_a_border_every_row_holds_the_whole_kernel():
    for c in FITTING:
        A = subject.matrix(c, torch.ones(c.kernel, c.kernel, dtype=torch.float64))
        rows = (A != 0).sum(1)
        assert rows.max() <= c.kernel**2
        if not c.padding:
            assert torch.all(rows == c.kernel**2)
            assert len(c.wires) == c.kernel**2 * c.positions
        assert len(c.wires) == rows.sum()
        assert c.share_cut == pytest.approx(float((A == 0).double().mean()))


def test_a_flipped_kernel_is_the_convolution_of_the_text_books():
    for c in FITTING[::2]:
        w, x, _ = drawn(c)
        close(*subject.both_ways(c, w, x))


def test_the_text_books_convolution_is_what_loops_compute():
    c = Convolution(size=5, kernel=3)
    w, x, _ = drawn(c)
    y = torch.zeros(3, 3, dtype=torch.float64)
    for p, q, i, j in itertools.product(range(3), repeat=4):
        y[p, q] += w[i, j] * x[p + 2 - i, q + 2 - j]
    close(subject.both_ways(c, w, x)[1], y)


def test_the_matrix_of_the_notes():
    """The notes print it transposed: a row of theirs is a pixel, a column an application."""
    w = torch.arange(1, 10, dtype=torch.float64).reshape(3, 3)
    A = subject.matrix(subject.NOTES, w)
    assert A.shape == (4, 16)
    assert A[0].tolist() == [1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 0, 0, 0, 0]
    assert A[3].tolist() == [0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9]
    assert int((A != 0).sum()) == 36
    assert subject.NOTES.share_cut == pytest.approx(0.4375)  # 44 % cut, 56 % left


def test_a_bigger_picture_has_an_emptier_matrix():
    kept = [1 - Convolution(size=n).share_cut for n in (4, 8)]
    assert kept == [pytest.approx(0.5625), pytest.approx(0.140625)]
    photograph = 1 - Convolution(size=224).share_cut
    assert photograph == pytest.approx(0.00018, abs=1e-5)


def test_stride_erases_rows():
    c, every = Convolution(size=7, stride=2), Convolution(size=7)
    w, _, _ = drawn(c)
    kept = [p * every.out + q for p in range(0, 5, 2) for q in range(0, 5, 2)]
    assert torch.equal(subject.matrix(c, w), subject.matrix(every, w)[kept])


def test_the_proofs_of_the_page_hold_at_every_setting():
    for c in FITTING[::5]:
        for proof in subject.proofs(c, *drawn(c)).values():
            assert proof.holds, (c, proof)


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ("matrix", {"forward", "input", "flip"}),
        ("weight_gradient", {"weights", "mean"}),
        ("input_gradient", {"input"}),
    ],
)
def test_a_flipped_sign_breaks_the_proofs_that_rest_on_it(monkeypatch, part, broken):
    right = getattr(subject, part)
    monkeypatch.setattr(subject, part, lambda *given: -right(*given))
    found = subject.proofs(subject.NOTES, *drawn(subject.NOTES))
    assert {name for name, proof in found.items() if not proof.holds} == broken


def test_what_is_not_a_number_is_no_proof():
    assert not subject.Proof("x", float("nan")).holds


def test_a_kernel_that_does_not_fit_is_answered_with_one_that_does():
    with pytest.raises(ShapeError, match=r"covers 7 pixels a side, and the input has only 4"):
        Convolution(size=4, kernel=4, dilation=2)
    with pytest.raises(ShapeError, match=r"border of 1 has only 6: choose a kernel of 3 at most"):
        Convolution(size=4, kernel=4, dilation=2, padding=1)
    for one in ALL:
        if not fits(*one):
            with pytest.raises(ShapeError) as told:
                Convolution(*one)
            size, _, stride, dilation, padding = one
            smaller = int(str(told.value).split("a kernel of ")[-1].split(" ")[0].rstrip(","))
            larger = int(str(told.value).split("at least ")[-1].rstrip("."))
            assert Convolution(size, smaller, stride, dilation, padding)
            assert Convolution(larger, *one[1:])
