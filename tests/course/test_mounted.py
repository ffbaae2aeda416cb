"""The course stands behind the lab's door: who comes in, and what stands around its pages."""

import asyncio
import tomllib
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from apps.course import mounted as subject
from apps.kit.shell import Link
from apps.kit.theme import TOKENS

PAGE = """<html><head>
<link
  rel="preload"
  href="./font.woff2"
  as="font"
  crossorigin
/>
<title>Streamlit</title></head><div id="root"></div></html>"""
EVIL = {"origin": "http://evil.example"}
CONFIG = tomllib.loads((subject.SCRIPT.parent / ".streamlit" / "config.toml").read_text())


class Streamlit:
    """In place of Streamlit: it counts how often it was started and stopped."""

    def __init__(self):
        self.started = self.ended = 0
        page = HTMLResponse(PAGE)
        self._app = Starlette(
            routes=[
                Route("/", lambda _: page),
                Route("/data.js", lambda _: PlainTextResponse("<title>Streamlit</title>")),
                WebSocketRoute("/stream", self._talk),
            ]
        )

    async def _talk(self, socket):
        await socket.accept()
        await socket.send_text("hello")
        await socket.close()

    def lifespan(self):
        @asynccontextmanager
        async def life(_):
            self.started += 1
            yield
            self.ended += 1

        return life

    async def __call__(self, scope, receive, send):
        await self._app(scope, receive, send)


@pytest.fixture
def streamlit(monkeypatch):
    made = Streamlit()
    monkeypatch.setattr(subject, "_streamlit", lambda: made)
    return made


def lab():
    """A lab with nothing but its course."""
    course = subject.Course(
        [Link("/app/dream/", "Dream", "Look in"), Link("/course/", "Course", "Course")], "CPU"
    )

    @asynccontextmanager
    async def life(_):
        async with course.life():
            yield

    return TestClient(Starlette(lifespan=life, routes=[Mount("/course", course)]))


@pytest.fixture
def client(streamlit):
    with lab() as opened:
        yield opened


def test_nothing_is_started_before_somebody_asks(client, streamlit):
    assert streamlit.started == 0
    assert client.get("/course/").status_code == 200
    assert client.get("/course/").status_code == 200
    assert streamlit.started == 1


def alone(life):
    """Live it on a loop of a thread of its own: a browser of another test may hold one here."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, asyncio.wait_for(life, 10)).result()


def test_when_the_lab_is_ready_the_course_starts_by_itself(streamlit):
    async def live():
        course = subject.Course([], "CPU")
        async with course.life() as start:
            await asyncio.to_thread(start)
            while not streamlit.started:
                await asyncio.sleep(0.01)
        assert streamlit.ended == 1
        start()  # the lab is closed: nothing happens

    alone(live())


def test_a_course_that_nobody_asked_for_ends_at_once(streamlit):
    async def live():
        async with subject.Course([], "CPU").life():
            pass

    alone(live())
    assert streamlit.started == 0


def test_a_page_has_the_labs_header_and_its_theme(client):
    page = client.get("/course/", headers={"accept": "text/html"}).text
    assert '<a href="/app/dream/">Look in</a>' in page
    assert '<a href="/course/" aria-current=page>Course</a>' in page
    assert page.index('class="top"') < page.index('id="root"')
    assert "<title>Course · Ascent</title>" in page
    assert page.count("<title>") == 1
    assert "font.woff2" not in page


def test_what_is_no_page_passes_as_it_is(client):
    assert client.get("/course/data.js").text == "<title>Streamlit</title>"


def test_the_length_is_that_of_what_is_sent(client):
    answer = client.get("/course/", headers={"accept-encoding": "identity"})
    assert int(answer.headers["content-length"]) == len(answer.content)
    head = client.head("/course/")
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_sent_to_the_course(client, streamlit, method):
    answer = client.request(method, "/course/_stcore/upload_file/a/b")
    assert answer.status_code == 405
    assert answer.json() == {"sentence": "Nothing can be sent to the course: open its pages."}
    assert streamlit.started == 0


def test_pages_of_others_are_refused_before_streamlit_hears_of_them(client, streamlit):
    assert client.get("/course/", headers=EVIL).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/course/stream", headers=EVIL),
    ):
        pass
    assert streamlit.started == 0
    with client.websocket_connect("/course/stream") as socket:
        assert socket.receive_text() == "hello"


def test_a_course_that_cannot_open_says_why(monkeypatch, capsys):
    def broken():
        raise ModuleNotFoundError("no streamlit here")

    monkeypatch.setattr(subject, "_streamlit", broken)
    with lab() as client:
        answer = client.get("/course/")
    assert answer.status_code == 503
    assert answer.json()["sentence"].endswith("ModuleNotFoundError: no streamlit here")
    assert "no streamlit here" in capsys.readouterr().err


@pytest.mark.parametrize("which", ["light", "dark"])
def test_its_colours_are_those_of_the_lab(which):
    at = ("light", "dark").index(which)
    theirs = CONFIG["theme"][which]
    names = {
        "primaryColor": "live",
        "linkColor": "live",
        "backgroundColor": "background",
        "secondaryBackgroundColor": "surface",
        "textColor": "ink",
        "borderColor": "line",
    }
    assert theirs == {key: TOKENS[name][at] for key, name in names.items()}


def test_streamlit_tells_nobody_and_watches_nothing():
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["server"]["fileWatcherType"] == "none"
    assert CONFIG["server"]["maxUploadSize"] <= 20
    assert CONFIG["client"]["toolbarMode"] == "minimal"
