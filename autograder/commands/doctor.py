"""What `autograder doctor` does and prints."""

from __future__ import annotations

import contextlib
import platform
import shutil
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.markup import escape

from autograder.commands.console import loud_console, say, say_next, width_console
from autograder.commands.done import Done
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading.pool import cores
from autograder.kernel import bubblewrap
from autograder.text import counted

__all__ = ["doctor"]


def doctor(folder: Path) -> Done:
    """Print the state of this installation; the status is 1 where something should be done."""
    console = width_console()
    todo: list[str] = []
    next_step = "autograder build"
    versions: dict[str, str] = {}
    found: dict[str, Any] = {"python": platform.python_version(), "cores": cores(), "versions": versions}
    say(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {cores()} cores")
    for name in ("autograder", "torch", "torchvision", "nbgrader", "jupyter_client", "ipykernel"):
        with contextlib.suppress(metadata.PackageNotFoundError):  # not every course needs torchvision
            versions[name] = metadata.version(name)
            say(f"{name} {versions[name]}")
    reason = bubblewrap.why_unavailable()
    found["sandbox"] = {"works": not reason, "why_not": reason or ""}
    if reason:
        console.print(f"[red]sandbox: none[/] - {escape(reason)}")
        todo.append("install bubblewrap, or grade on Linux; until then student code runs as you")
    else:
        say(f"sandbox: works ({shutil.which('bwrap')})")
    try:
        course = Course(folder)
    except CourseError as error:
        found["course"] = None
        console.print("[red]course: none that can be read[/]")
        todo.append(str(error))
    else:
        assignments, students = course.assignments(), course.students()
        if students:
            next_step = "autograder grade"
        elif (course.root / course.directory.release_directory).is_dir():
            next_step = "autograder collect ARCHIVE --from SYSTEM puts notebooks into submitted/"
        data = course.kernel_setup.data
        found["course"] = {
            "folder": course.root,
            "assignments": assignments,
            "students": len(students),
            "data": dict(data),
        }
        handed_in = (
            f"submissions of {counted(len(students), 'student')}" if students else "no submissions yet"
        )
        say(f"course: {course.root}, {counted(len(assignments), 'assignment')}, {handed_in}")
        for name, place in data:
            say(f"data: {name} ({place})")
    for step in todo:
        loud_console().print(f"[bold]to do:[/] {escape(step)}")
    if not todo:
        say_next(next_step)
    return Done(status=int(bool(todo)), data={**found, "to_do": todo})
