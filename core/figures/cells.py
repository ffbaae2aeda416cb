"""A table of numbers as squares."""

from jaxtyping import Float
from torch import Tensor


def svg(values: Float[Tensor, "rows columns"], label: str, *, lit: int | None = None) -> str:
    """Squares as dark as their numbers are large; what is 0 is left out, and one row is lit."""
    rows, columns = values.shape
    most = float(values.abs().max()) or 1.0
    squares = "".join(
        f'<rect x="{x + 0.06:.2f}" y="{y + 0.06:.2f}" width=".88" height=".88" rx=".12" '
        f'fill="var(--{"live" if y == lit else "ink"})" '
        f'fill-opacity="{0.25 + 0.75 * abs(float(values[y, x])) / most:.2f}"/>'
        for y in range(rows)
        for x in range(columns)
        if values[y, x] != 0
    )
    return (
        f'<svg viewBox="0 0 {columns} {rows}" role="img" aria-label="{label}">'
        f'<rect width="{columns}" height="{rows}" rx=".3" fill="var(--tint)"/>{squares}</svg>'
    )
