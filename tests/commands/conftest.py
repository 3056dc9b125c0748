"""The command line, called in this process."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

import pytest

from autograder import cli, stopping
from autograder.commands import console


@pytest.fixture
def run(monkeypatch, capsys):
    """Runs `autograder …`; gives the exit status and what was printed on each stream."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(stopping, "listening", contextlib.nullcontext)
        monkeypatch.setattr(sys, "argv", ["autograder", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        console.set_voice(quiet=False, on_stderr=False, course=Path("."))
        printed = capsys.readouterr()
        return ended.value.code or 0, printed.out, printed.err

    return call
