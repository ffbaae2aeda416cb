"""What every probe is held to, over the folder listing: a new probe is in here unasked."""

import threading
from dataclasses import asdict, replace
from itertools import islice

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from core import models, probes, records, run
from core.export import states
from core.models import Classifier
from core.probe import (
    NEEDED,
    Marks,
    declared,
    made,
)
from tests.quick import BESIDE, LARGE, LATER, PAINTS, change, live, others, settings

NAMES = probes.names()
LOADED = {name: probes.load(name) for name in NAMES}
FRAMES = 6


@pytest.fixture(scope="module")
def started(resources):
    """A run of a probe with quick settings; networks and pictures are resolved once."""

    def start(name, now=None, **how):
        now = now or settings(name)
        return run.Run(probes.load(name), now, resources(name, now), **how)

    return start


@pytest.fixture(scope="module")
def resources():
    found = {}

    def of(name, now):
        key = (name, *(getattr(now, n) for n, d in declared(now).items() if not d.kind.live))
        if key not in found:
            found[key] = run.resolve(probes.load(name), now)
        return found[key]

    return of


def shown(frame):
    """The bytes of a frame: panels, numbers and step."""
    panels = {name: content(panel) for name, panel in frame.panels.items()}
    return frame.step, panels, {k: v.tolist() for k, v in frame.numbers.items()}


def content(panel):
    """A panel as something that can be compared: a sentence, or the bytes of pixels or marks."""
    if isinstance(panel, str):
        return panel
    if isinstance(panel, Marks):
        classes = None if panel.classes is None else panel.classes.tolist()
        return panel.form, panel.over, panel.names, classes, content(panel.values)
    return tuple(panel.shape), panel.numpy().tobytes()


def frames(pulled, count=FRAMES):
    return [shown(frame) for frame in islice(pulled, count)]


@pytest.mark.parametrize("name", NAMES)
def test_one_thread_and_two_make_the_same_bytes(started, name):
    def made(threads):
        torch.set_num_threads(threads)
        now = replace(settings(name), **LARGE.get(name, {}))
        return [shown(frame)[1] for frame in islice(started(name, now), FRAMES)]

    before = torch.get_num_threads()
    try:
        assert made(1) == made(2)
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("name", NAMES)
def test_title_question_source_and_limits_are_set(name):
    probe = probes.load(name)
    assert all(
        isinstance(text, str) and text
        for text in (getattr(probe, member) for member in (*NEEDED[:5], "__doc__"))
    )
    assert probe.question.endswith("?")


@pytest.mark.parametrize("name", NAMES)
def test_defaults_lie_inside_their_ranges(name):
    made(probes.load(name).Settings, asdict(probes.load(name).Settings()))


@pytest.mark.parametrize("name", NAMES)
def test_every_setting_that_needs_it_has_help(name):
    for setting in declared(probes.load(name).Settings).values():
        assert getattr(setting.kind, "help", ""), setting.name


