"""An atlas is the same whoever makes it, and whoever is killed while it is made."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.atlas import book
from core.atlas.crew import Order, written
from core.probe import SettingError
from core.probes.features import Settings

ROOT = Path(__file__).resolve().parents[2]
SMALL = Settings(canvas=48, view=48, steps=2)
LONG = replace(SMALL, steps=12)  # long enough that a worker can be killed at it


def order(folder: Path, **more: Any) -> Order:
    """Nine units of an early layer, by this process alone."""
    settings = {"layers": ("blocks.0",), "units": tuple(range(9)), "workers": 1, "quiet": True}
    return Order(folder, **{**settings, "settings": SMALL, **more})


def files(folder: Path) -> dict[str, bytes]:
    """Every file of an atlas, its manifest among them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_unit_has_a_file_and_its_numbers_are_in_the_manifest(tmp_path):
    told = written(order(tmp_path))
    assert (told["made"], told["units"], told["stopped"]) == (9, 9, "")
    assert len(files(tmp_path)) == 10
    manifest = json.loads((tmp_path / book.MANIFEST).read_bytes())
    assert manifest["network"] == "lite0"
    assert len(manifest["fingerprint"]) == 16
    assert manifest["recipe"]["steps"] == 2
    units = manifest["layers"]["blocks.0"]["units"]
    assert list(units) == [str(unit) for unit in range(9)]
    for unit, numbers in units.items():
        assert numbers == (book.described(tmp_path / f"blocks.0/{unit:>04}.webp") or {})["numbers"]
        assert numbers["score"] == pytest.approx(numbers["score"], abs=0)
        assert not numbers["silent"]


def test_what_is_there_and_whole_is_not_made_again(tmp_path):
    written(order(tmp_path))
    before = files(tmp_path)
    spoilt = [tmp_path / f"blocks.0/000{unit}.webp" for unit in (2, 3, 7)]
    spoilt[0].unlink()
    spoilt[1].write_bytes(spoilt[1].read_bytes()[:-1])
    spoilt[2].write_bytes(b"")
    (tmp_path / book.MANIFEST).unlink()
    (tmp_path / book.MANIFEST).write_bytes(json.dumps({**_head(before), "layers": {}}).encode())
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*/*") if path not in spoilt}
    assert written(order(tmp_path))["made"] == 3
    assert files(tmp_path) == before
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert written(order(tmp_path))["made"] == 0


def _head(found: dict[str, bytes]) -> dict[str, Any]:
    manifest = json.loads(found[book.MANIFEST])
    return {name: value for name, value in manifest.items() if name != "layers"}


def test_order_company_and_number_of_workers_change_no_byte(tmp_path):
    written(order(tmp_path / "one"))
    written(order(tmp_path / "two", workers=2, backend="threading"))
    for units in ((8,), (5, 0, 7, 2), (6, 4), (1, 3)):
        written(order(tmp_path / "bits", units=units))
    assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "bits")


def test_units_are_drawn_by_seed(tmp_path):
    drawn = {"units": (), "number": 3, "layers": ("blocks.0", "blocks.1")}
    written(order(tmp_path / "a", **drawn))
    written(order(tmp_path / "b", **drawn))
    written(order(tmp_path / "c", **drawn, draw=1))
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert files(tmp_path / "a").keys() != files(tmp_path / "c").keys()
    assert len(files(tmp_path / "c")) == 4


def test_ctrl_c_keeps_what_is_done(tmp_path, monkeypatch):
    put = book.Book.put

    def third(self: book.Book, layer: str, unit: int, data: bytes) -> None:
        if len(list(self.folder.glob("*/*"))) == 6:
            raise KeyboardInterrupt
        put(self, layer, unit, data)

    monkeypatch.setattr(book.Book, "put", third)
    told = written(order(tmp_path))
    assert (told["stopped"], told["units"]) == (
        f"Stopped: 6 units are in {tmp_path}.",
        6,
    )
    monkeypatch.undo()
    assert written(order(tmp_path))["made"] == 3
    written(order(tmp_path / "other" / "whole"))
    whole = files(tmp_path / "other" / "whole")
    assert {name: files(tmp_path)[name] for name in whole} == whole


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"layers": ("blocks.44",)}, "has no layer 'blocks.44': did you mean blocks.4"),
        (
            {"units": (16,)},
            "unit = 16 is out of range: blocks.0 of EfficientNet-Lite0 has 16 units",
        ),
        ({"backend": "spark"}, "no backend 'spark': choose loky, dask, ray, threading"),
        ({"workers": -2}, "choose 1 to 1024"),
        ({"number": 4}, "one or the other"),
        ({"cluster": "tcp://a:1"}, "add --backend dask or ray"),
        ({"settings": replace(SMALL, network="lite9")}, "no network 'lite9'"),
    ],
)
def test_what_cannot_be_is_answered_and_nothing_is_made(tmp_path, wrong, sentence):
    with pytest.raises((SettingError, LookupError), match=sentence.replace(".", r"\.")):
        written(order(tmp_path / "atlas", **wrong))
    assert not (tmp_path / "atlas").exists()


