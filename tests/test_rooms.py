"""Few rooms, one job each: the dependency rule and the shape of the tree."""

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = (".py", ".js", ".css")
FILES = [p for room in ("core", "apps") for p in ROOT.glob(f"{room}/**/*") if p.suffix in SUFFIXES]
LINES = 500  # of a file at most
VAGUE = {"utils", "common", "helpers", "base", "manager", "misc"}
# names that came to mean something else in every module; a name of the field says which it is
WORN = {"told", "opened", "drawn", "beside", "asked"}
WORN |= {"Subject", "Job", "Side", "Weights", "Task", "Lesson"}
MODULES = 2  # at most, that define one of them


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


def defined(path: Path) -> Iterator[str]:
    """The names of a module: its own, its functions, methods and classes, and what it assigns."""
    yield path.stem
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name.lstrip("_")
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id.lstrip("_")


def test_no_worn_name_is_defined_in_more_than_two_modules():
    modules = defaultdict(set)
    for path in FILES:
        if path.suffix == ".py":
            for name in defined(path):
                modules[name].add(str(path.relative_to(ROOT)))
    assert modules["run"]  # definitions are found
    assert {name: modules[name] for name in WORN if len(modules[name]) > MODULES} == {}
