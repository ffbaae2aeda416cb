"""What the README shows of a probe does what the contract asks."""

import re
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import torch

from apps.kit import Page
from core import run
from core.probe import completed, declared, made

README = Path(__file__).resolve().parents[1] / "README.md"


def shown(file: str) -> ModuleType:
    """The file of that name as the README shows it, run."""
    (code,) = re.findall(rf"`{re.escape(file)}`:\n\n```python\n(.*?)```", README.read_text(), re.S)
    found = ModuleType(Path(file).stem)
    exec(compile(code, file, "exec"), vars(found))  # noqa: S102
    return found


def test_the_probe_of_the_readme_shows_a_picture_in_range_that_is_detached():
    probe = completed(shown("core/probes/saliency.py"))
    now = made(probe.Settings, asdict(probe.Settings()))
    (frame,) = run.Run(probe, now, run.resolve(probe, now))
    picture = frame.panels["picture"]
    assert isinstance(picture, torch.Tensor)
    assert picture.shape[0] == 3
    assert not picture.requires_grad
    assert not any(number.requires_grad for number in frame.numbers.values())
    assert (picture.min() >= 0, picture.max()) == (True, 1)


def test_the_page_of_the_readme_names_settings_of_its_probe():
    page = shown("apps/pages/saliency.py").PAGE
    assert isinstance(page, Page)
    known = declared(shown("core/probes/saliency.py").Settings)
    assert set(re.findall(r"\{(\w+)\}", page.sentence)) <= set(known)
