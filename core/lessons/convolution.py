"""Is a convolution just a dense layer with most wires cut and the rest tied?

A convolution is a sum of products, one for each output and each weight of the
kernel. The list of these products is the whole layer: written into a matrix, a
row for each output and a column for each pixel, it is a dense layer A in which
most wires are cut (the zeros) and the rest are tied (a weight stands in many
places). Its gradients follow from A alone.

Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016,
https://arxiv.org/abs/1603.07285, chapter 4.1. Everything here is float64.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from core.lessons.proof import Proof, apart

Kernel = Float[Tensor, "k k"]
Input = Float[Tensor, "n n"]
Output = Float[Tensor, "o o"]


class ShapeError(ValueError):
    """A kernel that does not fit; the message says what to change."""


@dataclass(frozen=True)
class Convolution:
    """One channel in, one channel out: a square input of `size`, a square kernel."""

    size: int = 4
    kernel: int = 3
    stride: int = 1
    dilation: int = 1
    padding: int = 0

    def __post_init__(self) -> None:
        if self.span > self.framed:
            holes = f" with holes of {self.dilation - 1}" if self.dilation > 1 else ""
            border = f" with its border of {self.padding}" if self.padding else ""
            raise ShapeError(
                f"A kernel of {self.kernel}{holes} covers {self.span} pixels a side, and the "
                f"input{border} has only {self.framed}: choose {self._remedy}."
            )

    @property
    def _remedy(self) -> str:
        fits = (self.framed - 1) // self.dilation + 1
        smaller = f"a kernel of {fits} at most"
        return f"{smaller}, or an input of at least {self.span - 2 * self.padding}"

    @property
    def span(self) -> int:
        """Pixels a side that the kernel covers, holes included."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def framed(self) -> int:
        """Pixels a side of the input with its border of zeros."""
        return self.size + 2 * self.padding

    @property
    def out(self) -> int:
        """Pixels a side of the output."""
        return (self.framed - self.span) // self.stride + 1

    @property
    def positions(self) -> int:
        """How often the kernel is applied: the rows of the matrix."""
        return self.out**2

    @property
    def left_over(self) -> int:
        """Pixels at the far edge that the last step does not reach."""
        return (self.framed - self.span) % self.stride

    @cached_property
    def products(self) -> Int[Tensor, "product 4"]:
        """Every product of the layer: which output, weight, pixel of the framed input, and column.

        The column is the pixel's place in the input, or -1 for a zero of the border.
        """
        p, q, i, j = torch.meshgrid(
            *(torch.arange(n) for n in (self.out, self.out, self.kernel, self.kernel)),
            indexing="ij",
        )
        y, x = p * self.stride + i * self.dilation, q * self.stride + j * self.dilation
        row, column = y - self.padding, x - self.padding
        inside = (row >= 0) & (row < self.size) & (column >= 0) & (column < self.size)
        column = torch.where(inside, row * self.size + column, -1)
        table = (p * self.out + q, i * self.kernel + j, y * self.framed + x, column)
        return torch.stack([one.flatten() for one in table], -1)

    @property
    def wires(self) -> Int[Tensor, "wire 4"]:
        """The products with a pixel of the input: the entries of the matrix that are not cut."""
        return self.products[self.products[:, 3] >= 0]

    @property
    def links(self) -> dict[str, list[int]]:
        """Every product once, and its cell in each picture of the layer: -1 where it has none.

        output, weight, pixel (of the framed input), column (of the input), entry (of the matrix).
        """
        output, weight, pixel, column = self.products.T
        entry = torch.where(column < 0, -1, output * self.size**2 + column)
        named = {"output": output, "weight": weight, "pixel": pixel, "column": column}
        return {name: one.tolist() for name, one in {**named, "entry": entry}.items()}

    def meetings(self, name: str) -> list[int]:
        """How many entries of the matrix each cell of a picture of the layer has part in."""
        at = ("output", "weight", "pixel", "column").index(name)
        cells = (self.positions, self.kernel**2, self.framed**2, self.size**2)[at]
        return torch.bincount(self.wires[:, at], minlength=cells).tolist()

    @property
    def border(self) -> list[int]:
        """The cells of the framed input that are zeros of the border."""
        outside = framed(self, torch.ones(self.size, self.size)) == 0
        return outside.flatten().nonzero()[:, 0].tolist()

    @property
    def share_cut(self) -> float:
        """The share of the matrix that is zero whatever the kernel.

        Rows and columns of the picture are alike, so the wires of one axis are counted, and squared.
        """
        places = torch.arange(self.out)[:, None] * self.stride - self.padding
        reached = places + torch.arange(self.kernel) * self.dilation
        wires = int(((reached >= 0) & (reached < self.size)).sum())
        return 1 - (wires / (self.out * self.size)) ** 2


