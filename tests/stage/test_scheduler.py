"""Every run has its turn, and memory its bounds."""

from apps.stage import scheduler
from tests.stage.conftest import Sent, Server


def kept(page) -> int:
    return [t["status"]["kept"] for t in page.texts if "status" in t][-1]


def test_of_four_runs_the_slowest_gets_its_share(server: Server):
    pages = [server.page() for _ in range(4)]
    for i, page in enumerate(pages):
        page.open(delay=10, seed=i)
    for _ in range(30):
        for page in pages:
            page.watch(0.02)
        pages[0].say(set={"hue": 0.3})  # a busy hand moves no more than one turn ahead
    for page in pages:
        page.say(do="pause")
        page.status("paused")
    steps = [kept(page) for page in pages]
    assert min(steps) >= 0.15 * sum(steps)


def test_a_newcomer_owes_nothing_and_is_owed_nothing(server: Server):
    first = server.page()
    first.open(delay=10)
    first.watch(1)
    second = server.page()
    second.open(delay=10)
    before = kept(first)
    for _ in range(25):
        first.watch(0.02)
        second.watch(0.02)
    for page in (first, second):
        page.say(do="pause")
        page.status("paused")
    gained = [kept(first) - before, kept(second)]
    assert min(gained) >= 0.3 * sum(gained)


def test_runs_that_share_a_worker_do_not_change_each_other(server: Server):
    alone = server.page()
    alone.open(steps=25, delay=2, seed=7)
    wanted = alone.frame(exact=True).data
    pages = [server.page() for _ in range(3)]
    for i, page in enumerate(pages):
        page.open(steps=25, delay=2, seed=6 + i)
    found = [page.frame(exact=True).data for page in pages]
    assert found[1] == wanted
    assert len(set(found)) == 3


def test_all_kept_states_together_stay_within_the_servers_memory(server: Server, monkeypatch):
    monkeypatch.setattr(scheduler, "BYTES", 4_000_000)
    pages = [server.page() for _ in range(3)]
    for page in pages:
        page.open(delay=0, weight=100)
    for page in pages:
        page.until(lambda m: isinstance(m, Sent) and m.step > 150)
    runs = server.stage._scheduler._runs
    assert sum(r.timeline.branches.bytes for r in runs if r.timeline) <= 4_000_000 + 3 * 200_000
    pages[0].say(do="seek", step=100)
    assert pages[0].until(lambda m: isinstance(m, Sent) and m.encoding and m.step == 100)


def test_the_worker_leaves_when_the_stage_closes(serve):
    server = serve()
    page = server.page()
    page.open(delay=20)
    page.frame()
    server.stage.close()
    assert not server.stage._scheduler._thread.is_alive()
