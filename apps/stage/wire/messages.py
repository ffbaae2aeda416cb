"""What a browser may say on the socket, read and bounded before anything else sees it."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apps.stage.errors import MessageError
from apps.stage.past.branches import LONGEST_NAME, BranchRecord
from apps.stage.past.branches import MOST as MOST_BRANCHES
from apps.stage.room import codes
from apps.stage.room.orders import Advance, Answer, Away, End, Follow, Lead, Order, Pose, Wheel
from apps.stage.run.orders import (
    Act,
    Delete,
    Do,
    Kept,
    Measure,
    Name,
    Open,
    Seek,
    Set,
    Speed,
    Turn,
)

LONGEST = 4096  # characters
LONGEST_OPEN = 256 * 1024  # an open may carry a tape
LAST_STEP = 2**31 - 1  # the wire carries steps as u32
FASTEST = 1000.0  # steps a second
LAST_BRANCH = 2**31 - 1
LONGEST_WORDS = 300  # characters of a question, and of what is said in the end
LONGEST_ANSWER = 100
ANSWERS = 2, 4  # that a guess has to choose from
LAST_PHONE = 2**31 - 1
DOS = ("pause", "play", "step", "stop", "link", "tape")
WITH = ("seek", "speed", "branch", "delete", "name")  # that need to be told more


@dataclass(frozen=True)
class Ack:
    """Everything up to this sequence has been drawn."""

    sequence: int


@dataclass(frozen=True)
class Hidden:
    """Whether the tab is out of sight."""

    value: bool


Message = (
    Open | Set | Act | Do | Seek | Turn | Delete | Name | Speed | Measure | Ack | Hidden | Order
)


def read(text: str) -> Message:
    """The message in a text frame; raises MessageError with the limit and the remedy."""
    if len(text) > LONGEST_OPEN:
        raise MessageError(f"A message may have up to {LONGEST_OPEN} characters: send less.")
    body = _json(text)
    if not isinstance(body, dict):
        raise MessageError('A message is a JSON object, such as {"do": "pause"}.')
    verbs = [key for key in body if key in _READERS]
    if len(verbs) != 1:
        raise MessageError(f"A message has exactly one of {', '.join(_READERS)}.")
    verb = verbs[0]
    if verb != "open" and len(text) > LONGEST:
        raise MessageError(f"This message may have up to {LONGEST} characters: send less.")
    _only(body, verb, *_MORE.get(verb, ()))
    return _READERS[verb](body)


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MessageError("This message is not JSON: it was left out.") from None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _only(body: dict[str, Any], *known: str) -> None:
    for key in body:
        if key not in known:
            raise MessageError(f"Nothing is called {key[:40]!r} here: choose {', '.join(known)}.")


def _whole(value: Any, name: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise MessageError(f"{name} is a whole number from {low} to {high}.")
    return value


def _text(value: Any, name: str, longest: int = LONGEST_OPEN) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise MessageError(f"{name} is a text of up to {longest} characters.")
    return value


def _fields(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(map(_plain, value.values())):
        raise MessageError(f"{name} is an object of names with numbers, texts, true or false.")
    return value


def _plain(value: Any) -> bool:
    """Whether a setting could have this value; places and latents are lists of numbers, sets of texts."""
    if isinstance(value, list):
        kind = str if value and isinstance(value[0], str) else int | float
        return all(isinstance(one, kind) and _plain(one) for one in value)
    if isinstance(value, int | float):
        return -(2**63) < value < 2**63  # refuses inf and what no float can hold
    return isinstance(value, str)


def _open(body: dict[str, Any]) -> Open | Follow:
    what = body["open"]
    if not isinstance(what, dict):
        raise MessageError(
            "open is an object with a probe, a link, a record, or a run and its token."
        )
    if "follow" in what:
        _only(what, "follow", "key", "beside")
        code = _code(what["follow"], "follow")
        beside = what.get("beside", False)
        if not isinstance(beside, bool):
            raise MessageError("beside is true or false: whether the twin is followed.")
        return Follow(code, _text(what.get("key", ""), "key", 100), beside)
    if "link" in what:
        _only(what, "link")
        return Open(link=_text(what["link"], "link"))
    if "record" in what:
        return Open(kept=_kept(what))
    if "run" in what:
        return _returning(what)
    if "beside" in what:
        return _twin(what)
    _only(what, "probe", "settings")
    settings = _fields(what.get("settings", {}), "settings")
    return Open(probe=_text(what.get("probe"), "probe", 100), settings=settings)


def _returning(what: dict[str, Any]) -> Open:
    _only(what, "run", "token", "step", "furthest")
    token = _text(what.get("token"), "token", 100)
    number = _whole(what["run"], "run", 1, 2**32 - 1)
    if not {"step", "furthest"} & what.keys():
        return Open(run=number, token=token)
    step = _whole(what.get("step"), "step", 0, LAST_STEP)
    furthest = _whole(what.get("furthest", step), "furthest", step, LAST_STEP)
    return Open(run=number, token=token, step=step, furthest=furthest)


def _kept(what: dict[str, Any]) -> Kept:
    """A run as a page kept it; what stands in its settings and tapes is checked by the records."""
    _only(what, "record", "branches", "now", "goes", "until")
    record, branches = what["record"], what.get("branches")
    if not isinstance(record, dict):
        raise MessageError("record is an object with a probe, settings and a step.")
    _only(record, "v", "probe", "fingerprints", "settings", "step", "twin")
    _text(record.get("probe"), "probe", 100)
    _whole(record.get("step"), "step", -1, LAST_STEP)
    if not isinstance(branches, list) or not 0 < len(branches) <= MOST_BRANCHES:
        raise MessageError(f"branches is a list of 1 to {MOST_BRANCHES} branches.")
    goes, until = what.get("goes", True), what.get("until")
    if not isinstance(goes, bool):
        raise MessageError("goes is true or false: whether the run goes on by itself.")
    return Kept(
        record=record,
        branches=tuple(map(_branch_record, branches)),
        now=_whole(what.get("now"), "now", 1, LAST_BRANCH),
        goes=goes,
        until=None if until is None else _whole(until, "until", 0, LAST_STEP),
    )


def _branch_record(what: Any) -> BranchRecord:
    if not isinstance(what, dict):
        raise MessageError("A branch is an object with its number, its parent and its tape.")
    _only(what, "branch", "parent", "leaves", "kept", "name", "tape")
    if not isinstance(what.get("tape"), list):
        raise MessageError("tape is a list of [step, changes].")
    return BranchRecord(
        number=_whole(what.get("branch"), "branch", 1, LAST_BRANCH),
        parent=_whole(what.get("parent"), "parent", 0, LAST_BRANCH),
        leaves=_whole(what.get("leaves"), "leaves", -1, LAST_STEP),
        furthest=_whole(what.get("kept"), "kept", -1, LAST_STEP),
        name=_text(what.get("name"), "name", LONGEST_NAME),
        tape=what["tape"],
    )


def _twin(what: dict[str, Any]) -> Open:
    _only(what, "beside", "token", "settings", "branch")
    if "settings" in what and "branch" in what:
        raise MessageError("A twin differs in settings or is a branch, not both.")
    return Open(
        beside=_whole(what["beside"], "beside", 1, 2**32 - 1),
        token=_text(what.get("token"), "token", 100),
        settings=_fields(what.get("settings", {}), "settings"),
        branch=_whole(what.get("branch", 0), "branch", 0, LAST_BRANCH),
    )


def _set(body: dict[str, Any]) -> Set:
    rev = _whole(body.get("rev", 0), "rev", 0, 2**53)
    return Set(rev, _fields(body["set"], "set"))


def _act(body: dict[str, Any]) -> Act:
    values = dict(_fields(body["act"], "act"))
    return Act(_text(values.pop("action", None), "action", 100), values)


def _do(body: dict[str, Any]) -> Message:
    what = body["do"]
    if what in ("branch", "delete", "name"):
        return _branch(body, what)
    if what == "seek":
        _only(body, "do", "step")
        return Seek(_whole(body.get("step"), "step", 0, LAST_STEP))
    if what == "speed":
        _only(body, "do", "value")
        value = body.get("value")
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise MessageError("value is the number of steps a second; 0 is as fast as it goes.")
        if not 0 <= value <= FASTEST:
            raise MessageError(f"This speed is out of range: choose 0 to {FASTEST:g} steps/s.")
        return Speed(float(value))
    _only(body, "do")
    if what not in DOS:
        raise MessageError(f"A run can {', '.join((*DOS, *WITH))}, nothing else.")
    return Do(what)


def _branch(body: dict[str, Any], what: str) -> Turn | Delete | Name:
    _only(body, "do", "branch", *(["name"] if what == "name" else []))
    number = _whole(body.get("branch"), "branch", 1, LAST_BRANCH)
    if what == "name":
        return Name(number, _text(body.get("name"), "name", LONGEST_NAME))
    return Turn(number) if what == "branch" else Delete(number)


def _measure(body: dict[str, Any]) -> Measure:
    return Measure(_text(body["measure"], "measure", 100))


def _ack(body: dict[str, Any]) -> Ack:
    return Ack(_whole(body["ack"], "ack", 0, 2**32 - 1))


def _hidden(body: dict[str, Any]) -> Hidden:
    if not isinstance(body["hidden"], bool):
        raise MessageError("hidden is true or false.")
    return Hidden(body["hidden"])


def _code(value: Any, name: str) -> str:
    found = codes.read(value) if isinstance(value, str) else ""
    if not found:
        raise MessageError(
            f"{name} is the code of a room, {codes.LENGTH} letters or figures of {codes.LETTERS}."
        )
    return found


def _room(body: dict[str, Any]) -> Lead | End:
    if body["room"] == "close":
        _only(body, "room")
        return End()
    if body["room"] != "open":
        raise MessageError('room is "open" or "close".')
    if "token" not in body:
        _only(body, "room")
        return Lead()
    code, token = _code(body.get("code"), "code"), _text(body["token"], "token", 100)
    page = _text(body.get("page", ""), "page", LONGEST_WORDS)
    if page and not re.match(r"/(?![/\\])", page):
        raise MessageError("page is an address of this lab: it begins with one /.")
    return Lead(code, token, page, _text(body.get("title", ""), "title", LONGEST_ANSWER))


def _ask(body: dict[str, Any]) -> Pose | Advance:
    what = body["ask"]
    if what in ("watch", "reveal", "drop"):
        return Advance(what)
    if not isinstance(what, dict):
        raise MessageError("ask is a question with its answers, or watch, reveal or drop.")
    _only(what, "question", "answers", "right", "reveal")
    question = _text(what.get("question"), "question", LONGEST_WORDS)
    reveal = _text(what.get("reveal"), "reveal", LONGEST_WORDS)
    answers, (least, most) = what.get("answers"), ANSWERS
    if not isinstance(answers, list) or not least <= len(answers) <= most:
        raise MessageError(f"answers is a list of {least} to {most} texts.")
    said = tuple(_text(answer, "an answer", LONGEST_ANSWER) for answer in answers)
    return Pose(question, said, _whole(what.get("right"), "right", 0, len(said) - 1), reveal)


def _guess(body: dict[str, Any]) -> Answer:
    return Answer(_whole(body["guess"], "guess", 0, ANSWERS[1] - 1))


def _wheel(body: dict[str, Any]) -> Wheel:
    return Wheel(_whole(body["wheel"], "wheel", 0, LAST_PHONE))


def _away(body: dict[str, Any]) -> Away:
    return Away(_whole(body["away"], "away", 0, LAST_STEP))


_READERS: dict[str, Callable[[dict[str, Any]], Message]] = {
    "open": _open,
    "set": _set,
    "act": _act,
    "do": _do,
    "measure": _measure,
    "ack": _ack,
    "hidden": _hidden,
    "room": _room,
    "ask": _ask,
    "guess": _guess,
    "wheel": _wheel,
    "away": _away,
}
_MORE = {
    "set": ("rev",),
    "do": ("step", "value", "branch", "name"),
    "room": ("code", "token", "page", "title"),
}
