"""A page without presets, live settings and control."""

from apps.kit import Page

PAGE = Page(probe="words", sentence="Nothing is chosen here.", presets=())
