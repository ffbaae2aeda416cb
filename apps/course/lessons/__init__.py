"""The pages of the course: one file each, found by their listing."""

import importlib
import pkgutil

from apps.course.lesson import Lesson


def names() -> tuple[str, ...]:
    """Every page in this folder, in the order of the course."""
    found = [module.name for module in pkgutil.iter_modules(__path__)]
    return tuple(sorted(found, key=lambda name: (load(name).lecture, load(name).place)))


def load(name: str) -> Lesson:
    """The page of that name."""
    lesson: Lesson = importlib.import_module(f"{__name__}.{name}").LESSON
    return lesson
