"""What `autograder init` does and prints: a small course that works at once."""

from __future__ import annotations

import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from rich.markup import escape

from autograder.commands.console import width_console
from autograder.course.folder import CONFIG_FILE
from autograder.errors import CourseError
from autograder.files import write_whole

__all__ = ["init"]

RENAMED = {"gitignore": ".gitignore"}
"""Files whose own names would mean something where they are kept."""


def init(folder: Path) -> None:
    """Write a course with one assignment, and say what to do with it.

    Raises:
        CourseError: A file of the course is there already, or cannot be written.
    """
    files = {folder / path: text for path, text in _files(resources.files(__package__) / "starter", Path())}
    if taken := [str(path) for path in files if path.exists()]:
        raise CourseError(f"{taken[0]} is there already, and nothing was written; name another folder")
    name = re.sub(r"[^\w.-]+", "-", folder.absolute().name).strip("-") or "course"
    try:
        for path, text in files.items():
            write_whole(path, text.replace('"COURSE"', f'"{name}"') if path.name == CONFIG_FILE else text)
    except OSError as error:
        raise CourseError(f"the course cannot be written: {error}") from None
    width_console().print(
        f"""A course with one assignment, moving_average, is in {escape(str(folder))}:

  source/             its notebook with solutions and tests; edit it there
  checks/             its hidden checks
  mistakes/           its known wrong answers, with hints for students
  nbgrader_config.py  the settings of the course

Next:

  cd {escape(str(folder))}
  autograder build       writes what students get to release/

Then be a student: solve it, well or badly, and hand it in.

  mkdir -p submitted/me
  cp -r release/en/moving_average submitted/me
  autograder grade       grades what is in submitted/STUDENT/moving_average/
  autograder mark        opens the page on which you mark the written answer
  autograder feedback    writes what the student gets, feedback/me/index.html
  autograder report      writes a page about the class, report/report.html""",
        soft_wrap=True,
        highlight=False,
    )


def _files(folder: Traversable, place: Path) -> list[tuple[Path, str]]:
    """Every file of the starter course: its path in the course folder, and its text."""
    found = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        path = place / RENAMED.get(entry.name, entry.name)
        if entry.is_dir():
            found += [] if entry.name == "__pycache__" else _files(entry, path)
        else:
            found.append((path, entry.read_text(encoding="utf-8")))
    return found
