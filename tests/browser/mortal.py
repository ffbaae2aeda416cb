"""A lab that can be killed, and started again on the same port."""

import os
import subprocess
import sys
import time

from tests.browser.conftest import ROOT, answered, free_port


class Lab:
    """One process of it, then another."""

    def __init__(self) -> None:
        self.port = free_port()
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        # pages come through a proxy, whose port is not the lab's own
        named = {"LAB_HOST": "127.0.0.1", "LAB_ORIGINS": "127.0.0.1", "PORT": str(self.port)}
        call = [sys.executable, "-m", "apps.lab"]
        return subprocess.Popen(call, cwd=ROOT, env={**os.environ, **named})

    def ready(self) -> "Lab":
        """Wait until it is."""
        ends = time.monotonic() + 120
        while b'"ready":true' not in answered(f"http://127.0.0.1:{self.port}/healthz"):
            assert time.monotonic() < ends, "the lab was not ready within two minutes"
            time.sleep(0.05)
        return self

    def kill(self) -> None:
        """Without a word to anybody."""
        self.process.kill()
        self.process.wait(10)

    def start(self) -> None:
        """Once more."""
        self.process = self._started()
