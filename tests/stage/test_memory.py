"""What runs held comes back to the system once nobody computes, and not before."""

import ctypes
import subprocess
import sys
import time

import pytest

from apps.stage import scheduler

CODE = """
import asyncio, pathlib, sys
from core import cpu
cpu.settle()
from apps.stage import Stage, scheduler
from apps.stage.run.orders import Open
from core import models
from tests.bench.soak import Eager, resident

scheduler.RESTED = 0.2
if "kept" in sys.argv:
    cpu.give_back = lambda: None

async def main():
    models.classifier("lite0")
    stage = Stage()
    viewer, staged = Eager(stage), None
    held = []
    for sides in ([64], range(80, 280, 10)):
        for side in sides:
            settings = {"canvas": side, "view": side, "layer": "blocks.1", "control": False}
            staged = await stage.open(viewer, Open(probe="features", settings=settings), staged)
            while staged.at < 1:
                await asyncio.sleep(0.005)
        stage.leave(staged, viewer)
        staged = None
        await asyncio.sleep(0.5)
        held.append(resident())
    stage.close()
    print(held[1] - held[0])

asyncio.run(main())
"""


@pytest.mark.slow  # what a process holds is a measurement: on a busy machine it wavers
@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="not glibc")
def test_twenty_runs_of_other_shapes_leave_next_to_nothing():
    def growth(*arguments):
        call = [sys.executable, "-c", CODE, *arguments]
        done = subprocess.run(call, check=True, capture_output=True, text=True)
        return float(done.stdout)

    assert growth() < 30 < growth("kept")  # megabytes


def test_it_comes_back_when_nobody_computes_and_not_while_somebody_does(serve, monkeypatch):
    given: list[float] = []
    monkeypatch.setattr(scheduler, "RESTED", 0.3)
    monkeypatch.setattr(scheduler.cpu, "give_back", lambda: given.append(time.monotonic()))
    server = serve(grace=0.0)
    staying, leaving = server.page(), server.page()
    staying.open(delay=5)
    leaving.open(delay=5)
    leaving.frame()
    leaving.socket.close()
    staying.watch(1)
    assert len(server.stage) == 1
    assert not given
    staying.say(do="pause")
    staying.watch(1)
    assert len(given) == 1
    staying.watch(1)
    assert len(given) == 1  # nothing has ended since
