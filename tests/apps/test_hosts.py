"""A lab answers to its own names, to those that it is told of, and to nobody else's."""

import socket

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from apps.kit import door, refusals
from apps.kit.hosts import Served

HOME, ROOM = Served("127.0.0.1", 7860), Served("0.0.0.0", 7860)


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    for name in ("LAB_ORIGINS", "SPACE_HOST", "SPACE_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:7860",
        "localhost:7860",
        "[::1]:7860",
        "LocalHost:7860",
        "localhost:8000",
        "127.0.0.1",
    ],
)
def test_this_computer_is_served_everywhere(host):
    assert HOME.answers_to(host)
    assert ROOM.answers_to(host)


def test_names_of_this_computer_are_served_where_the_room_is():
    name = socket.gethostname()
    for host in (name, f"{name.partition('.')[0]}.local"):
        assert ROOM.answers_to(f"{host}:7860")
        assert not ROOM.answers_to(f"{host}:7861")
        assert not HOME.answers_to(f"{host}:7860")


def test_a_port_that_is_not_written_is_the_usual_one():
    assert Served("127.0.0.1", 80).answers_to("localhost")
    assert Served("127.0.0.1", 443).answers_to("localhost", "https")
    assert Served("127.0.0.1", 443).answers_to("localhost", "wss")
    assert not Served("lab.example", 7860).answers_to("lab.example")


def test_the_host_that_is_listened_on_is_served_by_its_name():
    assert Served("lab.school.example", 7860).answers_to("lab.school.example:7860")
    assert Served("::1", 7860).answers_to("[::1]:7860")


@pytest.mark.parametrize("host", ["203.0.113.7:7860", "192.168.1.5:8000", "[2001:db8::1]:7860"])
def test_an_address_in_numbers_is_served_where_the_room_is(host):
    """A container, or a router, has made another address of it: no name was led here."""
    assert ROOM.answers_to(host)
    assert not HOME.answers_to(host)


@pytest.mark.parametrize(
    "host", ["evil.example:7860", "203.0.113.7.evil.example:7860", "localhost.evil.example:7860"]
)
def test_nobody_else_is_served_in_a_room_either(host):
    assert not ROOM.answers_to(host)


@pytest.mark.parametrize(
    ("named", "host", "served"),
    [
        ("course.example", "course.example", True),
        ("course.example", "course.example:8080", True),
        ("course.example:8080", "course.example:8080", True),
        ("course.example:8080", "course.example", False),
        ("https://course.example/", "course.example", True),
        ("http://a.example, https://course.example:9000", "course.example:9000", True),
        ("course.example", "evil.course.example", False),
        ("course.example", "course.example.evil.example", False),
        ("192.168.1.5", "192.168.1.5:7860", True),
        (", ,", "", False),
    ],
)
def test_what_lab_origins_names_is_served(monkeypatch, named, host, served):
    monkeypatch.setenv("LAB_ORIGINS", named)
    assert HOME.answers_to(host) == served


@pytest.mark.parametrize(
    "variables", [{"SPACE_HOST": "some-body-ascent.hf.space"}, {"SPACE_ID": "Some_Body/Ascent"}]
)
def test_a_space_is_served_at_its_own_host(monkeypatch, variables):
    assert not ROOM.answers_to("some-body-ascent.hf.space", "https")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert ROOM.answers_to("some-body-ascent.hf.space", "https")
    assert not ROOM.answers_to("evil.hf.space", "https")


async def told(request):
    return JSONResponse({"host": request.headers["host"]})


async def broken(_):
    raise RuntimeError("no network card")


@pytest.fixture
def client():
    app = Starlette(routes=[Route("/", told), Route("/broken", broken)])
    app.add_middleware(refusals.Refusals, made=refusals.page("<header></header>"))
    return TestClient(door.Door(app, HOME), base_url="http://127.0.0.1:7860")


def test_a_proxy_is_believed_only_for_hosts_that_are_named(client, monkeypatch):
    forwarded = {"x-forwarded-host": "course.example"}
    assert client.get("/", headers=forwarded).json() == {"host": "127.0.0.1:7860"}
    inside = {"host": "inside:9", **forwarded}
    assert "LAB_ORIGINS" in client.get("/", headers=inside).json()["sentence"]
    monkeypatch.setenv("LAB_ORIGINS", "https://course.example")
    assert client.get("/", headers=inside).json() == {"host": "course.example"}


def test_a_failure_is_a_page_that_says_what_to_do_and_is_logged_once(client, caplog):
    page = client.get("/broken", headers={"accept": "text/html"})
    assert page.status_code == 500
    assert "Open the page again" in page.text
    assert "no network card" not in page.text
    assert [record.getMessage() for record in caplog.records if record.exc_info] == [
        "a request failed"
    ]
    assert client.get("/broken").json()["sentence"] == refusals.SENTENCES[500]
