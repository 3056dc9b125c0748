"""Options that several commands have, and what a shell completes them with."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from autograder.commands import console
from autograder.commands.done import Done

__all__ = [
    "Assignments",
    "CourseOption",
    "Destination",
    "Jobs",
    "Json",
    "JsonLines",
    "Quiet",
    "RequireSandbox",
    "Scheduler",
    "Target",
    "end",
    "flag",
    "one_assignment",
    "one_student",
]


class Destination(StrEnum):
    """Which system takes an archive of feedback."""

    MOODLE = "moodle"
    CANVAS = "canvas"


class Target(StrEnum):
    """Where points are exported to."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    GRADESCOPE = "gradescope"
    CSV = "csv"


def one_assignment(context: typer.Context, incomplete: str) -> list[str]:
    """The assignments in source/ whose names begin like this; nothing of the course is read to find them."""
    course = Path(context.params.get("course") or ".")
    names = sorted(path.parent.name for path in course.glob("source/*/*.ipynb"))
    return [name for name in names if name.startswith(incomplete)]


def one_student(context: typer.Context, incomplete: str) -> list[str]:
    """The students with a folder in submitted/ whose ids begin like this."""
    course = Path(context.params.get("course") or ".")
    names = sorted(path.name for path in course.glob("submitted/*/"))
    return [name for name in names if name.startswith(incomplete)]


def _quiet(value: bool) -> bool:
    console.set_voice(quiet=value)
    return value


def _course(value: Path) -> Path:
    console.set_voice(course=value)
    return value


def _json(value: Path | None) -> Path | None:
    console.set_voice(on_stderr=value == console.STANDARD_OUTPUT)
    return value


def _json_option(help: str) -> Any:
    return typer.Option("--json", metavar="FILE", allow_dash=True, callback=_json, help=help)


def flag(name: str, help: str) -> Any:
    """An option without a value."""
    return typer.Option(name, metavar="", help=help)


CourseOption = Annotated[Path, typer.Option("--course", callback=_course, help="The course folder.")]
Jobs = Annotated[int, typer.Option(min=0, help="Worker processes; 0 means one for each core.")]
Assignments = Annotated[
    list[str] | None, typer.Argument(help="The assignments; by default all.", autocompletion=one_assignment)
]
Json = Annotated[Path | None, _json_option("Write it as JSON, too; - is the standard output.")]
JsonLines = Annotated[
    Path | None,
    _json_option(
        "Write each thing that happens as a line of JSON, too, at the end of this file; - is the standard output."
    ),
]
RequireSandbox = Annotated[bool, flag("--require-sandbox", "Refuse to run student code without a sandbox.")]
Scheduler = Annotated[
    str | None, typer.Option(help="Address of a Dask scheduler to grade on, such as tcp://host:8786.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", callback=_quiet, metavar="", help="Print only what needs attention.")
]


def end(done: Done, json: Path | None = None) -> NoReturn:
    """End a command: write what --json asks for, and exit with the command's status."""
    if json is not None:
        console.write_json(json, done.data() if callable(done.data) else done.data)
    raise typer.Exit(done.status)
