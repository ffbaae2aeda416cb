"""Whatever comes in on the socket, the answer is a sentence and the run goes on."""

import json

import pytest

from apps.stage.errors import MessageError
from apps.stage.past.branches import BranchRecord
from apps.stage.run.orders import Kept, Name, Open, Seek, Set, Speed, Turn
from apps.stage.wire.messages import LONGEST, LONGEST_OPEN, read
from tests.stage.conftest import Page, Server

DEEP = "[" * 100_000
LONG = "x" * (LONGEST + 1)
BRANCH = '{"branch": 1, "parent": 0, "leaves": -1, "kept": 3, "name": "", "tape": []}'
RECORD = '{"probe": "counter", "settings": {}, "step": 3}'


def kept(record: str = RECORD, branches: str = f"[{BRANCH}]", more: str = '"now": 1') -> str:
    return f'{{"open": {{"record": {record}, "branches": {branches}, {more}}}}}'


UNREADABLE = [
    "",
    " ",
    "pause",
    "null",
    "true",
    "0",
    "[]",
    '"do"',
    "{",
    "{}",
    '{"do": }',
    "{'do': 'pause'}",
    DEEP,
    '{"set": ' * 5000,
    '{"ack": NaN}',
    '{"ack": Infinity}',
    '{"ack": -1}',
    '{"ack": 1.5}',
    '{"ack": true}',
    '{"ack": "1"}',
    '{"ack": 99999999999999999999}',
    '{"ack": null}',
    '{"ack": 1, "do": "pause"}',
    '{"unknown": 1}',
    '{"__proto__": {}}',
    '{"do": "dance"}',
    '{"do": null}',
    '{"do": ["pause"]}',
    '{"do": {"pause": 1}}',
    '{"do": "pause", "step": 3}',
    '{"do": "seek"}',
    '{"do": "seek", "step": -1}',
    '{"do": "seek", "step": 1.5}',
    '{"do": "seek", "step": "3"}',
    '{"do": "seek", "step": 1e400}',
    '{"do": "seek", "step": 4294967296}',
    '{"do": "speed"}',
    '{"do": "speed", "value": -1}',
    '{"do": "speed", "value": 1e9}',
    '{"do": "speed", "value": true}',
    '{"do": "speed", "value": 1' + "0" * 400 + "}",
    '{"hidden": 1}',
    '{"hidden": "yes"}',
    '{"set": []}',
    '{"set": {"hue": [[1]]}}',
    '{"set": {"hue": ["a", 1]}}',
    '{"set": {"hue": [1, "a"]}}',
    '{"set": {"hue": [["a"]]}}',
    '{"set": {"hue": null}}',
    '{"set": {"hue": 1e400}}',
    '{"set": {"hue": 1' + "0" * 400 + "}}",
    '{"set": {"hue": 1' + "0" * 5000 + "}}",
    '{"rev": -1, "set": {}}',
    '{"rev": "a", "set": {}}',
    '{"set": {"hue": "' + LONG + '"}}',
    '{"act": []}',
    '{"act": {}}',
    '{"act": {"action": 3}}',
    '{"open": "counter"}',
    '{"open": {}}',
    '{"open": {"probe": 3}}',
    '{"open": {"probe": "counter", "settings": [1]}}',
    '{"open": {"probe": "counter", "extra": 1}}',
    '{"open": {"link": 3}}',
    '{"open": {"run": 1}}',
    '{"open": {"beside": 1}}',
    '{"open": {"beside": 0, "token": "a"}}',
    '{"open": {"beside": true, "token": "a"}}',
    '{"open": {"beside": 1, "token": "a", "settings": {"hue": [null]}}}',
    '{"open": {"beside": 1, "token": "a", "settings": {}, "branch": 1}}',
    '{"open": {"beside": 1, "token": "a", "branch": -1}}',
    '{"open": {"beside": 1, "token": "a", "probe": "counter"}}',
    '{"do": "branch"}',
    '{"do": "branch", "branch": 0}',
    '{"do": "branch", "branch": 1.5}',
    '{"do": "branch", "branch": 1, "name": "a"}',
    '{"do": "delete", "branch": "1"}',
    '{"do": "delete", "branch": 99999999999}',
    '{"do": "name", "branch": 1}',
    '{"do": "name", "branch": 1, "name": 3}',
    '{"do": "name", "branch": 1, "name": "' + LONG[:41] + '"}',
    '{"do": "pause", "branch": 1}',
    '{"open": {"run": 0, "token": "a"}}',
    '{"open": {"link": "' + "x" * LONGEST_OPEN + '"}}',
    '{"open": {"run": 1, "token": "a", "step": -1}}',
    '{"open": {"run": 1, "token": "a", "step": 3, "furthest": 2}}',
    '{"open": {"run": 1, "token": "a", "furthest": "a"}}',
    '{"open": {"record": 1}}',
    '{"open": {"record": {}}}',
    kept(record="[]"),
    kept(record='{"probe": 3, "step": 3}'),
    kept(record='{"probe": "counter"}'),
    kept(record='{"probe": "counter", "step": -2}'),
    kept(record='{"probe": "counter", "step": 1.5}'),
    kept(record='{"probe": "counter", "step": 3, "tape": []}'),
    kept(branches="[]"),
    kept(branches="{}"),
    kept(branches="[1]"),
    kept(branches="[" + ", ".join([BRANCH] * 13) + "]"),
    kept(branches='[{"branch": 1}]'),
    kept(branches=f"[{BRANCH.replace('[]', '{}')}]"),
    kept(branches=f"[{BRANCH.replace('-1', '-2')}]"),
    kept(branches=f"[{BRANCH.replace(': 3', ': 1e9')}]"),
    kept(branches="[" + BRANCH.replace("[]", '[], "more": 1') + "]"),
    kept(branches="[" + BRANCH.replace('""', json.dumps(LONG[:41])) + "]"),
    kept(more='"now": 0'),
    kept(more='"goes": true'),
    kept(more='"now": 1, "goes": 1'),
    kept(more='"now": 1, "until": -1'),
    kept(more='"now": 1, "token": "a"'),
    '{"open": {"follow": 3}}',
    '{"open": {"follow": ""}}',
    '{"open": {"follow": "KZ0T"}}',
    '{"open": {"follow": "' + LONG + '"}}',
    '{"open": {"follow": "KZ4T", "token": "a"}}',
    '{"open": {"follow": "KZ4T", "key": 3}}',
    '{"open": {"follow": "KZ4T", "key": "' + LONG[:101] + '"}}',
    '{"room": true}',
    '{"room": "burn"}',
    '{"room": {"open": 1}}',
    '{"room": "close", "token": "a"}',
    '{"room": "open", "code": "KZ4T", "token": "a", "page": "http://elsewhere.example/"}',
    '{"room": "open", "code": "KZ4T", "token": "a", "page": "/units/", "title": 3}',
    '{"open": {"follow": "KZ4T", "beside": 1}}',
    '{"room": "open", "code": "KZ4T"}',
    '{"room": "open", "token": "a"}',
    '{"room": "open", "code": "KZ4T", "token": 3}',
    '{"room": "open", "code": "KZ4T", "token": "' + LONG[:101] + '"}',
    '{"ask": "all"}',
    '{"ask": []}',
    '{"ask": {}}',
    '{"ask": {"question": "a", "answers": "bc", "right": 0, "reveal": "d"}}',
    '{"ask": {"question": "a", "answers": ["b"], "right": 0, "reveal": "d"}}',
    '{"ask": {"question": "a", "answers": ["b", "c", "d", "e", "f"], "right": 0, "reveal": "d"}}',
    '{"ask": {"question": "a", "answers": ["b", 3], "right": 0, "reveal": "d"}}',
    '{"ask": {"question": "a", "answers": ["b", "c"], "right": 2, "reveal": "d"}}',
    '{"ask": {"question": "a", "answers": ["b", "c"], "right": 0}}',
    '{"ask": {"question": "a", "answers": ["b", "c"], "right": 0, "reveal": "d", "more": 1}}',
    '{"ask": {"question": "' + LONG[:301] + '", "answers": ["b", "c"], "right": 0, "reveal": ""}}',
    '{"ask": {"question": "a", "answers": ["b", "' + LONG[:101] + '"], "right": 0, "reveal": ""}}',
    '{"guess": -1}',
    '{"guess": 4}',
    '{"guess": "1"}',
    '{"guess": [0]}',
    '{"wheel": -1}',
    '{"wheel": true}',
    '{"wheel": 1e3}',
    '{"wheel": 99999999999}',
    '{"away": -1}',
    '{"away": null}',
    '{"away": 4294967296}',
]
REFUSED = [
    '{"set": {"nothing": 1}}',
    '{"set": {"self": 1}}',
    '{"set": {"steps": 3}}',
    '{"set": {"hue": 7}}',
    '{"set": {"hue": [1]}}',
    '{"set": {"hue": "red"}}',
    '{"set": {"hue": true}}',
    '{"act": {"action": "explode"}}',
    '{"act": {"action": "splash", "amount": 9}}',
    '{"act": {"action": "splash", "self": 9}}',
    '{"act": {"action": "splash", "name": 9}}',
    '{"do": "seek", "step": 2000000}',
    '{"ack": 4000000}',
    '{"open": {"probe": "../core"}}',
    '{"open": {"probe": "counter", "settings": {"steps": 0}}}',
    '{"open": {"probe": "counter", "settings": {"self": 0}}}',
    '{"open": {"probe": "counter", "settings": {"picture": "upload-0123456789ab"}}}',
    '{"open": {"link": ""}}',
    '{"open": {"link": "AAAA"}}',
    '{"open": {"link": "\\ud800"}}',
    '{"open": {"run": 77, "token": "\\ud800"}}',
    '{"open": {"beside": 77, "token": "\\ud800"}}',
    '{"do": "branch", "branch": 77}',
    '{"do": "delete", "branch": 1}',
    '{"do": "name", "branch": 77, "name": "a"}',
    '{"open": {"follow": "KZ4T"}}',
    '{"open": {"follow": "KZ4T", "key": "\\ud800"}}',
    '{"room": "close"}',
    '{"ask": "reveal"}',
    '{"ask": {"question": "\\ud800", "answers": ["b", "c"], "right": 0, "reveal": "d"}}',
    '{"guess": 0}',
    '{"wheel": 1}',
    '{"wheel": 0}',
    '{"away": 0}',
]


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_is_answered_with_a_sentence(text):
    with pytest.raises(MessageError) as caught:
        read(text)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 300