@pytest.mark.parametrize("name", NAMES)
def test_frames_count_from_zero_and_are_pictures_in_range(started, name):
    for step, frame in enumerate(islice(started(name), FRAMES)):
        assert frame.step == step
        for panel in frame.panels.values():
            if isinstance(panel, Marks):
                assert panel.values.dtype == torch.float32
                assert panel.values.isfinite().all()
                assert not panel.over or panel.over in frame.panels
            if not isinstance(panel, torch.Tensor):
                continue
            assert panel.dtype == torch.float32
            assert panel.ndim in (3, 4)
            assert panel.shape[-3] == 3
            assert not panel.requires_grad
            assert panel.min() >= 0
            assert panel.max() <= 1
        for number in frame.numbers.values():
            assert number.ndim <= 1
            assert not number.requires_grad


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bytes(started, name):
    assert frames(started(name)) == frames(started(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_stays_as_it_is_when_the_run_goes_on(started, name):
    going = started(name)
    first = next(going)
    before = shown(first)
    frames(going, 3)
    assert shown(first) == before


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("stop", [1, 3, 5])
def test_stopped_and_gone_on_from_its_state_the_same_bytes_follow(started, name, stop, tmp_path):
    steered = [(2, changes)] if (changes := change(name)) else []
    whole = started(name, tape=list(steered))
    before = list(islice(whole, stop))
    if len(before) < stop:
        pytest.skip("it is over before that")
    state = before[-1].state()
    if stop == 3:  # by way of a file, as the command line resumes
        states.write(tmp_path / "a.state", whole.record(), state)
        state = states.read(tmp_path / "a.state", whole.record(), models.device())
    rest = frames(whole, FRAMES - stop)
    assert frames(started(name, tape=list(steered), state=state), FRAMES - stop) == rest


@pytest.mark.parametrize("name", NAMES)
def test_a_state_is_a_copy_and_holds_tensors_and_numbers(started, name):
    going = started(name)
    state = next(going).state()
    assert all(isinstance(value, torch.Tensor | int | float) for value in state.values())
    copy = {k: v.clone() if isinstance(v, torch.Tensor) else v for k, v in state.items()}
    frames(going, 3)
    for key, value in copy.items():
        same = (
            torch.equal(value, state[key])
            if isinstance(value, torch.Tensor)
            else value == state[key]
        )
        assert same, key


@pytest.mark.parametrize("name", NAMES)
def test_a_replayed_record_gives_the_same_bytes(started, name):
    steered = started(name)
    seen = frames(steered, 2)
    steered.live.set(**change(name))
    seen += frames(steered, 2)
    again, said = run.replay(probes.load(name), records.unpack(records.pack(steered.record())))
    assert frames(again, 4) == seen
    assert said == []


@pytest.mark.parametrize("name", NAMES)
def test_two_visitors_at_once_equal_each_alone(started, name):
    alone = frames(started(name))
    found = {}

    def visit(who):
        found[who] = frames(started(name))

    visitors = [threading.Thread(target=visit, args=(who,)) for who in range(2)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert found == {0: alone, 1: alone}


@pytest.mark.parametrize("name", NAMES)
def test_the_weights_stay_as_they_were(started, resources, name):
    networks = [v for v in resources(name, settings(name)).values() if isinstance(v, Classifier)]
    before = [_weights(network) for network in networks]
    going = started(name)
    frames(going, 3)
    going.close()
    for weights, network in zip(before, networks, strict=True):
        assert all(torch.equal(a, b) for a, b in zip(weights, _weights(network), strict=True))


WITH_CONTROL = [n for n in NAMES if "control" in declared(LOADED[n].Settings)]


@pytest.mark.parametrize("name", WITH_CONTROL)
def test_the_control_does_not_touch_the_picture(started, name):
    with_control = list(islice(started(name), FRAMES))
    without = list(islice(started(name, settings(name, control=False)), FRAMES))
    for a, b in zip(with_control, without, strict=True):
        assert content(a.panels["picture"]) == content(b.panels["picture"])
        assert "control" in a.panels
        assert "control" not in b.panels


def _weights(network):
    return [p.clone() for p in network.module.parameters()]


LIVE = [(n, s.name) for n in NAMES for s in live(n) if (n, s.name) not in LATER]


@pytest.mark.parametrize(("name", "setting"), LIVE)
def test_every_live_setting_changes_the_run_within_two_frames(started, name, setting):
    """In one phase of the run or another: zoom, say, begins after the last octave."""
    now = settings(name, **BESIDE.get((name, setting), {}))
    same = frames(started(name, now), FRAMES)
    for at in (1, 2, 4):
        for value in others(declared(now)[setting], now):
            changed = frames(started(name, now, tape=[(at, {setting: value})]), at + 2)
            assert changed[:at] == same[:at]
            if changed[at:] != same[at : at + 2]:
                return
    raise AssertionError(f"{setting} changes nothing")


class Refuse(TorchDispatchMode):
    """Refuses what would make the host wait for the device."""

    WAITS = ("_local_scalar_dense", "nonzero", "masked_select", "is_nonzero", "equal", "unique")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        assert name not in self.WAITS, f"a step waits for the device: {name}"
        if name == "index":
            masks = [i for i in args[1] if i is not None and i.dtype == torch.bool]
            assert not masks, "a step waits for the device: boolean indexing"
        return func(*args, **(kwargs or {}))


def test_the_refusing_mode_does_refuse():
    with Refuse(), pytest.raises(AssertionError, match="_local_scalar_dense"):
        torch.ones(1).item()
    with Refuse(), pytest.raises(AssertionError, match=r"nonzero|boolean"):
        torch.ones(3)[torch.ones(3) > 0]


@pytest.mark.parametrize("name", sorted({*NAMES} - {*PAINTS}))
def test_no_step_waits_for_the_device(started, name):
    going = started(name)
    next(going)  # what a run does once may wait
    with Refuse():
        for _ in range(FRAMES - 1):
            next(going, None)


WITH_LAYER = [n for n in NAMES if "layer" in declared(probes.load(n).Settings)]


@pytest.mark.parametrize("name", WITH_LAYER)
def test_a_layer_that_does_not_exist_is_answered_with_its_neighbours(name):
    now = replace(settings(name), layer="blocks.33")
    with pytest.raises(LookupError, match="did you mean"):
        run.resolve(probes.load(name), now)


@pytest.mark.parametrize("name", NAMES)
def test_a_number_is_told_only_of_settings_that_have_a_word(resources, name):
    now = settings(name)
    for setting, value in LOADED[name].meant(now, resources(name, now)).items():
        assert declared(now)[setting].kind.zero
        assert value > 0
