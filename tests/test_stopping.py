"""Ctrl-C ends a real process at once, and says where what it had reached is."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core import pictures
from core.export import saved

if sys.platform != "linux":
    pytest.skip("reads a process's time from /proc", allow_module_level=True)

import pty
import termios

SMALL = ["features", "--canvas", "96", "--no-control"]
MOST = 1.5  # seconds of a core's time, from the signal to the end
TICKS = os.sysconf("SC_CLK_TCK")


# A shell that starts the tests in the background has Ctrl-C ignored by all of them.
HEARD = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-m", "core", *sys.argv[1:]])
"""


class Terminal:
    """A command at a terminal of its own, which shows its progress there."""

    def __init__(self, *arguments: object):
        self._ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (40, 200))
        self.shown = ""
        command = [sys.executable, "-c", HEARD, *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True)
        os.close(theirs)

    def _read(self) -> bool:
        """More of what it shows; whether there may be more."""
        try:
            more = os.read(self._ours, 65536).decode()
        except OSError:  # it has ended
            return False
        self.shown += more
        return bool(more)

    def until(self, step: int) -> None:
        """Wait until so many steps are shown as done."""
        while not any(int(n) >= step for n in re.findall(r"(\d+)it \[", self.shown)):
            assert self._read(), self.shown

    def stopped(self) -> tuple[int, float, str]:
        """Send Ctrl-C; the exit code, the core's seconds until then, and what went to stdout."""
        before = self._spent()
        self.process.send_signal(signal.SIGINT)
        while self._read():
            pass
        assert self.process.stdout
        out = self.process.stdout.read()
        _, status, used = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        return self.process.returncode, used.ru_utime + used.ru_stime - before, out

    def _spent(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def close(self) -> None:
        """End it where a test has not."""
        self.process.poll()
        if self.process.returncode is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminal():
    opened = []

    def open_one(*arguments: object) -> Terminal:
        opened.append(Terminal(*arguments))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("steps", "after", "said"),
    [(500, 2, r"Stopped at step (\d+) of 500: "), (3, 6, r"Stopped at step (\d+): ")],
    ids=["while it climbs", "while photographs are scored"],
)
def test_a_run_is_stopped_at_once_and_its_picture_kept(
    terminal, tmp_path: Path, steps: int, after: int, said: str
):
    path = tmp_path / "x.png"
    going = terminal(*SMALL, "--steps", steps, "-o", path)
    going.until(after)
    code, seconds, out = going.stopped()
    assert code == 130
    assert seconds < MOST
    found = re.search(rf"{said}the picture so far is in {path}\.\r\n$", going.shown)
    assert found, going.shown
    assert int(found[1]) == json.loads(out)["step"] + 1 >= after
    assert pictures.read(path).shape[0] == 3
    assert saved.unpacked(path.read_bytes())[0]["step"] == int(found[1]) - 1


@pytest.mark.slow
def test_a_command_that_is_still_starting_is_stopped_in_a_sentence(terminal, tmp_path: Path):
    going = terminal(*SMALL, "-o", tmp_path / "x.png")
    while "torch" not in Path(f"/proc/{going.process.pid}/maps").read_text():
        time.sleep(0.01)  # in the middle of its first import
    code, seconds, out = going.stopped()
    assert (code, out) == (130, "")
    assert seconds < MOST
    assert going.shown == "Stopped before the first step.\r\n"
    assert not list(tmp_path.iterdir())