def opened(text: str) -> Kept:
    message = read(text)
    assert isinstance(message, Open)
    assert message.kept
    return message.kept


def test_what_is_meant_is_understood():
    assert read('{"do": "seek", "step": 3}') == Seek(3)
    assert read('{"do": "branch", "branch": 2}') == Turn(2)
    assert read('{"do": "name", "branch": 2, "name": ""}') == Name(2, "")
    twin = read('{"open": {"beside": 3, "token": "a", "settings": {"hue": 1}}}')
    assert twin == Open(beside=3, token="a", settings={"hue": 1})
    assert read('{"do": "speed", "value": 0}') == Speed(0.0)
    there = read('{"open": {"run": 3, "token": "a", "step": 7, "furthest": 9}}')
    assert there == Open(run=3, token="a", step=7, furthest=9)
    again = opened(kept(more='"now": 1, "goes": false, "until": 9'))
    assert (again.goes, again.until, again.record["step"]) == (False, 9, 3)
    assert again.branches == (BranchRecord(1, 0, -1, 3, "", []),)
    assert read('{"rev": 2, "set": {"hue": 0.5}}') == Set(2, {"hue": 0.5})
    both = read('{"rev": 3, "set": {"hold": ["dark", "smile"], "place": [0.5, 1]}}')
    assert both == Set(3, {"hold": ["dark", "smile"], "place": [0.5, 1]})