def test_a_folder_of_another_recipe_or_with_something_else_is_left_alone(tmp_path):
    written(order(tmp_path / "a", units=(1,)))
    before = files(tmp_path / "a")
    with pytest.raises(SettingError, match="holds an atlas of another recipe"):
        written(order(tmp_path / "a", settings=LONG))
    assert files(tmp_path / "a") == before
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.txt").write_text("mine")
    with pytest.raises(SettingError, match="holds something else"):
        written(order(tmp_path / "b"))


def test_ray_that_is_not_installed_is_answered_with_the_line_that_does(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingError, match="pip install ray"):
        written(order(tmp_path, backend="ray"))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_process_loses_only_what_it_was_at(tmp_path):
    command = [
        sys.executable, "-m", "core", "atlas", "--layers", "blocks.0", "--canvas", "48",
        "--view", "48", "--steps", "12", "--workers", "2", "--quiet", "-o",
    ]  # fmt: skip
    killed = tmp_path / "killed"
    with subprocess.Popen([*command, str(killed)], cwd=ROOT, stdout=subprocess.PIPE) as process:
        workers = _when(lambda: _children(process.pid, "LokyProcess"), lambda found: len(found) > 1)
        assert len(_when(lambda: list(killed.glob("*/*.webp")), bool)) < 16
        os.kill(workers[0], signal.SIGKILL)
        assert json.loads(process.communicate()[0])["units"] == 16
        assert process.returncode == 0
    written(order(tmp_path / "alone", units=(), settings=LONG))
    assert files(killed) == files(tmp_path / "alone")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_on_a_dask_cluster_a_killed_worker_loses_nothing(tmp_path):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())

        def kill() -> None:
            assert len(_when(lambda: list(tmp_path.glob("dask/*/*.webp")), bool)) < 40
            os.kill(pids[0], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        told = written(
            order(tmp_path / "dask", units=(), layers=("blocks.0", "blocks.1"), workers=2,
                  backend="dask", settings=LONG)
        )  # fmt: skip
        killer.join()
        assert pids[0] not in client.run(os.getpid).values()
    assert told["made"] == told["units"] == 40
    written(order(tmp_path / "alone", units=(), layers=("blocks.0", "blocks.1"), settings=LONG))
    assert files(tmp_path / "dask") == files(tmp_path / "alone")


def _children(parent: int, named: str) -> list[int]:
    """The processes below a process whose command line holds this."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            status, command = (path / "stat").read_text(), (path / "cmdline").read_text()
        except OSError:
            continue
        if int(status.rpartition(")")[2].split()[1]) == parent and named in command:
            found.append(int(path.name))
    return found


def _when(ask: Any, holds: Any, timeout: float = 200) -> Any:
    ends = time.monotonic() + timeout
    while not holds(found := ask()):
        assert time.monotonic() < ends
        time.sleep(0.02)
    return found
