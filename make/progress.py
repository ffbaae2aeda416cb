"""What pip is doing, as one line that moves; the standard library only.

pip says on stdout which package it is at, and that is shown as one line. What came so far
is counted in pip's own folder: not every version of pip says it, and none says it of
files that it kept. Its stderr, warnings and errors, is shown as it is, but of
warnings that differ in a name alone only the first.
"""

import contextlib
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

MOVES, TELLS = 0.2, 5.0  # seconds between two lines: on a terminal, and in a log
LEAVE = 3.0  # seconds in which pip ends when it is stopped, before it is told again
FOLDER = ".downloads-"  # in the environment: there is room where there is room for what is made
ARCHIVES = ".whl", ".gz", ".zip"

SAID = {
    re.compile(r"\s*Collecting ([\w.-]+)"): "looking for {}",
    re.compile(r"\s*(?:Downloading|Using cached) ([\w.]+)-\S+\.metadata"): "looking for {}",
    re.compile(r"\s*(?:Downloading|Using cached) ([\w.]+)-"): "downloading {}",
    re.compile(r"\s*Processing (?:\S*[/\\])?([\w.]+)-"): "reading {}",
    re.compile(r"\s*Building wheels? for (?:collected packages: )?([\w.-]+)"): "building {}",
}
FROM_DISK = re.compile(r"\s*Processing (\S+)")
INSTALLING = re.compile(r"\s*Installing collected packages: (.+)$")
NAMES = re.compile(r"'[^']*'")


@dataclass
class Seen:
    """What pip has said so far.

    doing: its work, in words. read: bytes that it took from this computer's disk. packages:
    what is being installed, in order, since `began`.
    """

    doing: str = "asking for the list of packages"
    read: int = 0
    packages: list[str] = field(default_factory=list)
    began: float = 0.0


def size(number: float) -> str:
    """Bytes as people say them: 55 MB, 3.4 GB."""
    return f"{number / 1e9:.1f} GB" if number >= 999.5e6 else f"{number / 1e6:.0f} MB"


def read(seen: Seen, line: str) -> None:
    """Take in one line of pip's stdout; most of them say nothing that is shown."""
    if found := INSTALLING.match(line):
        seen.packages, seen.began = [name.strip() for name in found[1].split(",")], time.time()
        return
    for pattern, words in SAID.items():
        if found := pattern.match(line):
            seen.doing = words.format(found[1])
            break
    if (found := FROM_DISK.match(line)) and Path(found[1]).is_file():
        seen.read += Path(found[1]).stat().st_size


def came(folder: Path) -> int:
    """Bytes of the packages that pip has put into its folder so far."""
    total = 0
    for place in _inside(folder):
        for entry in _inside(place):
            if entry.name.endswith(ARCHIVES):
                with contextlib.suppress(FileNotFoundError):
                    total += entry.stat().st_size
    return total


def _inside(folder: Path | os.DirEntry[str]) -> list[os.DirEntry[str]]:
    """What is in it. Empty for a file, and for what pip removes while this looks."""
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except (FileNotFoundError, NotADirectoryError):
        return []


