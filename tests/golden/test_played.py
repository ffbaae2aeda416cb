"""Links and saved pictures of an earlier lab play to the pixels that they were made with.

The 24 records were made by the code of commit 903dff1 (records of version 1), three for
each of the eight probes that there were. Each was made by a server with the stage and
the probes, and by messages on its socket as a browser sends them: 2 where 2.0 is meant.

- `PROBE` of links.json is a link: a run that was steered while it ran (with an action
  where the probe has any), paused, and asked for its link. Its picture, as the server
  saved it at that step, is links/PROBE.png, without a record inside.
- PROBE-branch.png was saved by /run/N/picture.png. Its run was steered, went back on the
  time line and was changed there; the branch that it left stands beside it.
- PROBE-brought.png has a picture, a mask or a painter's file of a visitor inside, and a
  twin that differs in a setting. Evolve and Linear take no file: PROBE-twin.png has the
  twin alone.

The records are never made anew. A new version of records adds its own beside them.

The pixels are promised on one kind of machine only: another processor, or another build
of torch, adds floats in another order, and every step uphill makes more of the last bit.
So links.json has a canary, a small computation made where the records were made. Where it
comes out the same, the pixels must be the same; elsewhere they may be 2 of 255 levels
apart in the mean, where a difference is seen by no eye.

Painter trains a network, which makes of the last bit another painting. Its pictures were made
by the same old code on a second kind of machine too (records/second), and by name of what a
small training comes to there. Where neither kind is at hand its records must only play.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core import probes, records
from tests.golden.canary import canary, trained
from tests.stage.conftest import Sent, served

RECORDS = Path(__file__).parent / "records"
INDEX = json.loads((RECORDS / "links.json").read_text())
LINKS = INDEX["links"]
SAVED = sorted(path.stem for path in RECORDS.glob("*.png"))
NAMES = [*LINKS, *SAVED]
SECOND = RECORDS / "second"
PROBES = ["dream", "evolve", "features", "fool", "inversion", "linear", "painter", "style"]
APART = 2.0  # levels of 255, in the mean, on another kind of machine
# where the network is sure to 1e-17, nothing but rounding says in which direction to go on
WIDER = {"fool-branch": 6.0}


@dataclass(frozen=True)
class Played:
    """What the command line made of a record: exit code, picture, and what it complained of."""

    code: int
    pixels: np.ndarray
    said: str


def pixels(path: Path) -> np.ndarray:
    return np.array(Image.open(path).convert("RGB"))


def wanted(name: str) -> np.ndarray:
    """The picture that a record was made with."""
    return pixels(RECORDS / (f"links/{name}.png" if name in LINKS else f"{name}.png"))


@pytest.fixture(scope="module")
def is_same_machine() -> bool:
    return canary() == INDEX["canary"]


@pytest.fixture(scope="module")
def done() -> dict[str, Played]:
    return {}


@pytest.fixture
def played(called, done, tmp_path) -> Callable[[str], Played]:
    """Play a record by the command line, once for all tests."""

    def play(name: str) -> Played:
        if name not in done:
            record = LINKS[name]["link"] if name in LINKS else RECORDS / f"{name}.png"
            code, _, said = called("replay", record, "-o", tmp_path / "out.png", "--quiet")
            assert (tmp_path / "out.png").exists(), said
            done[name] = Played(code, pixels(tmp_path / "out.png"), said)
        return done[name]

    return play


def compare(found: np.ndarray, name: str, *, exactly: bool) -> None:
    """Fail unless this is the picture of the record."""
    before = wanted(name)
    assert found.shape == before.shape
    if name.startswith("painter") and not np.array_equal(found, before):
        if trained() == INDEX["trained on the second"]:
            assert np.array_equal(found, pixels(SECOND / f"{name}.png"))
        return
    apart = np.abs(found.astype(int) - before.astype(int))
    if exactly:
        assert not apart.any(), f"{name}: {apart.mean():.3f} levels apart, at most {apart.max()}."
    assert apart.mean() <= WIDER.get(name, APART), f"{name}: {apart.mean():.3f} levels apart."


@pytest.mark.parametrize("name", NAMES)
def test_a_record_plays_to_the_picture_that_it_was_made_with(played, is_same_machine, name):
    compare(played(name).pixels, name, exactly=is_same_machine)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_a_record_is_left_out(played, name):
    assert (played(name).code, played(name).said) == (0, "")


@pytest.mark.parametrize("name", LINKS)
def test_the_picture_kept_beside_a_link_is_the_one_that_was_saved(name):
    assert hashlib.sha256(wanted(name).tobytes()).hexdigest() == LINKS[name]["sha256"]


def test_each_probe_has_a_link_and_two_saved_pictures():
    assert sorted(LINKS) == PROBES
    assert Counter(name.partition("-")[0] for name in SAVED) == dict.fromkeys(PROBES, 2)


def test_every_file_among_the_records_is_played():
    files = {str(path.relative_to(RECORDS)) for path in RECORDS.rglob("*") if path.is_file()}
    known = {"links.json", *(f"links/{name}.png" for name in LINKS)}
    second = {f"second/{name}.png" for name in NAMES if name.startswith("painter")}
    assert files == known | second | {f"{name}.png" for name in SAVED}


def test_a_link_plays_to_the_same_picture_on_the_stage(is_same_machine):
    link = LINKS["style"]["link"]
    with ExitStack() as stack:
        server = served(stack, probes.load)
        stack.enter_context(server.sockets)
        page = server.page()
        page.say(open={"link": link})
        shown = page.until(lambda m: isinstance(m, Sent) and m.encoding and not m.panel, 60)
    assert shown.step == records.unpack(link)["step"]
    compare(shown.pixels.permute(1, 2, 0).numpy(), "style", exactly=is_same_machine)
