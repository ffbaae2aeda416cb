"""A guess counts every phone once, and keeps what is right to itself until the reveal."""

import pytest

from apps.stage.errors import StageError
from apps.stage.room.orders import Pose
from apps.stage.room.poll import Poll


@pytest.fixture
def poll() -> Poll:
    return Poll(Pose("Which?", ("this", "that", "none"), 1, "That it is."))


def test_a_phone_counts_once_and_may_change_its_mind(poll):
    for key, choice in (("a", 0), ("b", 1), ("a", 1), ("c", 2)):
        poll.answer(key, choice)
    assert poll.counts == [0, 2, 1]


def test_what_is_right_is_told_at_the_reveal_alone(poll):
    poll.answer("a", 0)
    for what in ("open", "watch"):
        poll.advance(what)
        told = poll.for_follower("a")
        assert (told["stage"], told["mine"]) == (what, 0)
        assert not {"right", "reveal", "counts"} & told.keys()
    poll.advance("reveal")
    told = poll.for_follower("b")
    assert (told["mine"], told["right"], told["reveal"]) == (None, 1, "That it is.")
    assert told["counts"] == [1, 0, 0]


def test_the_lecturer_sees_the_counts_at_any_time(poll):
    poll.answer("a", 2)
    assert (poll.for_lecturer()["counts"], poll.for_lecturer()["right"]) == ([0, 0, 1], 1)


def test_a_closed_guess_takes_no_answer_and_does_not_open_again(poll):
    poll.advance("reveal")
    poll.advance("watch")
    assert poll.stage == "reveal"
    with pytest.raises(StageError, match="closed"):
        poll.answer("a", 0)


def test_an_answer_that_is_not_there_is_refused(poll):
    with pytest.raises(StageError, match="one of the 3 answers"):
        poll.answer("a", 3)
    assert poll.counts == [0, 0, 0]
