"""What pages are made of: widgets from declarations, theme, shell, presets, code panel."""

from apps.kit.preset import Claim, Page, Preset

__all__ = ["Claim", "Page", "Preset"]
