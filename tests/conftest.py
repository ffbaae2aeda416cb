"""As the lab itself: as many threads as it takes, set before torch is imported."""

from core import cpu

cpu.settle()
