"""A viewer is sent as much as it draws, and the newest of it."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from apps.stage.errors import MessageError
from apps.stage.sight import viewer as module
from apps.stage.sight.frame import Shown
from apps.stage.sight.viewer import NARROWEST, PATIENCE, WIDEST, WINDOW, Viewer
from core.probe import Frame


class Clock:
    """Time as the test has it."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(module, "time", found)
    return found


@pytest.fixture
def viewer() -> Viewer:
    loop: Any = SimpleNamespace(call_soon_threadsafe=lambda call: call())
    return Viewer(loop)


def shown(step: int) -> Shown:
    return Shown(Frame(step, {"picture": torch.rand(3, 8, 8)}, {}, dict))


def step_of(message: bytes) -> int:
    return int.from_bytes(message[8:12], "little")


def exchanged(viewer: Viewer, clock: Clock, *, seconds: float, frames: int) -> None:
    """Frames that are each drawn after so long."""
    for step in range(frames):
        viewer.show(shown(step), ["picture"], 0)
        (message,) = viewer.frames()
        clock.now += seconds
        viewer.acked(int.from_bytes(message[12:16], "little"))


@pytest.mark.parametrize(
    ("seconds", "window"), [(0.001, NARROWEST), (0.1, 5), (0.17, 7), (2, WIDEST)]
)
def test_the_window_covers_the_way_there_and_back(viewer, clock, seconds, window):
    assert viewer.window == WINDOW
    exchanged(viewer, clock, seconds=seconds, frames=5)
    assert viewer.window == window


def test_one_slow_answer_does_not_widen_the_window(viewer, clock):
    exchanged(viewer, clock, seconds=0.01, frames=20)
    exchanged(viewer, clock, seconds=1, frames=1)
    assert viewer.window == NARROWEST


def test_a_frame_that_was_not_sent_yet_is_replaced(viewer, clock):
    for step in range(10):
        viewer.show(shown(step), ["picture"], 0)
    assert [step_of(m) for m in viewer.frames()] == [9]
    assert viewer.frames() == []


def test_without_an_answer_no_more_than_the_window_is_sent(viewer, clock):
    sent = []
    for step in range(10):
        viewer.show(shown(step), ["picture"], 0)
        sent += viewer.frames()
    assert [step_of(m) for m in sent] == list(range(WINDOW))
    assert not viewer.wants(clock.now + 1)
    assert viewer.acked(4)  # the worker waits for that
    assert [step_of(m) for m in viewer.frames()] == [9]


def test_what_was_never_sent_cannot_be_drawn(viewer, clock):
    with pytest.raises(MessageError, match="Sequence 7 was never sent: the last is 0"):
        viewer.acked(7)


def test_a_resting_frame_without_loss_replaces_the_same_frame_and_no_newer_one(viewer, clock):
    first, second = shown(0), shown(1)
    viewer.show(first, ["picture"], 0)
    viewer.show_exactly(first, ["picture"], 0)
    (message,) = viewer.frames()
    assert message[16:].startswith(b"\x89PNG")
    viewer.show(second, ["picture"], 0)
    viewer.show_exactly(first, ["picture"], 0)
    (message,) = viewer.frames()
    assert step_of(message) == 1
    assert viewer.frames() == []


def test_who_does_not_draw_for_five_seconds_does_not_watch(viewer, clock):
    viewer.show(shown(0), ["picture"], 0)
    viewer.frames()
    assert viewer.watches(clock.now + PATIENCE - 0.1)
    clock.now += PATIENCE + 0.1
    assert not viewer.watches(clock.now)
    assert viewer.acked(1)
    assert viewer.watches(clock.now)


def test_frames_of_the_run_before_are_not_sent(viewer, clock):
    viewer.turn(2)
    viewer.show(shown(5), ["picture"], 1)
    assert viewer.frames() == []


def test_no_more_than_24_frames_a_second_are_wanted(viewer, clock):
    wanted = 0
    for step in range(1000):
        clock.now += 0.003
        if viewer.wants(clock.now):
            wanted += 1
            viewer.show(shown(step), ["picture"], 0)
            viewer.acked(int.from_bytes(viewer.frames()[0][12:16], "little"))
    assert 68 <= wanted <= 74  # 24 x 3 s


def test_a_guest_takes_what_is_encoded_for_others_and_waits_a_period_for_it(viewer, clock):
    viewer.guest, viewer.per_second = True, 10.0
    for step in range(2):
        viewer.show(shown(step), ["picture"], 0)
        viewer.frames()
    clock.now += 0.09
    assert not viewer.wants(clock.now, shared=True)
    clock.now += 0.02
    assert viewer.wants(clock.now, shared=True)
    assert not viewer.wants(clock.now)
    clock.now += 0.1
    assert viewer.wants(clock.now)


def test_a_viewer_who_comes_back_to_its_run_has_made_the_same_wishes(viewer):
    viewer.turn(3)
    viewer.rev = 5
    viewer.turn(3)
    assert viewer.rev == 5
    viewer.turn(4)
    assert viewer.rev == 0
