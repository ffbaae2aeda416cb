"""Records of version 2: every model has its fingerprint, version 1 is read, bytes are always the same."""

import json
from itertools import islice

import pytest
import torch

from core import export, pictures, probes, records, run
from core.export import pairs, saved
from core.probe import declared
from tests.quick import settings

NAMES = probes.names()


def started(name, **changes):
    now = settings(name, **changes)
    return run.Run(probes.load(name), now, run.resolve(probes.load(name), now))


@pytest.mark.parametrize("name", NAMES)
def test_a_record_holds_the_fingerprint_of_every_model_that_the_run_uses(name):
    going = started(name)
    next(going)
    found = going.record()
    used = {n: m for n, m in going.resources.items() if isinstance(m, run.Model)}
    used.pop("control", None)  # drawn from one of the others
    assert found["v"] == 2
    assert found["fingerprints"] == {n: m.fingerprint for n, m in used.items()}


def test_fools_second_network_and_linears_own_are_covered():
    assert set(started("fool").record()["fingerprints"]) == {"network", "second", "third"}
    assert set(started("linear").record()["fingerprints"]) == {"linear", "network"}
    assert started("sampler").record()["fingerprints"] == {}


@pytest.mark.parametrize("resource", ["network", "second", "third"])
def test_other_weights_of_any_of_them_are_said(resource):
    going = started("fool")
    next(going)
    record = going.record()
    record["fingerprints"][resource] = "0" * 16
    _, said = run.replay(probes.load("fool"), record)
    assert len(said) == 1
    assert f"other weights of {going.resources[resource].title}" in said[0]


def test_version_1_is_read_and_knows_one_network():
    record = {"v": 1, "probe": "dream", "fingerprint": "0" * 16, "settings": {"size": 96}}
    again, said = run.replay(probes.load("dream"), record)
    assert again.start.size == 96
    assert said == [
        "This link was made with other weights of EfficientNet-Lite0; the picture will differ."
    ]
    assert run.replay(probes.load("dream"), record | {"fingerprint": ""})[1] == []


def as_a_browser_sends(changes):
    """JavaScript has one kind of number: 2.0 arrives as 2."""
    return json.loads(
        json.dumps(changes, default=list),
        parse_float=lambda x: float(x) if float(x) % 1 else int(float(x)),
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_same_run_gives_the_same_file_after_a_link_a_replay_and_a_restart(name, tmp_path):
    probe = probes.load(name)
    live = [d for d in declared(probe.Settings).values() if d.kind.live and d.type is float]
    going = started(name)
    list(islice(going, 2))
    for setting in live[:2]:
        whole = setting.kind.low if setting.kind.low % 1 == 0 else setting.kind.high
        going.live.set(**as_a_browser_sends({setting.name: float(whole)}))
    *_, frame = islice(going, 2)
    from core.pictures import panels

    def file(frame, run, record):
        return saved.packed(panels.shown(frame.panels, panels.first(frame.panels)), record, {})

    first = file(frame, going, going.record())
    link = records.pack(going.record())
    again, said = run.replay(probe, records.unpack(link))
    *_, other = islice(again, 4)
    assert said == []
    assert file(other, again, again.record()) == first  # after a link
    record, inputs = saved.unpacked(first)
    third, _ = export.replayed(probe, record, inputs)
    *_, last = islice(third, 4)
    assert file(last, third, third.record()) == first  # after the file
    state = next(islice(run.replay(probe, record)[0], 2, None)).state()
    tape = [tuple(entry) for entry in records.read(probe, record)[1]]
    fourth = run.Run(probe, going.start, going.resources, tape=tape, state=state)
    assert file(next(fourth), fourth, fourth.record()) == first  # after a restart from a state


def test_a_number_is_written_one_way_however_it_was_sent():
    going = started("dream", step_size=2)  # an int where a float is meant
    going.live.set(step_size=3, jitter=4.0)
    next(going)
    text = records.text(going.record())
    assert '"step_size":2.0' in text
    assert '"jitter":4,"step_size":3.0' in text
    assert text == records.text(records.unpack(records.pack(going.record())))


def test_a_twins_changes_are_of_their_own_type_too():
    going = started("dream")
    start = going.start
    twin = pairs.settings_of(start, {"step_size": 5})
    assert isinstance(twin.step_size, float)


def test_a_saved_picture_is_made_by_one_encoder_with_fixed_settings():
    x = torch.linspace(0, 1, 3 * 16 * 16).view(3, 16, 16)
    assert pictures.png(x, "a") == pictures.png(x, "a")
    data = pictures.png(x)
    assert data[data.index(b"IDAT") + 4 : data.index(b"IDAT") + 6] == b"\x78\x9c"  # zlib, level 6
