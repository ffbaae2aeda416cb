"""The address in the code leads to this lab, from where the room is."""

import pytest

from apps.kit.hosts import Served, split
from apps.stage.room import invitation as module
from apps.stage.room.invitation import ALONE, NO_NETWORK, invitation


@pytest.fixture(autouse=True)
def room(monkeypatch):
    monkeypatch.setenv("LAB_HOST", "0.0.0.0")
    monkeypatch.setattr(module, "address_in_network", lambda: "192.168.1.5")


@pytest.mark.parametrize(
    ("host", "scheme", "address"),
    [
        ("192.168.1.9:7860", "http", "http://192.168.1.9:7860/f/KZ4T"),
        ("lab.school.example", "https", "https://lab.school.example/f/KZ4T"),
        ("127.0.0.1:7860", "http", "http://192.168.1.5:7860/f/KZ4T"),
        ("localhost:8080", "http", "http://192.168.1.5:8080/f/KZ4T"),
        ("[::1]:7860", "http", "http://192.168.1.5:7860/f/KZ4T"),
        ("localhost", "http", "http://192.168.1.5/f/KZ4T"),
    ],
)
def test_the_address_is_the_lecturers_own_or_this_computers_in_the_network(host, scheme, address):
    found = invitation("KZ4T", host, scheme)
    assert (found.address, found.sentence) == (address, "")
    assert found.svg.startswith("<svg")


def test_another_address_is_another_code():
    first, second = (invitation(code, "192.168.1.9:7860").svg for code in ("KZ4T", "KZ4W"))
    assert first != second


def test_a_lab_of_this_computer_alone_says_how_to_let_the_room_in(monkeypatch):
    monkeypatch.setenv("LAB_HOST", "")
    found = invitation("KZ4T", "127.0.0.1:7860")
    assert (found.svg, found.sentence) == ("", ALONE)
    assert found.address == "http://127.0.0.1:7860/f/KZ4T"
    assert "LAB_HOST=0.0.0.0 make lab" in found.sentence


def test_without_a_network_that_is_said(monkeypatch):
    monkeypatch.setattr(module, "address_in_network", lambda: "")
    assert invitation("KZ4T", "127.0.0.1:7860").sentence == NO_NETWORK


def test_the_lab_answers_to_the_address_that_it_gives_out(monkeypatch):
    monkeypatch.undo()
    own = module.address_in_network()
    if not own:
        pytest.skip("This computer is in no network.")
    monkeypatch.setenv("LAB_HOST", "0.0.0.0")
    address = invitation("KZ4T", "127.0.0.1:7860").address
    host = address.removeprefix("http://").partition("/")[0]
    assert split(host)[0] == own
    assert Served("0.0.0.0", 7860).answers_to(host)


def test_nothing_is_sent_to_find_the_address(monkeypatch):
    """A datagram socket that is connected and no more sends nothing."""
    monkeypatch.undo()

    class Silent(module.socket.socket):
        def send(self, *_):
            raise AssertionError("something was sent")

        sendto = sendmsg = send

    monkeypatch.setattr(module.socket, "socket", Silent)
    assert "127." not in module.address_in_network()
