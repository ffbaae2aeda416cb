"""Twelve visitors of one computer: all of them move, nobody's picture is another's."""

import pytest
from playwright.sync_api import Browser

from tests.bench import room
from tests.bench.browser import Watch
from tests.bench.browser import lab as lab_of_its_own

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_twelve_visitors_all_move_share_evenly_and_see_their_own_run(browser: Browser):
    watch = Watch(browser)
    with lab_of_its_own() as served:
        visits = room.crowd(watch, served.ready(), room.VISITORS, room.TOGETHER)
    assert max(visit.moved for visit in visits) <= room.AT_ONCE
    steps = [visit.steps for visit in visits]
    assert min(steps) >= room.SHARE * sum(steps)
    assert all(visit.solo for visit in visits)
    assert f"{room.VISITORS} people share this computer" in visits[0].said
    assert not watch.errors
