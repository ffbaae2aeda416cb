"""Set-up is quick when there is nothing to do, and looks for PyTorch where it is small."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def environment():
    spec = importlib.util.spec_from_file_location("environment", ROOT / "make" / "environment.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
        ("linux", False, False, "default"),
        ("linux", True, True, "default"),
        ("darwin", False, True, "default"),
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


def test_an_environment_that_is_made_is_left_alone(environment, monkeypatch, tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("torch>=2\n")
    folder = tmp_path / "venv"
    (folder / "bin").mkdir(parents=True)
    environment.python(folder).parent.mkdir(parents=True, exist_ok=True)
    environment.python(folder).touch()
    (folder / ".made-from-requirements").write_text(environment.stamp(requirements))
    monkeypatch.setattr(environment.subprocess, "run", lambda *_, **__: pytest.fail("it ran"))
    environment.make(folder, requirements)


def test_a_set_up_that_fails_says_what_to_do(environment, monkeypatch, tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("torch>=2\n")

    class Failed:
        returncode = 1

    monkeypatch.setattr(environment.subprocess, "run", lambda *_, **__: Failed())
    monkeypatch.setattr(environment, "wheels", lambda: "default")
    with pytest.raises(SystemExit, match=r"could not be made|could not be installed"):
        environment.make(tmp_path / "venv", requirements)
    assert not (tmp_path / "venv" / ".made-from-requirements").exists()


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
    assert asked == [(["-m", "core", "fetch", "vgg16-edges"], ROOT)]
    told = capsys.readouterr().out
    assert "Fetching VGG16 fine-tuned for edges (55 MB), once." in told
    assert (said in told) if said else ("goes on" not in told)
