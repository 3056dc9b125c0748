"""What `autograder build` does and prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.commands.console import attention_table, width_console
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.gradebook import assignments as registered
from autograder.grading import reference
from autograder.release.build import build as build_releases
from autograder.text import counted

__all__ = ["build"]


def build(folder: Path, assignments: Sequence[str]) -> None:
    """Build, and list what changed."""
    course = Course(folder)
    console = width_console()
    names = list(assignments) or _all(course)
    reference.check(course, names)
    for name in names:
        registered.check_cells(course, name)
        known = registered.is_current(course, name)
        built = build_releases(course, [name])
        what = counted(len(built.changed), "file") + " changed" if built.changed else "unchanged"
        if not built.changed and not known:
            what = "the release is unchanged, its tests are not: the next `autograder grade` grades it again"
        console.print(f"{name}: {what}")
        if built.left:
            console.print(attention_table("beside the notebook", built.left))


def _all(course: Course) -> list[str]:
    """The course's assignments.

    Raises:
        CourseError: There are none.
    """
    names = course.assignments()
    if not names:
        shown = course.directory.source_directory
        raise CourseError(f"there is no assignment in {course.source}: expected {shown}/<name>/<name>.ipynb")
    return names
