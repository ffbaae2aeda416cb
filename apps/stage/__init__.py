"""Runs and viewers over the wire: frames out, controls in, one fair scheduler."""

from apps.stage.stage import Stage, StageError

__all__ = ["Stage", "StageError"]
