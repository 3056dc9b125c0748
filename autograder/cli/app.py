"""The commands of `autograder`, as its help lists them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

import autograder.formats  # noqa: F401  # before anything that imports nbformat
from autograder.cli import grading, people, preparing, results
from autograder.commands import console

__all__ = ["app"]

COMMANDS: dict[str, tuple[Callable[..., None], ...]] = {
    "Prepare a course": (
        preparing.init,
        preparing.build,
        preparing.adopt,
        preparing.prove,
        preparing.doctor,
    ),
    "The class": (people.roster, people.deadline, people.themes, people.collect),
    "Grade": (grading.grade, grading.watch, grading.mark, grading.similarity, grading.cache),
    "Results": (results.report, results.feedback, results.export, results.request, preparing.answers),
}

app = typer.Typer(
    help="Build, release and grade the notebooks of a course; verdicts are never computed where student code runs. "
    "Exit status: 0 all was done, 1 something needs attention, 2 the call was wrong, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def print_version(asked: bool) -> None:
    """Print the installed version and end."""
    if asked:
        typer.echo(f"autograder {version('autograder')}")
        raise typer.Exit


@app.callback()
def begin(
    asked: Annotated[
        bool,
        typer.Option(
            "--version", callback=print_version, is_eager=True, metavar="", help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Forget how an earlier call in this process was to be printed."""
    console.set_voice(quiet=False, on_stderr=False, course=Path("."))


for panel, commands in COMMANDS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
