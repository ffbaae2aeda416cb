"""A time line goes back to the same bytes, and branches where somebody asks for something."""

from typing import Any

import pytest
import torch

from apps.stage.past.timeline import Timeline
from core.probe import SettingError
from core.run import Run
from tests.stage import counter


def started(**settings: Any) -> Timeline:
    return Timeline(Run(counter, counter.Settings(delay=0, **settings), {"picture": None}))


def stepped(timeline: Timeline, steps: int) -> dict[int, torch.Tensor]:
    found = {}
    for _ in range(steps):
        frame = timeline.step()
        if frame is not None:
            panel = frame.panels["picture"]
            assert isinstance(panel, torch.Tensor)
            found[frame.step] = panel
    return found


def gone(timeline: Timeline, step: int) -> int:
    """Go there; how many steps that took."""
    timeline.go(step)
    taken = 0
    while timeline.target is not None:
        timeline.step()
        taken += 1
    assert timeline.latest is not None
    assert timeline.latest.step == step
    return taken


@pytest.fixture
def steered() -> tuple[Timeline, dict[int, torch.Tensor]]:
    """Forty steps with changes and an action on the tape."""
    timeline = started()
    frames = stepped(timeline, 10)
    timeline.set({"hue": 0.9})
    frames |= stepped(timeline, 7)
    timeline.act("splash", {"amount": 0.7})
    timeline.set({"gain": 2})
    return timeline, frames | stepped(timeline, 23)


@pytest.mark.parametrize("step", [0, 3, 4, 5, 9, 10, 16, 17, 18, 38, 39])
def test_any_step_comes_back_with_the_same_bytes(steered, step):
    timeline, frames = steered
    assert gone(timeline, step) <= 4 or step <= 4
    assert torch.equal(timeline.latest.panels["picture"], frames[step])


def test_playing_on_from_the_past_replays_the_tape(steered):
    timeline, frames = steered
    gone(timeline, 2)
    again = stepped(timeline, 37)
    assert all(torch.equal(again[step], frames[step]) for step in range(3, 40))


def test_going_back_twice_from_one_state_gives_the_same_bytes(steered):
    timeline, frames = steered
    for _ in range(3):
        gone(timeline, 30)
        assert torch.equal(timeline.latest.panels["picture"], frames[30])


def test_the_settings_of_then_are_those_of_now_again(steered):
    timeline, _ = steered
    gone(timeline, 5)
    assert timeline.now.hue == 0.5
    gone(timeline, 12)
    assert timeline.now.hue == 0.9


def test_a_change_in_the_past_begins_another_future(steered):
    timeline, frames = steered
    gone(timeline, 20)
    timeline.set({"hue": 0.1})
    assert timeline.furthest == 20
    again = stepped(timeline, 19)
    assert not torch.equal(again[39], frames[39])
    assert [step for step, _ in timeline.record()["tape"]] == [10, 17, 17, 21]
    with pytest.raises(SettingError, match="Step 40 is not there yet: choose 0 to 39"):
        timeline.go(40)


def test_a_wish_that_no_step_has_read_survives_going_back(steered):
    timeline, _ = steered
    gone(timeline, 20)
    timeline.set({"hue": 0.1})
    gone(timeline, 15)
    assert timeline.now.hue == 0.9
    stepped(timeline, 7)
    assert timeline.now.hue == 0.1


def test_a_refused_wish_changes_nothing(steered):
    timeline, _ = steered
    gone(timeline, 20)
    with pytest.raises(SettingError, match="out of range"):
        timeline.set({"hue": 2})
    with pytest.raises(SettingError, match="fixed during a run"):
        timeline.set({"steps": 3})
    assert timeline.furthest == 39
    assert timeline.now.hue == 0.9


def test_a_hundred_wishes_between_two_steps_are_one_entry_on_the_tape():
    timeline = started()
    stepped(timeline, 1)
    for i in range(100):
        timeline.set({"hue": i / 100})
    stepped(timeline, 1)
    assert timeline.record()["tape"] == [[1, {"hue": 0.99}]]


def test_a_stopped_run_goes_on_as_if_nothing_had_happened(steered):
    timeline, frames = steered
    gone(timeline, 20)
    timeline.stop()
    gone(timeline, 20)
    assert torch.equal(stepped(timeline, 1)[21], frames[21])


def test_the_end_is_the_end_until_somebody_goes_back():
    timeline = started(steps=6)
    frames = stepped(timeline, 10)
    assert (timeline.complete, timeline.at) == (True, 5)
    gone(timeline, 3)
    assert torch.equal(stepped(timeline, 2)[5], frames[5])


def test_a_state_is_copied_only_for_steps_that_are_kept():
    timeline = started()
    copied = []
    for _ in range(40):
        before = timeline.branches.kept
        timeline.step()
        copied += [timeline.at] * (timeline.branches.kept - before)
    assert copied == list(range(0, 40, 4))


def test_the_last_of_many_targets_is_the_one_that_is_reached(steered):
    timeline, frames = steered
    for step in (20, 14, 13, 12):  # 12 has a state, which the ways to 14 and 13 start from
        timeline.go(step)
    while timeline.target is not None:
        timeline.step()
    assert torch.equal(timeline.latest.panels["picture"], frames[12])
