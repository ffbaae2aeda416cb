"""What a recipe says while it works."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Report:
    """Where a recipe stands: so many `of` pictures drawn, or steps made.

    seconds, left: gone by, and to come at this rate. losses: means since the last report.
    """

    doing: str
    done: int
    of: int
    seconds: float = 0.0
    left: float = 0.0
    pictures_per_second: float = 0.0
    losses: Mapping[str, float] = field(default_factory=dict)