LARGEST = 9.0  # a weight that can be written
NOTES = Convolution()  # the matrix of the lecture's notes: 4 x 4, kernel 3, stride 1


def matrix(c: Convolution, w: Kernel) -> Float[Tensor, "row column"]:
    """The dense layer A: A vec(x) is the convolution of x with w."""
    output, weight, _, column = c.wires.T
    A = torch.zeros(c.positions, c.size**2, dtype=w.dtype)
    A[output, column] = w.flatten()[weight]
    return A


def forward(c: Convolution, w: Kernel, x: Input) -> Output:
    """A vec(x), as a picture."""
    return (matrix(c, w) @ x.flatten()).reshape(c.out, c.out)


def input_gradient(c: Convolution, w: Kernel, delta: Output) -> Input:
    """dL/dx = A^T delta: the same wires, walked back."""
    return (matrix(c, w).T @ delta.flatten()).reshape(c.size, c.size)


def shares(c: Convolution, x: Input, delta: Output) -> Float[Tensor, "position k k"]:
    """What each application of the kernel asks of its weights: delta_p patch_p."""
    output, weight, pixel, _ = c.products.T
    found = torch.zeros(c.positions, c.kernel**2, dtype=x.dtype)
    found[output, weight] = delta.flatten()[output] * framed(c, x).flatten()[pixel]
    return found.reshape(-1, c.kernel, c.kernel)


def weight_gradient(c: Convolution, x: Input, delta: Output) -> Kernel:
    """dL/dw = sum over positions of delta_p patch_p: a tied weight adds up what it is told."""
    return shares(c, x, delta).sum(0)


def framed(c: Convolution, x: Input) -> Float[Tensor, "m m"]:
    """The input with its border of zeros."""
    return F.pad(x, [c.padding] * 4)


def bright_spot(size: int) -> Input:
    """A picture to look at: a bright round spot, in tenths, so that one can check by hand."""
    y, x = torch.meshgrid(*[torch.arange(size, dtype=torch.float64)] * 2, indexing="ij")
    middle = (size - 1) / 2
    far = ((y - middle + 0.5).square() + (x - middle - 0.5).square()).sqrt()
    return (1.3 - 1.8 * far / size).clamp(0, 1).mul(10).round().div(10)


def untaught(side: int) -> Kernel:
    """A kernel to begin with: no two weights alike, so that one sees which are tied."""
    tenths = (9, -6, 3, -2, 7, -4, 5, -8, 1, -3, 6, -7, 8, -1, 4, -9)
    return torch.tensor(tenths[: side**2], dtype=torch.float64).reshape(side, side) / 10


def kernel_text(w: Kernel) -> str:
    """A kernel as the text of a link, to four digits."""
    return ",".join(f"{float(value):.4g}" for value in w.flatten())


def rewritten(w: Kernel, cell: int, value: float) -> str:
    """The text of a kernel with one weight changed."""
    changed = w.flatten().clone()
    changed[cell] = value
    return kernel_text(changed.reshape(w.shape))


