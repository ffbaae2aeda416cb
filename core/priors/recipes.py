"""What each parametrisation is best climbed with: sizes, steps and views, for a class or for the rest."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """Canvas and view are sides in px; `at_once` is how many pictures a step takes within 100 ms."""

    canvas: int
    view: int
    steps: int
    views: str = "crops"  # see views.through
    smallest: float = 0.6  # crop
    at_once: int = 4
    looks: int = 1  # views of each picture at a step
    size: int = 0  # of the last picture, where it is drawn anew
    count: int = 1  # pictures in all

    @property
    def chunks(self) -> int:
        """Frames that one step of all the pictures takes."""
        return -(-self.count // self.at_once)


_SPECTRUM = (Recipe(160, 128, 96), Recipe(192, 160, 128, views="both", smallest=0.5, at_once=2))
_PLANE = Recipe(96, 96, 320, at_once=1, size=384)
RECIPES = {
    "fourier": _SPECTRUM,
    "natural": (
        Recipe(160, 128, 128, at_once=2, looks=2),
        Recipe(192, 128, 160, smallest=0.5, at_once=1, looks=2),
    ),
    "plane": (_PLANE, _PLANE),
    "pixels": _SPECTRUM,
}
"""For units, neurons, layers and directions; and for classes."""
