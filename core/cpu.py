"""How to compute on this machine: decided before torch computes, and without importing it.

Two runs that contend for one core were 15 times slower than one after the
other, so the lab leaves a core free where it can, and believes the container's
quota rather than the machine. And what a step's tensors were made of stays with
the process: a step that asked the system for fresh pages each time took a
quarter longer. It is given back when nobody computes.
"""

import ctypes
import math
import os
import sys
from contextlib import suppress
from pathlib import Path

MAPPED = 32 << 20  # bytes, from which a tensor is given back to the system at once; malloc's most
IDLE = 128 << 20  # bytes that are kept for the next step
CPUS = Path("/proc/cpuinfo")
SPLITS = "avx512_fp16"  # a flag that Intel's processors have from Sapphire Rapids on
GROUPS = Path("/sys/fs/cgroup")
MINE = Path("/proc/self/cgroup")


class ThreadsError(ValueError):
    """LAB_THREADS cannot be used; the message says what can."""


def threads() -> int:
    """LAB_THREADS, or the cores that are ours: one fewer from 4 on, 1 where there are 2 or fewer."""
    wanted = os.environ.get("LAB_THREADS", "").strip()
    if wanted:
        return _thread_count(wanted)
    cores = math.floor(min(_affinity(), _quota()))
    if cores <= 2:
        return 1
    return cores - 1 if cores >= 4 else cores


def sum_evenly() -> None:
    """Have MKL round the same on any number of threads, where it does not by itself.

    It reads this when it first computes. On the processors that have SPLITS it cuts a long sum
    into as many parts as there are threads; summing evenly costs a few per cent there. Elsewhere
    it stays as it is, so that what was made before keeps its last bits.
    """
    with suppress(OSError):
        if SPLITS in CPUS.read_text():
            os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")


def settle() -> int:
    """Tell torch the number of threads: by its environment, and itself if it has read that already."""
    number = threads()
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(number)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(number)
    _keep_memory()
    return number


_TRIM, _MMAP = -1, -3  # M_TRIM_THRESHOLD and M_MMAP_THRESHOLD of glibc's malloc.h


def give_back() -> None:
    """Return to the system what was freed, of all threads; slow, for when nobody computes.

    The next step takes its pages anew, and keeps them. Another C library gives back by itself.
    """
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def _keep_memory() -> None:
    """Have glibc keep what is freed; another C library does as it does."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # musl, macOS, Windows
        return
    mallopt(_MMAP, MAPPED)
    mallopt(_TRIM, IDLE)


def _thread_count(wanted: str) -> int:
    try:
        number = int(wanted)
    except ValueError:
        number = 0
    if not 1 <= number <= 1024:
        raise ThreadsError(
            f"LAB_THREADS = {wanted!r} is not a number of threads: choose 1 to 1024, or leave it out."
        )
    return number


def _affinity() -> int:
    """The cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # macOS has no affinity


def _quota() -> float:
    """The container's share of the machine in cores, the least on the way up; inf without one."""
    quotas = [math.inf]
    for group in _groups():
        quotas.append(_version_2(group))
        quotas.append(_version_1(group))
    return min(quotas)


def _groups() -> list[Path]:
    """The control groups that this process is in, and all above them."""
    found = {GROUPS, GROUPS / "cpu", GROUPS / "cpu,cpuacct"}
    for line in _text(MINE).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        root = GROUPS / controllers if controllers else GROUPS
        here = root / path.lstrip("/")
        found.update({here, *(p for p in here.parents if p.is_relative_to(root))})
    return sorted(found)


def _version_2(group: Path) -> float:
    quota, _, period = _text(group / "cpu.max").strip().partition(" ")
    return _cores(quota, period)


def _version_1(group: Path) -> float:
    return _cores(_text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us"))


def _cores(quota: str, period: str) -> float:
    try:
        share = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):  # "max", or no such file
        return math.inf
    return share if share > 0 else math.inf  # -1: no quota


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