def kernel(text: str, side: int) -> Kernel:
    """The kernel of a text, or the first one where the text is none of this size."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        return untaught(side)
    w = torch.tensor(values, dtype=torch.float64)
    if len(w) != side**2 or not bool(torch.isfinite(w).all()):
        return untaught(side)
    return w.clamp(-LARGEST, LARGEST).reshape(side, side)


def copying(side: int) -> Kernel:
    """The kernel that copies the pixel in its middle: what the kernel is taught here."""
    w = torch.zeros(side, side, dtype=torch.float64)
    w[side // 2, side // 2] = 1
    return w


def slope(c: Convolution, w: Kernel, x: Input) -> Output:
    """The slope dL/dy, where L is how far the output is from a copy of the input."""
    return forward(c, w, x) - forward(c, copying(c.kernel), x)


def tied_gradient(told_by: Float[Tensor, "position k k"], by: str) -> Kernel:
    """What a tied weight makes of what its places ask of it: the sum, or the mean."""
    return told_by.sum(0) if by == "sum" else told_by.mean(0)


def losses(
    c: Convolution, w: Kernel, x: Input, *, by: str, rate: float, steps: int
) -> Float[Tensor, " step"]:
    """The loss before the first step, and after each."""
    target = forward(c, copying(c.kernel), x)
    found = []
    for _ in range(steps + 1):
        found.append(loss(forward(c, w, x), target))
        w = descended(c, w, x, by=by, rate=rate)
    return torch.stack(found)


def descended(c: Convolution, w: Kernel, x: Input, *, by: str, rate: float) -> Kernel:
    """The kernel after one step against its gradient."""
    return w - rate * tied_gradient(shares(c, x, slope(c, w, x)), by)


def loss(y: Output, target: Output) -> Float[Tensor, ""]:
    """Half the squared distance; its slope in y is y - target."""
    return (y - target).square().sum() / 2


def proofs(
    c: Convolution,
    w: Kernel,
    x: Input,
    delta: Output,
) -> dict[str, Proof]:
    """The identities of this page at these numbers, held against torch."""
    x_0, w_0 = (one.detach()[None, None].clone().requires_grad_() for one in (x, w))
    y = F.conv2d(x_0, w_0, stride=c.stride, padding=c.padding, dilation=c.dilation)
    (by_torch,) = torch.autograd.grad(y, w_0, delta[None, None])
    back = F.conv_transpose2d(
        delta[None, None], w[None, None], stride=c.stride, padding=c.padding,
        dilation=c.dilation, output_padding=c.left_over,
    )  # fmt: skip
    ours, told = weight_gradient(c, x, delta), shares(c, x, delta)
    return {
        "forward": apart("‖A·vec(x) − conv(x)‖∞", forward(c, w, x), y[0, 0].detach()),
        "weights": apart("‖Σₚ δₚ·patchₚ − autograd‖∞", ours, by_torch[0, 0]),
        "mean": apart("‖#p · mean − sum‖∞", c.positions * told.mean(0), ours),
        "input": apart("‖Aᵀδ − conv_transpose(δ)‖∞", input_gradient(c, w, delta), back[0, 0]),
        "flip": apart("‖conv(flip(w)) − true convolution‖∞", *both_ways(c, w, x)),
    }


def both_ways(c: Convolution, w: Kernel, x: Input) -> tuple[Output, Output]:
    """This layer with its kernel flipped, and the convolution of the text-books.

    sum_i w_i x_{p - i} is the product of two polynomials; it is computed as such,
    by the Fourier transform, and read where the layer looks.
    """
    flipped = forward(c, w.flip(0, 1), x)
    holes = torch.zeros(c.span, c.span, dtype=w.dtype)
    holes[:: c.dilation, :: c.dilation] = w
    side = [c.framed + c.span - 1] * 2
    whole = torch.fft.irfft2(
        torch.fft.rfft2(framed(c, x), side) * torch.fft.rfft2(holes, side), side
    )
    read = slice(c.span - 1, c.framed, c.stride)
    return flipped, whole[read, read]
