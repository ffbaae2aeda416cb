"""Set-up says what it will download and what it is at, and is silent when there is nothing to do."""

import importlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def environment(monkeypatch):
    """The module as `python make/environment.py` sees it, its own siblings beside it."""
    monkeypatch.syspath_prepend(ROOT / "make")
    for name in ("progress", "environment"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("environment")


@pytest.fixture
def progress(environment):
    return environment.progress


def test_the_stamp_changes_with_any_file_that_is_named(environment, tmp_path):
    inner, outer = tmp_path / "inner.txt", tmp_path / "outer.txt"
    inner.write_text("torch>=2\n")
    outer.write_text("-r inner.txt\npytest\n")
    before = environment.stamp(outer)
    assert environment.stamp(outer) == before
    inner.write_text("torch>=3\n")
    assert environment.stamp(outer) != before


def test_requirements_are_read_through_the_files_they_name(environment):
    found = environment.requirements_of(ROOT / "requirements-dev.txt")
    assert any(line.startswith("torch>=") for line in found)
    assert any(line.startswith("pytest>=") for line in found)


def test_what_pins_old_packages_is_installed_alone_and_only_for_development(environment, tmp_path):
    usual, development = tmp_path / "requirements.txt", tmp_path / "requirements-dev.txt"
    usual.write_text("torch>=2\n")
    development.write_text("-r requirements.txt\npytest\n")
    (tmp_path / "requirements-rivals.txt").write_text("torchattacks==3.5.1\n")
    assert environment.rivals(usual) == []
    assert [path.name for path in environment.rivals(development)] == ["requirements-rivals.txt"]
    assert "torchattacks==3.5.1" not in environment.requirements_of(development)
    before = environment.stamp(development)
    (tmp_path / "requirements-rivals.txt").write_text("torchattacks==3.6\n")
    assert environment.stamp(development) != before


@pytest.mark.parametrize(
    ("platform", "nvidia", "reached", "kind"),
    [
        ("linux", False, True, "cpu"),
        ("linux", False, False, "cuda"),
        ("linux", True, True, "cuda"),
        ("darwin", False, True, "mac"),
    ],
)
def test_cpu_wheels_are_taken_where_they_help(
    environment, monkeypatch, platform, nvidia, reached, kind
):
    monkeypatch.setattr(environment.sys, "platform", platform)
    monkeypatch.setattr(environment, "has_nvidia", lambda: nvidia)
    monkeypatch.setattr(environment, "answers", lambda url: reached)
    assert environment.wheels() == kind


def test_an_index_that_does_not_answer_is_not_waited_for(environment):
    assert not environment.answers("http://127.0.0.1:9")


@pytest.fixture
def made(environment, tmp_path):
    """An environment as it is after set-up, and its requirements."""
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("torch>=2\n")
    folder = tmp_path / "venv"
    environment.python(folder).parent.mkdir(parents=True)
    environment.python(folder).touch()
    (folder / ".made-from-requirements").write_text(environment.stamp(requirements))
    return folder, requirements


def test_an_environment_that_is_made_is_left_alone_without_a_word(
    environment, monkeypatch, made, capsys
):
    monkeypatch.setattr(environment.subprocess, "run", lambda *_, **__: pytest.fail("it ran"))
    monkeypatch.setattr(environment, "wheels", lambda: pytest.fail("it asked the network"))
    environment.make(*made)
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def unmade(environment, monkeypatch, tmp_path):
    """What `make` would run, without running it: the commands, the folder and its requirements."""
    usual, development = tmp_path / "requirements.txt", tmp_path / "requirements-dev.txt"
    usual.write_text("torch>=2\nnumpy\n")
    development.write_text("-r requirements.txt\npytest\n")
    ran = []

    def pip(command, folder, of, came):
        ran.append(command[2:])
        return 0, came

    monkeypatch.setattr(environment, "_create", lambda folder: folder.mkdir(exist_ok=True))
    monkeypatch.setattr(environment, "fetch", lambda folder: None)
    monkeypatch.setattr(environment.progress, "run", pip)
    return ran, tmp_path / "venv", usual, development


@pytest.mark.parametrize(
    ("kind", "development", "said"),
    [
        ("cpu", False, "about 613 MB to download (PyTorch without CUDA 200 MB"),
        ("cpu", True, "about 758 MB to download (PyTorch without CUDA 200 MB"),
        ("cuda", False, "about 3.4 GB to download (PyTorch with CUDA 3.0 GB"),
        ("cuda", True, "about 3.6 GB to download (PyTorch with CUDA 3.0 GB"),
        ("mac", False, "about 543 MB to download (PyTorch 130 MB"),
    ],
)
def test_the_size_is_said_before_anything_runs(
    environment, monkeypatch, unmade, capsys, kind, development, said
):
    _, folder, *requirements = unmade
    monkeypatch.setattr(environment, "wheels", lambda: kind)
    told = []
    monkeypatch.setattr(
        environment,
        "_create",
        lambda folder: told.append(capsys.readouterr().out) or folder.mkdir(),
    )
    environment.make(folder, requirements[development])
    assert said in told[0]
    assert ("the tests need 145 MB" in told[0]) is development


def test_what_is_here_is_not_announced_again(environment, monkeypatch, unmade, capsys):
    ran, folder, usual, development = unmade
    monkeypatch.setattr(environment, "wheels", lambda: "cuda")
    environment.make(folder, usual)
    torch = folder / "lib" / "python3.11" / "site-packages" / "torch" / "version.py"
    torch.parent.mkdir(parents=True)
    torch.touch()
    environment.python(folder).parent.mkdir(parents=True)
    environment.python(folder).touch()
    capsys.readouterr()
    environment.make(folder, development)
    assert "about 145 MB to download (what the tests need 145 MB)" in capsys.readouterr().out
    ran.clear()
    environment.make(folder, usual)  # development has all of it
    assert not ran
    usual.write_text("torch>=2\nnumpy>=2\n")
    environment.make(folder, usual)
    assert "what changed in the requirements" in capsys.readouterr().out
    assert len(ran) == 1


def test_pytorch_comes_from_its_own_index_first_where_that_is_smaller(
    environment, monkeypatch, unmade
):
    ran, folder, usual, _ = unmade
    monkeypatch.setattr(environment, "wheels", lambda: "cpu")
    environment.make(folder, usual)
    assert [call[-3:] for call in ran] == [
        ["--index-url", environment.TORCH_CPU, "torch>=2"],
        ["off", "-r", str(usual)],
    ]


def test_pins_hold_for_every_package_and_another_pin_is_another_environment(
    environment, monkeypatch, unmade
):
    ran, folder, usual, _ = unmade
    pins = folder.with_name("requirements-oldest.txt")
    pins.write_text("torch==2.8.0\n")
    monkeypatch.setattr(environment, "wheels", lambda: "cpu")
    environment.make(folder, usual, pins)
    assert [call[call.index("-c") + 1] for call in ran] == [str(pins)] * 2
    before = environment.stamp(usual, pins)
    pins.write_text("torch==2.9.0\n")
    assert before != environment.stamp(usual, pins) != environment.stamp(usual)


def test_a_set_up_that_fails_says_what_to_do(environment, monkeypatch, unmade):
    _, folder, usual, _ = unmade
    monkeypatch.setattr(environment, "wheels", lambda: "cuda")
    monkeypatch.setattr(environment.progress, "run", lambda *_: (1, 0))
    with pytest.raises(SystemExit, match="could not be installed"):
        environment.make(folder, usual)
    assert not (folder / ".made-from-requirements").exists()


def test_an_environment_that_was_cut_short_is_made_anew(environment, tmp_path):
    """`venv` puts the interpreter first and pip last."""
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    asked = [environment.python(folder), "-m", "pip", "--version"]
    assert subprocess.run(asked, capture_output=True, check=False).returncode != 0
    environment._create(folder)
    assert subprocess.run(asked, capture_output=True, check=False).returncode == 0


def test_a_folder_of_another_kind_loses_nothing(environment, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    environment._create(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_a_package_that_was_cut_short_is_not_taken_for_installed(environment, tmp_path):
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in ("half-1.dist-info", "whole-1.dist-info"):
        (packages / name).mkdir(parents=True)
        (packages / name / "METADATA").touch()
    (packages / "whole-1.dist-info" / "INSTALLER").touch()
    environment._forget_halves(tmp_path)
    assert [path.name for path in packages.iterdir()] == ["whole-1.dist-info"]


@pytest.mark.parametrize(
    ("lines", "doing"),
    [
        (["Collecting torch<3,>=2.8 (from -r requirements.txt (line 1))"], "looking for torch"),
        (["  Downloading torch-2.8.0-cp312-cp312-linux.whl (887.9 MB)"], "downloading torch"),
        (["Downloading MarkupSafe-3.0.4-cp312.whl.metadata (4 kB)"], "looking for MarkupSafe"),
        (["Using cached numpy-2.4.6-cp311-cp311-linux.whl (16.9 MB)"], "downloading numpy"),
        (["Processing /somewhere/sympy-1.14.0-py3-none-any.whl (from torch)"], "reading sympy"),
        (["  Building wheel for antlr4 (pyproject.toml): started"], "building antlr4"),
        (["Collecting tqdm", "  Preparing metadata: finished"], "looking for tqdm"),
        (["Requirement already satisfied: numpy in /lib"], "asking for the list of packages"),
    ],
)
def test_what_pip_says_is_put_in_words(progress, lines, doing):
    seen = progress.Seen()
    for line in lines:
        progress.read(seen, f"{line}\n")
    assert seen.doing == doing


def test_files_that_lie_on_the_disk_count_as_what_came(progress, tmp_path):
    wheel = tmp_path / "sympy-1.14.0-py3-none-any.whl"
    wheel.write_bytes(bytes(1234))
    seen = progress.Seen()
    progress.read(seen, f"Processing {wheel} (from torch)\n")
    assert seen.read == 1234


def test_the_line_says_how_much_of_how_much_and_then_which_of_how_many(progress, tmp_path):
    seen = progress.Seen()
    progress.read(seen, "  Downloading torch-2.8.0-cp312.whl (887.9 MB)\n")
    now = progress.line(seen, 412_000_000, 3.3e9, tmp_path)
    assert now == "412 MB of about 3.3 GB: downloading torch"
    assert progress.line(seen, 412_000_000, 2e8, tmp_path) == "412 MB: downloading torch"

    progress.read(seen, "Installing collected packages: MarkupSafe, typing_extensions, torch\n")
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name, age in (("markupsafe-3.dist-info", 0), ("torch-2.7.dist-info", 3600)):
        (packages / name).mkdir(parents=True)
        (packages / name / "INSTALLER").touch()
        os.utime(packages / name / "INSTALLER", (time.time() - age, time.time() - age))
    now = progress.line(seen, 412_000_000, 3.3e9, tmp_path)
    assert re.fullmatch(r"1 of 3 installed, now typing_extensions, \d s", now)


def test_only_archives_count_as_what_came(progress, tmp_path):
    (tmp_path / "pip-unpack-x").mkdir()
    (tmp_path / "pip-unpack-x" / "torch-2.8.0.whl").write_bytes(bytes(700))
    (tmp_path / "pip-unpack-x" / "setup.py").write_bytes(bytes(70))
    (tmp_path / "tmp123").write_bytes(bytes(7000))  # what pip's cache is about to keep
    assert progress.came(tmp_path) == 700


def test_a_folder_that_pip_removes_while_it_is_counted_is_passed_over(
    progress, monkeypatch, tmp_path
):
    for name in ("pip-unpack-gone", "pip-unpack-x"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "torch-2.8.0.whl").write_bytes(bytes(700))
    scandir = os.scandir

    def removes(place):
        if Path(place).name == "pip-unpack-gone":
            (Path(place) / "torch-2.8.0.whl").unlink()
            Path(place).rmdir()
        return scandir(place)

    monkeypatch.setattr(progress.os, "scandir", removes)
    assert progress.came(tmp_path) == 700


@pytest.mark.parametrize(
    ("number", "said"),
    [(55e6, "55 MB"), (999.4e6, "999 MB"), (999.6e6, "1.0 GB"), (3.31e9, "3.3 GB")],
)
def test_sizes_are_said_as_people_say_them(progress, number, said):
    assert progress.size(number) == said


def test_a_warning_that_differs_in_a_name_is_shown_once_and_errors_always(
    progress, capsys, tmp_path
):
    says = [f"WARNING: Location '/{name}/' is ignored: it is no file." for name in "abc"]
    says += ["WARNING: Retrying after a broken connection.", *["ERROR: No such version"] * 2]
    code = f"import sys; sys.stderr.write({chr(10).join(says)!r}); sys.exit(3)"
    found, _ = progress.run([sys.executable, "-c", code], tmp_path, 1e6)
    assert found == 3
    assert capsys.readouterr().err.splitlines() == [says[0], *says[3:]]


class Terminal(io.StringIO):
    """Says that it is one."""

    def isatty(self):
        return True


@pytest.mark.parametrize("out", [Terminal(), io.StringIO()], ids=["terminal", "log"])
def test_a_line_moves_on_a_terminal_and_stands_in_a_log(progress, monkeypatch, tmp_path, out):
    monkeypatch.setattr(progress, "MOVES", 0.05)
    monkeypatch.setattr(progress, "TELLS", 0.2)
    monkeypatch.setattr(progress.sys, "stdout", out)
    code = (
        "import os, pathlib, time; print('  Downloading numpy-2.4.6-cp311.whl (9 MB)', flush=True);"
        "folder = pathlib.Path(os.environ['TMPDIR'], 'pip-unpack-x'); folder.mkdir();"
        "(folder / 'numpy-2.4.6.whl').write_bytes(bytes(3_000_000)); time.sleep(1)"
    )
    found, came = progress.run([sys.executable, "-c", code], tmp_path, 9e6)
    assert (found, came) == (0, 3_000_000)
    assert not list(tmp_path.iterdir())  # what pip put there is gone
    text = out.getvalue()
    assert "3 MB of about 9 MB: downloading numpy" in text
    if out.isatty():
        assert "\n" not in text
        assert text.endswith("\r")
    else:
        assert "\r" not in text
        assert 2 <= len(text.splitlines()) <= 8  # in a second, and some to start


def test_ctrl_c_ends_pip_and_says_a_sentence(environment, tmp_path):
    """As a terminal sends it: to the whole group."""
    says = (
        "import signal, sys, time; sys.path.insert(0, sys.argv[1]); import environment, progress\n"
        "from pathlib import Path\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it\n"
        "pip = [sys.executable, '-c', 'import time; print(1, flush=True); time.sleep(60)']\n"
        "environment.make = lambda folder: progress.run(pip, folder, 1e6)\n"
        "environment.main(Path(sys.argv[2]))\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", says, str(ROOT / "make"), str(tmp_path)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert "asking for the list" in child.stdout.readline()
    os.killpg(child.pid, signal.SIGINT)
    _, told = child.communicate(timeout=30)
    assert child.returncode == 130
    assert environment.STOPPED in told
    assert "Traceback" not in told
    assert not list(tmp_path.iterdir())


def _bound(requirement):
    """A requirement's name, and the lower bound of its range without zeros at its end."""
    name, bound = re.match(r"([\w-]+)(?:\[\w+\])?[>=]=([\d.]+)", requirement).groups()
    return name, re.sub(r"(\.0)+$", "", bound)


def test_the_oldest_versions_are_the_lower_ends_of_the_ranges(environment):
    ranges = [_bound(line) for line in environment.requirements_of(ROOT / "requirements-dev.txt")]
    pins = environment.requirements_of(ROOT / "requirements-oldest.txt")
    assert all("==" in pin for pin in pins)
    assert sorted(map(_bound, pins)) == sorted(ranges)


@pytest.mark.parametrize(("code", "said"), [(0, ""), (2, "The lab goes on without vgg16-edges")])
def test_set_up_fetches_what_no_requirement_carries_and_goes_on_without(
    environment, monkeypatch, tmp_path, capsys, code, said
):
    asked = []

    def run(command, **how):
        asked.append((command[1:], how["cwd"]))
        return type("Done", (), {"returncode": code})

    monkeypatch.setattr(environment.subprocess, "run", run)
    environment.fetch(tmp_path)
    wanted = ("vgg16-edges", "faces")
    assert asked == [(["-m", "core", "fetch", name], ROOT) for name in wanted]
    told = capsys.readouterr().out
    assert "Fetching VGG16 fine-tuned for edges (55 MB), if it is not here yet." in told
    assert "Fetching a public GAN of faces (13 MB), if it is not here yet." in told
    assert (said in told) if said else ("goes on" not in told)