def _plain(name: str) -> str:
    """A package's name as every writing of it is compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(environment: Path, since: float) -> set[str]:
    """The packages that were wholly installed since then: pip writes INSTALLER last."""
    found = set[str]()
    for note in environment.glob("lib/python*/site-packages/*.dist-info/INSTALLER"):
        with contextlib.suppress(FileNotFoundError):  # of a version that pip has just replaced
            if note.stat().st_mtime >= since - 1:  # a file system may count whole seconds
                found.add(_plain(note.parent.name.split("-")[0]))
    return found


def line(seen: Seen, bytes_so_far: int, of: float, environment: Path) -> str:
    """What is shown now. `of`: about how many bytes, where it is known."""
    if seen.packages:
        done = installed(environment, seen.began)
        left = [name for name in seen.packages if _plain(name) not in done]
        at = len(seen.packages) - len(left)
        seconds = f"{time.time() - seen.began:.0f} s"
        return f"{at} of {len(seen.packages)} installed, now {(left or ['the rest'])[0]}, {seconds}"
    about = f" of about {size(of)}" if of >= bytes_so_far else ""
    return f"{size(bytes_so_far)}{about}: {seen.doing}"


@dataclass
class Screen:
    """Where the line is drawn: over itself on a terminal, now and then in a log."""

    out: TextIO
    drawn: float = -TELLS

    @property
    def is_terminal(self) -> bool:
        """Whether a line can be drawn over."""
        return self.out.isatty()

    def is_due(self) -> bool:
        """Whether the last line has stood long enough."""
        return time.monotonic() - self.drawn >= (MOVES if self.is_terminal else TELLS)

    def show(self, text: str) -> None:
        """Draw a line: over the last one, or below it."""
        self.drawn = time.monotonic()
        if self.is_terminal:
            wide = shutil.get_terminal_size().columns - 1
            self.out.write(f"\r{f'  {text}'[:wide]:<{wide}}")
        else:
            self.out.write(f"  {text}\n")
        self.out.flush()

    def clear(self) -> None:
        """Leave an empty line where one moved."""
        if self.is_terminal:
            self.out.write(f"\r{'':<{shutil.get_terminal_size().columns - 1}}\r")
            self.out.flush()


def is_new(text: str, before: set[str]) -> bool:
    """Whether a line of stderr is shown: each warning once, whatever names it names."""
    kind = NAMES.sub("''", text.strip())
    if not kind.startswith("WARNING:"):
        return True
    known = kind in before
    before.add(kind)
    return not known


def run(command: list[str], environment: Path, of: float, base: int = 0) -> tuple[int, int]:
    """Run pip and show what it does: its exit code, and the bytes that came.

    of: about how many bytes come in all; base: how many came before this call.
    """
    for left in environment.glob(f"{FOLDER}*"):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER, dir=environment))
    how = {**os.environ, "TMPDIR": str(folder), "PYTHONUNBUFFERED": "1"}
    pip = subprocess.Popen(
        command,
        env=how,
        text=True,
        errors="replace",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    seen, screen, warned, total = Seen(), Screen(sys.stdout), set[str](), base
    try:
        for is_error, text in lines(pip):
            if is_error and is_new(text, warned):
                screen.clear()
                sys.stderr.write(text)
            elif not is_error:
                read(seen, text)
            if screen.is_due():
                total = max(total, base + seen.read + came(folder))
                screen.show(line(seen, total, of, environment))
        return pip.wait(), total
    finally:
        _end(pip)
        screen.clear()
        shutil.rmtree(folder, ignore_errors=True)


def lines(child: subprocess.Popen[str]) -> Iterator[tuple[bool, str]]:
    """Whether it is from stderr, and the line, as they come; an empty one where none comes."""
    found: queue.SimpleQueue[tuple[bool, str | None]] = queue.SimpleQueue()

    def hand_on(stream: Iterable[str], is_error: bool) -> None:  # noqa: FBT001
        for text in stream:
            found.put((is_error, text))
        found.put((is_error, None))

    for stream in (child.stdout, child.stderr):
        threading.Thread(target=hand_on, args=(stream, stream is child.stderr), daemon=True).start()
    ended = 0
    while ended < 2:
        try:
            is_error, text = found.get(timeout=MOVES)
        except queue.Empty:
            yield False, ""
            continue
        if text is None:
            ended += 1
        else:
            yield is_error, text


def _end(child: subprocess.Popen[str]) -> None:
    """See it end. Ctrl-C reaches it, too, and it tidies up; where it was not reached, tell it."""
    for tell in (lambda: None, lambda: child.send_signal(signal.SIGINT), child.kill):
        tell()
        try:
            child.wait(timeout=LEAVE)
            return
        except subprocess.TimeoutExpired:
            continue
