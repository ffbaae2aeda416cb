"""Each row of a tape is told once, with the step that reads it; together they are the run."""

import json
from typing import Any

import pytest

from apps.stage.errors import StageError
from apps.stage.past.branches import MOST, Branches, BranchRecord
from apps.stage.past.tapes import Tapes
from apps.stage.past.timeline import Timeline
from core.run import Run
from tests.stage import counter
from tests.stage.past.test_timeline import gone, started, stepped


def news(tapes: Tapes, timeline: Timeline) -> list[tuple[int, int, Any]]:
    told = [json.loads(text)["tape"] for text in tapes.news(timeline)]
    return [(one["branch"], one["from"], one["rows"]) for one in told]


def test_a_row_is_told_when_it_is_asked_for_and_never_again():
    timeline, tapes = started(), Tapes()
    stepped(timeline, 3)
    assert news(tapes, timeline) == []
    timeline.set({"hue": 0.9})
    assert news(tapes, timeline) == [(1, 0, [[3, {"hue": 0.9}]])]
    timeline.set({"hue": 0.7})
    assert news(tapes, timeline) == [(1, 0, [[3, {"hue": 0.7}]])]
    stepped(timeline, 4)
    assert news(tapes, timeline) == []
    timeline.act("splash", {"amount": 0.5})
    assert news(tapes, timeline) == [(1, 1, [[7, {"action": "splash", "amount": 0.5}]])]


def test_another_branch_has_its_own_rows_and_the_old_one_keeps_its():
    timeline, tapes = started(), Tapes()
    stepped(timeline, 5)
    timeline.set({"hue": 0.9})
    stepped(timeline, 10)
    news(tapes, timeline)
    gone(timeline, 8)
    timeline.set({"gain": 2})
    assert news(tapes, timeline) == [(2, 0, [[9, {"gain": 2.0}]])]
    stepped(timeline, 4)
    timeline.turn(1)
    assert news(tapes, timeline) == []
    whole = {one["tape"]["branch"]: one["tape"]["rows"] for one in map(json.loads, tapes.whole())}
    assert whole == {1: [[5, {"hue": 0.9}]], 2: [[9, {"gain": 2.0}]]}
    timeline.delete(2)
    news(tapes, timeline)
    assert len(tapes.whole()) == 1


def test_what_waits_when_another_branch_is_turned_to_belongs_to_the_one_that_is_left():
    timeline, tapes = started(), Tapes()
    stepped(timeline, 10)
    gone(timeline, 4)
    timeline.set({"hue": 0.1})
    stepped(timeline, 3)
    timeline.set({"gain": 0.5})
    timeline.turn(1)
    told = {number: rows for number, _, rows in news(tapes, timeline)}
    assert told == {2: [[5, {"hue": 0.1}], [8, {"gain": 0.5}]]}


def kept(timeline: Timeline) -> Branches:
    """The branches of a run, as somebody has kept them."""
    rows = timeline.rows()
    found = [
        BranchRecord(
            number=branch.number,
            parent=branch.parent.number if branch.parent else 0,
            leaves=branch.leaves,
            furthest=branch.furthest,
            name=branch.title,
            tape=list(rows[branch.number]),
        )
        for branch in timeline.branches
    ]
    return Branches.of(found, timeline.branches.now.number)


def again(timeline: Timeline) -> Timeline:
    """The same run made anew from what was kept, where it was left."""
    branches = kept(timeline)
    run = Run(counter, timeline.start, {"picture": None}, tape=branches.tape(branches.now))
    found = Timeline(run, branches)
    found.back(timeline.at)
    while found.target is not None:
        found.step()
    return found


def test_a_run_that_was_kept_has_its_branches_names_and_bytes():
    timeline = started()
    first = stepped(timeline, 30)
    gone(timeline, 15)
    timeline.set({"hue": 0.1})
    second = stepped(timeline, 10)
    found = again(timeline)
    assert found.at == 25
    assert counter.picture(found.latest).equal(second[25])
    assert {b.number: b.title for b in found.branches} == {1: "first run", 2: "hue 0.1"}
    assert (found.branches.find(1).furthest, found.furthest) == (29, 25)
    found.turn(1)
    while found.target is not None:
        found.step()
    assert counter.picture(found.latest).equal(first[found.at])
    gone(found, 20)
    found.set({"hue": 0.3})
    assert found.branches.now.number == 3


def test_a_run_that_was_left_in_its_past_knows_its_future():
    timeline = started()
    stepped(timeline, 10)
    timeline.set({"hue": 0.9})
    frames = stepped(timeline, 20)
    gone(timeline, 5)
    found = again(timeline)
    assert (found.at, found.furthest, found.now.hue) == (5, 29, 0.5)
    gone(found, 20)
    assert counter.picture(found.latest).equal(frames[20])


def test_a_wish_that_waited_waits_and_can_be_changed():
    timeline = started()
    stepped(timeline, 5)
    timeline.set({"hue": 0.9})
    found = again(timeline)
    assert (found.at, found.now.hue, found.made.hue) == (4, 0.9, 0.5)
    found.set({"hue": 0.2})
    assert found.now.hue == 0.2
    stepped(found, 1)
    assert found.made.hue == 0.2
    assert len(found.branches) == 1


def test_a_run_that_had_not_begun_begins():
    found = again(started())
    assert (found.at, found.target, len(found.branches)) == (-1, None, 1)
    assert list(stepped(found, 2)) == [0, 1]


def test_what_nobody_saw_is_forgotten_unless_it_was_steered():
    timeline = started()
    frames = stepped(timeline, 40)
    assert timeline.unsee(25, 30)
    while timeline.target is not None:
        timeline.step()
    assert (timeline.at, timeline.furthest) == (25, 30)
    assert stepped(timeline, 1)[26].equal(frames[26])
    assert not timeline.unsee(26, 30)  # there is nothing later
    timeline.set({"hue": 0.9})
    stepped(timeline, 4)
    assert not timeline.unsee(26, 26)
    assert timeline.at == 30


def test_more_branches_than_a_run_may_have_are_refused():
    root = BranchRecord(1, 0, -1, 9, "", [])
    others = [BranchRecord(n, 1, 2, 3, "", []) for n in range(2, MOST + 2)]
    with pytest.raises(StageError, match="do not fit together"):
        Branches.of([root, *others], 1)
    assert len(Branches.of([root, *others[1:]], 1)) == MOST
