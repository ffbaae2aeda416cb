"""Few rooms, one job each: the dependency rule and the shape of the tree."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("apps/**/*.py")])
VAGUE = {"utils", "common", "helpers", "base", "manager", "misc"}


def test_imports_point_down_only():
    linter = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_has_one_job(path):
    assert len(path.read_text().splitlines()) <= 500
    assert path.stem not in VAGUE


def test_scripts_and_styles_are_as_short_as_code():
    for path in [*ROOT.glob("apps/**/*.js"), *ROOT.glob("apps/**/*.css")]:
        assert len(path.read_text().splitlines()) <= 400, path
