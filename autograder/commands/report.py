"""What `autograder report` does and prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.commands.console import progress, say, say_next
from autograder.commands.done import Done
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.gradebook import late
from autograder.report import page, texts
from autograder.report.classroom import read
from autograder.report.data import data

__all__ = ["report"]


def report(
    folder: Path, assignments: Sequence[str], output: Path | None, language: str | None, formgrader: str
) -> Done:
    """Write the class report, in the course's language where none is named, and say where it is."""
    course = Course(folder)
    language = language or course.settings.language
    if language not in texts.LANGUAGES:
        raise CourseError(f"there is no report in '{language}'; there are {', '.join(texts.LANGUAGES)}")
    if not formgrader.startswith(("http://", "https://")):
        raise CourseError(f"--formgrader: expected an address that starts with http, got '{formgrader}'")
    with progress("late penalties") as update:
        late.refresh(course, update)
    with progress("reading submissions") as update:
        classroom = read(course, assignments, update)
    written = page.write(course, classroom, output, language, formgrader)
    say(f"report: {written}")
    say_next("open it in a browser; autograder feedback writes the students' pages")
    return Done(data=lambda: {"page": written, **data(classroom)})
