"""What pages are made of: widgets from declarations, theme, shell, presets, code panel."""

from apps.kit.preset import Claim, Guess, Page, Preset

__all__ = ["Claim", "Guess", "Page", "Preset"]
