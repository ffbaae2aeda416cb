"""Another future leaves the old one as it was: a tree of tapes with names, in bounded memory."""

import json
from typing import Any

import pytest
import torch

from apps.stage.errors import StageError
from apps.stage.past import branches, states
from apps.stage.past.branches import MOST, Branches
from apps.stage.past.timeline import Timeline
from core.records import read, unpack
from core.run import replay
from tests.stage import counter
from tests.stage.conftest import Page, Sent, Server
from tests.stage.past.test_timeline import gone, started, stepped

Frames = dict[int, torch.Tensor]


@pytest.fixture
def branched() -> tuple[Timeline, Frames, Frames]:
    """Forty steps, and twenty of a branch that leaves after step 15."""
    timeline = started()
    first = stepped(timeline, 30)
    timeline.set({"hue": 0.9})
    first |= stepped(timeline, 10)
    gone(timeline, 15)
    timeline.set({"hue": 0.1})
    second = stepped(timeline, 10)
    timeline.act("splash", {"amount": 0.3})
    return timeline, first, second | stepped(timeline, 10)


def turned(timeline: Timeline, number: int) -> int:
    """Turn to a branch; the step that is shown then."""
    timeline.turn(number)
    while timeline.target is not None:
        timeline.step()
    assert timeline.latest is not None
    return timeline.latest.step


def shown(timeline: Timeline) -> torch.Tensor:
    assert timeline.latest is not None
    panel = timeline.latest.panels["picture"]
    assert isinstance(panel, torch.Tensor)
    return panel


def names(timeline: Timeline) -> dict[int, str]:
    return {branch.number: branch.title for branch in timeline.branches}


def test_the_old_future_is_kept_as_a_branch_with_the_same_bytes(branched):
    timeline, first, second = branched
    assert names(timeline) == {1: "first run", 2: "hue 0.1, splash at step 27"}
    assert turned(timeline, 1) == 35
    for step in (20, 39, 15, 31, 5):
        gone(timeline, step)
        assert torch.equal(shown(timeline), first[step])
    gone(timeline, 30)
    assert turned(timeline, 2) == 30
    for step in (35, 16, 28):
        gone(timeline, step)
        assert torch.equal(shown(timeline), second[step])


def test_a_branch_is_what_a_fresh_replay_of_its_record_gives(branched):
    timeline, first, second = branched
    for number, frames in ((1, first), (2, second), (1, first)):
        turned(timeline, number)
        record = json.loads(json.dumps(timeline.record()))
        again, said = replay(counter, record)
        assert not said
        for frame in again:
            if frame.step == record["step"]:
                break
        assert torch.equal(frame.panels["picture"], frames[frame.step])


def test_turning_to_a_branch_costs_a_few_steps_and_not_all_of_them(branched):
    timeline, _, _ = branched
    timeline.turn(1)
    taken = 0
    while timeline.target is not None:
        timeline.step()
        taken += 1
    assert taken <= states.STRIDE


def test_where_both_are_the_same_a_branch_is_shown_at_its_end(branched):
    timeline, _, _ = branched
    gone(timeline, 8)
    assert turned(timeline, 1) == 39
    gone(timeline, 15)
    assert turned(timeline, 2) == 35


def test_a_branch_of_a_branch_goes_back_through_both(branched):
    timeline, first, second = branched
    gone(timeline, 25)
    timeline.set({"gain": 0})
    third = stepped(timeline, 10)
    assert {b.number: b.parent.number if b.parent else 0 for b in timeline.branches} == {
        1: 0,
        2: 1,
        3: 2,
    }
    assert not torch.equal(third[35], second[35])
    for number, frames, step in ((2, second, 35), (1, first, 35), (3, third, 35)):
        assert turned(timeline, number) == step
        assert torch.equal(shown(timeline), frames[step])
    gone(timeline, 20)
    assert torch.equal(shown(timeline), second[20])
    gone(timeline, 3)
    assert torch.equal(shown(timeline), first[3])


def test_leaving_where_the_parent_still_leads_makes_a_branch_of_the_parent(branched):
    timeline, _, _ = branched
    gone(timeline, 10)
    timeline.set({"gain": 2})
    stepped(timeline, 3)
    assert timeline.branches.now.parent is timeline.branches.find(1)


def test_a_change_to_the_same_value_leaves_the_future_as_it_is(branched):
    timeline, _, second = branched
    gone(timeline, 20)
    timeline.set({"hue": 0.1, "gain": 1})
    assert (len(timeline.branches), timeline.furthest) == (2, 35)
    again = stepped(timeline, 10)
    assert torch.equal(again[30], second[30])


def test_a_hand_that_drags_makes_one_branch_named_by_where_it_ends():
    timeline = started()
    stepped(timeline, 20)
    gone(timeline, 5)
    for hue in (0.2, 0.3, 0.4):
        timeline.set({"hue": hue})
        stepped(timeline, 1)
    stepped(timeline, 20)
    timeline.set({"hue": 0.8})
    assert names(timeline) == {1: "first run", 2: "hue 0.4"}


