"""Runs and viewers over the wire: frames out, controls in, one fair scheduler."""

from apps.stage.errors import StageError
from apps.stage.stage import Stage

__all__ = ["Stage", "StageError"]
