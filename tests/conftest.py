"""As the lab itself: as many threads as it takes, set before torch is imported."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from core import cpu

cpu.settle()

Called = Callable[..., tuple[int, str, str]]


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str]) -> Called:
    """Run a command in this process: its exit code, and what went to stdout and stderr."""
    from core import __main__ as command

    def call(*arguments: object) -> tuple[int, str, str]:
        try:
            code = command.main([str(argument) for argument in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def told(called: Called) -> Any:
    """The same of a command that ends in one line: exit code, JSON, and what it said besides."""

    def call(*arguments: object) -> tuple[int, dict[str, Any], str]:
        code, out, err = called(*arguments)
        return code, json.loads(out) if out.startswith("{") else {}, err or out

    return call