def test_a_branch_without_a_step_of_its_own_leaves_nothing_behind(branched):
    timeline, _, _ = branched
    gone(timeline, 20)
    timeline.set({"hue": 0.5})
    turned(timeline, 1)
    assert set(names(timeline)) == {1, 2}


def test_a_deleted_branch_is_gone_and_those_that_others_leave_stay(branched):
    timeline, first, _ = branched
    with pytest.raises(StageError, match="The first run stays"):
        timeline.delete(1)
    gone(timeline, 25)
    timeline.set({"gain": 0})
    stepped(timeline, 2)
    with pytest.raises(StageError, match="Other branches begin in this one"):
        timeline.delete(2)
    timeline.delete(3)
    timeline.delete(2)
    while timeline.target is not None:
        timeline.step()
    assert set(names(timeline)) == {1}
    assert torch.equal(shown(timeline), first[timeline.at])
    with pytest.raises(StageError, match="no longer there"):
        timeline.turn(2)


def test_the_number_of_branches_is_bounded_by_a_sentence():
    timeline = started()
    stepped(timeline, 5)
    for i in range(MOST - 1):
        gone(timeline, 2)
        timeline.set({"hue": i / 100})
        stepped(timeline, 2)
    gone(timeline, 2)
    before = timeline.now
    with pytest.raises(StageError, match=f"up to {MOST} branches: delete one"):
        timeline.set({"hue": 0.99})
    assert (len(timeline.branches), timeline.now) == (MOST, before)
    timeline.delete(2)
    timeline.set({"hue": 0.99})


@pytest.mark.parametrize("weight", [100, 900, 3000])
def test_the_states_of_all_branches_share_one_bound(weight):
    timeline = started(weight=weight)
    timeline.branches = Branches(limit=4_000_000, states=60)
    frames: list[Frames] = []
    for i in range(6):
        if i:
            gone(timeline, 20)
            timeline.set({"hue": i / 10})
        frames.append(stepped(timeline, 40 if i else 60))
        assert timeline.branches.bytes <= 4_000_000
        assert timeline.branches.kept <= 60
        all_held = (b.states._states.values() for b in timeline.branches)
        assert timeline.branches.bytes == sum(states._size(s) for held in all_held for s in held)
    for i, number in enumerate(branch.number for branch in timeline.branches):
        step = turned(timeline, number)
        assert torch.equal(shown(timeline), frames[i][step])


def tree_of(page: Page) -> dict[str, Any]:
    return page.until(lambda m: isinstance(m, dict) and "branches" in m)["branches"]


def test_a_page_sees_the_branches_and_goes_to_them(server: Server):
    page = server.page()
    page.open(delay=5)
    page.until(lambda m: isinstance(m, Sent) and m.step >= 30)
    page.say(do="pause")
    first = page.rest()
    page.say(do="seek", step=10)
    page.until(lambda m: isinstance(m, Sent) and m.encoding and m.step == 10)
    page.say(rev=1, set={"hue": 0.9})
    tree = tree_of(page)
    assert tree["now"] == 2
    assert [(b["branch"], b["parent"], b["leaves"], b["name"]) for b in tree["all"]] == [
        (1, 0, -1, "first run"),
        (2, 1, 10, "hue 0.9"),
    ]
    assert tree["all"][0]["kept"] == first.step
    assert {step for step, _ in page.text("numbers")} <= set(range(11))
    page.say(do="play")
    page.until(lambda m: isinstance(m, Sent) and m.step > first.step)
    page.say(do="branch", branch=1)
    assert tree_of(page)["now"] == 1
    assert max(step for step, _ in page.text("numbers")) == first.step
    again = page.until(lambda m: isinstance(m, Sent) and m.encoding and m.step == first.step)
    assert again.data == first.data
    page.say(do="link")
    assert unpack(page.text("link"))["tape"] == []
    page.say(do="name", branch=2, name="mine")
    assert tree_of(page)["all"][1]["name"] == "mine"
    page.say(do="delete", branch=2)
    assert len(tree_of(page)["all"]) == 1
    page.say(do="delete", branch=1)
    assert "stays" in page.text("sentence")
    page.say(do="branch", branch=2)
    assert "no longer there" in page.text("sentence")


def test_a_link_carries_the_branch_that_is_shown():
    timeline = started()
    stepped(timeline, 20)
    gone(timeline, 5)
    timeline.set({"hue": 0.9})
    stepped(timeline, 2)
    settings, tape, _ = read(counter, timeline.record())
    assert (settings, tape) == (timeline.start, [(6, {"hue": 0.9})])


def test_words_for_what_was_changed():
    assert branches.change("layer", "blocks.2") == "layer blocks.2"
    assert branches.change("step_size", 4.0) == "step size 4"
    assert branches.change("control", False) == "control off"
    assert branches.change("place", (0.5, -1.0)) == "place 0.5, -1"
    assert branches.change("hold", ("dark", "smile")) == "hold dark, smile"
    assert branches.change("hold", ()) == "hold nothing"
