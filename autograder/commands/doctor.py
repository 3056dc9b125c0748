"""What `autograder doctor` does and prints."""

from __future__ import annotations

import contextlib
import platform
import shutil
from importlib import metadata
from pathlib import Path

from rich.markup import escape

from autograder.commands.console import loud_console, say_next, width_console
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading.pool import cores
from autograder.kernel import bubblewrap

__all__ = ["doctor"]


def doctor(folder: Path) -> int:
    """Print the state of this installation; returns 1 where something should be done."""
    console = width_console()
    todo = []
    console.print(
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {cores()} cores"
    )
    for name in ("autograder", "torch", "torchvision", "nbgrader", "jupyter_client", "ipykernel"):
        with contextlib.suppress(metadata.PackageNotFoundError):  # not every course needs torchvision
            console.print(f"{name} {metadata.version(name)}")
    reason = bubblewrap.why_unavailable()
    if reason:
        console.print(f"[red]sandbox: none[/] - {escape(reason)}")
        todo.append("install bubblewrap, or grade on Linux; until then student code runs as you")
    else:
        console.print(f"sandbox: works ({shutil.which('bwrap')})")
    try:
        course = Course(folder)
    except CourseError as error:
        console.print(f"[red]course: {escape(str(error))}[/]")
        todo.append("run this in the course folder, or name it with --course")
    else:
        console.print(
            f"course: {course.root}, {len(course.assignments())} assignments, {len(course.students())} students",
            soft_wrap=True,
        )
        setup = course.kernel_setup
        for name, place in setup.data:
            console.print(f"data: {name} ({place})", soft_wrap=True)
    for step in todo:
        loud_console().print(f"[bold]to do:[/] {escape(step)}")
    if not todo:
        say_next("autograder build")
    return int(bool(todo))
