"""What a page shows of its own identity: two ways to the same number, and what is between them."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

TOLERANCE = 1e-10  # float64


@dataclass(frozen=True)
class Proof:
    """An identity as a formula, and how far its two sides are apart now."""

    formula: str
    residual: float
    tolerance: float = TOLERANCE

    @property
    def holds(self) -> bool:
        """Whether the two sides are the same number; false for NaN."""
        return self.residual <= self.tolerance


def apart(formula: str, ours: Float[Tensor, "..."], theirs: Float[Tensor, "..."]) -> Proof:
    """The largest difference of two tensors that should be one."""
    return Proof(formula, float((ours - theirs).abs().max()))
