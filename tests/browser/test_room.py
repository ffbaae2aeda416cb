"""Twelve visitors of one computer: all of them move, nobody's picture is another's."""

import pytest

from tests.bench import browser, room
from tests.browser.conftest import chromium

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.skipif(not chromium(), reason="There is no Chromium.")
def test_twelve_visitors_all_move_share_evenly_and_see_their_own_run():
    with browser.lab() as served, browser.watch() as watch:
        visits = room.crowd(watch, served.ready(), room.VISITORS, room.TOGETHER)
    assert max(visit.moved for visit in visits) <= room.AT_ONCE
    steps = [visit.steps for visit in visits]
    assert min(steps) >= room.SHARE * sum(steps)
    assert all(visit.solo for visit in visits)
    assert f"{room.VISITORS} people share this computer" in visits[0].said
    assert not watch.errors
