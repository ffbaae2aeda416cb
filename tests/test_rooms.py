"""Few rooms, one job each: the dependency rule and the shape of the tree."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = (".py", ".js", ".css")
FILES = [p for room in ("core", "apps") for p in ROOT.glob(f"{room}/**/*") if p.suffix in SUFFIXES]
LINES = 500  # of a file at most
VAGUE = {"utils", "common", "helpers", "base", "manager", "misc"}


def test_imports_point_down_only():
    linter = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_no_source_script_or_style_is_too_long():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in FILES}
    assert len(lengths) > 200  # all of them were found
    assert {name: length for name, length in lengths.items() if length > LINES} == {}


def test_no_file_has_a_name_that_says_nothing():
    assert [path for path in FILES if path.stem in VAGUE] == []
