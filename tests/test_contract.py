"""Every member of a probe stands in one place; what does not fit is refused where it is loaded."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, get_type_hints

import pytest
import torch

from core import probes, run
from core.probe import (
    NEEDED,
    Choice,
    Frame,
    Layer,
    Network,
    Probe,
    ProbeError,
    Switch,
    Unit,
    completed,
    resources,
)

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Plain:
    """One setting, which is not live."""

    colour: Annotated[str, Choice(("grey", "white"), help="of the picture")] = "grey"


def once(live, state=None):
    """A probe that shows one frame: no control, no live setting, a picture of one colour."""
    x = torch.full((3, 8, 8), {"grey": 0.5, "white": 1.0}[live.now.colour])
    if state is None:
        yield Frame(0, {"picture": x}, {"mean": x.mean()}, lambda: {"step": 1})


WHOLE = {
    "title": "Once",
    "question": "Which colour?",
    "method": "looking",
    "source": "none",
    "limits": "It is one colour.",
    "Settings": Plain,
    "run": once,
}


def module(**members):
    """A module of these members, as if it had been imported from core/probes."""
    made = ModuleType("core.probes.trial")
    for name, value in members.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize("member", NEEDED)
def test_a_member_that_is_missing_is_named_when_the_probe_is_loaded(member):
    left = {name: value for name, value in WHOLE.items() if name != member}
    with pytest.raises(ProbeError, match=rf"trial.py is no probe yet: it has no `{member}`\."):
        completed(module(**left))


def test_a_file_that_lacks_a_member_fails_at_import_with_a_sentence(tmp_path):
    """In a process of its own: `from core.probes import x` is how a user meets it."""
    code = (
        "import core.probes, sys\n"
        f"core.probes.__path__.append({str(tmp_path)!r})\n"
        "from core.probes import unfinished\n"
    )
    (tmp_path / "unfinished.py").write_text('title = "Unfinished"\n')
    found = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert found.returncode == 1
    assert "unfinished.py is no probe yet: it has no `question`." in found.stderr


def test_what_is_left_out_is_filled_in_and_what_is_there_is_kept():
    probe = completed(module(**WHOLE, endless=True))
    for member in get_type_hints(Probe):
        assert hasattr(probe, member), member
    assert probe.endless
    assert (probe.Actions, probe.uses, probe.twin_of, probe.sheet, probe.pace) == (
        (),
        {},
        "",
        "",
        0,
    )
    assert probe.caption(None, {}, {}) == ""
    assert probe.length(None, {}) is None
    assert probe.scored is probe.applied is probe.weights is probe.brought is None
    assert completed(probe) is probe


def test_every_probe_of_the_lab_is_one_by_the_protocol():
    for name in probes.names():
        assert isinstance(probes.load(name), Probe)


@dataclass(frozen=True)
class OfANetwork:
    """A network and a control."""

    network: Annotated[str, Network()] = "lite0"
    layer: Annotated[str, Layer(of="network")] = "blocks.1"
    control: Annotated[bool, Switch()] = True


@dataclass(frozen=True)
class Astray:
    """A unit of a layer that is no setting."""

    unit: Annotated[int, Unit(of="layer")] = 1


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"twin_of": "network"}, "twin_of = 'network' names no model"),
        ({"twin_of": "layer", "Settings": OfANetwork}, "twin_of = 'layer' names no model"),
        ({"scored": lambda *_: []}, "it is scored, but has no model called `network`"),
        ({"uses": {"network": "lite0"}, "twin_of": "network"}, "no setting `control`"),
        ({"Settings": Astray}, "unit is of 'layer', which is no setting"),
        ({"Settings": object}, "`Settings` is not a dataclass"),
    ],
)
def test_members_that_do_not_fit_each_other_are_refused(members, sentence):
    with pytest.raises(ProbeError) as error:
        completed(module(**{**WHOLE, **members}))
    assert sentence in str(error.value)


def test_a_probe_of_one_frame_without_live_setting_or_control_runs_to_its_end():
    probe = completed(module(**WHOLE))
    going = run.Run(probe, Plain(), run.resolve(probe, Plain()))
    (frame,) = list(going)
    assert frame.numbers["mean"] == 0.5
    assert going.record()["settings"] == {}
    assert resources(probe) == {}
    again, said = run.replay(probe, going.record())
    assert len(list(again)) == 1
    assert said == []


def test_the_control_is_the_twin_of_the_model_that_is_named():
    members = {**WHOLE, "Settings": OfANetwork, "twin_of": "network"}
    probe = completed(module(**members))
    found = run.resolve(probe, OfANetwork())
    assert found["control"].name == "lite0-random-0"
    assert run.resolve(probe, OfANetwork(control=False))["control"] is None
    assert "control" not in run.resolve(
        completed(module(**{**members, "twin_of": ""})), OfANetwork()
    )


def test_a_model_that_no_setting_chooses_is_a_resource_with_a_fingerprint():
    probe = completed(module(**WHOLE, uses={"reader": "digits-linear"}))
    found = run.resolve(probe, Plain())
    assert found["reader"].name == "digits-linear"
    assert run.fingerprints(probe, found) == {"reader": found["reader"].fingerprint}


def test_nobody_asks_a_probe_what_it_has():
    """No getattr, hasattr or inspect.signature on a probe, outside the contract itself."""
    asked = ("getattr(probe", "hasattr(probe", "inspect.signature", "getattr(run.probe")
    sources = [*ROOT.glob("core/**/*.py"), *ROOT.glob("apps/**/*.py")]
    assert len(sources) > 200
    assert [p for p in sources if any(words in p.read_text() for words in asked)] == []