def answer(page: Page) -> str:
    """The next sentence, of the stage or of a room."""
    found = page.until(
        lambda m: isinstance(m, dict) and ("sentence" in m or "sentence" in m.get("room", {}))
    )
    return found.get("sentence") or found["room"]["sentence"]


def test_hostile_messages_are_answered_and_the_run_goes_on(server: Server):
    page = server.page()
    number = page.open(delay=2)["run"]
    page.status("running")
    hostile = [t for t in UNREADABLE if "speed" not in t] + REFUSED
    for text in hostile:
        page.socket.send(text)
        assert len(answer(page)) > 10
    page.socket.send(b"\x00\x01")
    assert "text messages only" in page.text("sentence")
    before = page.frame().step
    page.say(rev=5, set={"hue": 0.9})
    assert page.text("rev") == 5
    assert page.frame().step > before
    assert {frame.run for frame in page.frames} == {number}


def test_a_flood_of_wishes_becomes_the_latest_one(server: Server):
    page = server.page()
    page.open(delay=20)
    page.status("running")
    for i in range(500):
        page.socket.send(json.dumps({"rev": i, "set": {"hue": i / 1000}}))
    now = page.until(lambda m: isinstance(m, dict) and m.get("rev") == 499)["now"]
    assert now["hue"] == 0.499
    echoes = [text for text in page.texts if "now" in text]
    assert len(echoes) < 120


def test_more_commands_than_anybody_can_give_are_left_out_with_a_sentence(server: Server):
    page = server.page()
    page.open()
    for _ in range(200):
        page.socket.send('{"do": "pause"}')
    assert "More than 60 messages a second" in page.text("sentence")
