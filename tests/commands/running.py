"""The command line, called as a person calls it."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from autograder.cli.app import app
from autograder.commands import console

__all__ = ["run"]


def run(course, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [*arguments, "--course", str(course.root)])
    # for tests that call a command without the command line
    console.set_voice(quiet=False, on_stderr=False, course=Path("."))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr
