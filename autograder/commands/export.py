"""What `autograder export` does, and what it prints: first what needs attention."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from autograder.commands.console import progress, say, say_attention, say_next
from autograder.commands.done import Done
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.export import exporters
from autograder.gradebook import database
from autograder.text import counted

__all__ = ["export"]

MANY = 3
"""So many files are named."""
WHERE_TO_IMPORT = {
    "moodle": "in Moodle open Grades, Import, CSV file; map each assignment's column to its grade item there",
    "worksheet": "in Moodle open the assignment, its Submissions (View all submissions), the menu of grading actions, "
    "Upload grading worksheet",
    "canvas": "in Canvas open Grades, Import (Upload Gradebook File), and look at the changes that it lists",
    "gradescope": "each folder has the results.json of one submission, which a Gradescope autograder copies to "
    "/autograder/results/results.json",
    "csv": "open it in a spreadsheet; --to moodle, canvas or gradescope writes what these import",
}
"""Where the files are imported."""
EXPORTERS = {
    "moodle": exporters.MoodleExporter,
    "canvas": exporters.CanvasExporter,
    "gradescope": exporters.GradescopeExporter,
    "csv": exporters.CsvExporter,
}


def export(
    folder: Path,
    system: StrEnum,
    assignments: Sequence[str],
    output: Path | None,
    columns: Sequence[str],
    settings: Mapping[str, Any],
) -> Done:
    """Write the files of one system.

    Raises:
        CourseError: A setting is not one of this system's, or the gradebook has no such assignment.
    """
    course = Course(folder)
    kind = EXPORTERS[system]
    chosen = {name: value for name, value in settings.items() if value is not None}
    if columns:
        chosen["columns"] = dict(map(_column, columns))
    for name, value in chosen.items():
        _check(kind, system, name, value)
    log = logging.getLogger("autograder.export")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    exporter = kind(config=course.config, coursedir=course.directory, log=log, **chosen)
    exporter.assignment = list(assignments)
    exporter.to = str(output or course.root / kind.target)
    with (
        database.opened(course) as gradebook,
        progress("exporting") as update,
    ):
        exporter.progress = update
        exporter.export(gradebook)
    status = say_attention("what", exporter.attention)
    files = exporter.written
    shown = ", ".join(map(str, files[:MANY])) + (f" and {len(files) - MANY} more" if files[MANY:] else "")
    if not files:
        say(f"Nothing was written: no submission has a score for {str(system).capitalize()} yet.", loud=True)
        return Done(status=1, data={"to": system, "written": files, "attention": exporter.attention})
    say(f"{counted(len(files), 'file')} written: {shown}")
    say_next(WHERE_TO_IMPORT["worksheet" if system == "moodle" and "template" in chosen else str(system)])
    return Done(
        status=status,
        data={"to": system, "written": exporter.written, "attention": exporter.attention},
    )


def _check(kind: type[exporters.LmsExporter], system: StrEnum, name: str, value: Any) -> None:
    option = "--column" if name == "columns" else f"--{name}"
    if name not in kind.class_trait_names():
        raise CourseError(f"{option} means nothing for --to {system}")
    values = getattr(kind.class_traits()[name], "values", None)
    if values and value not in values:
        raise CourseError(f"{option} is {' or '.join(map(repr, values))}; got '{value}'")


def _column(text: str) -> tuple[str, str]:
    assignment, sign, column = text.partition("=")
    if not sign or not assignment or not column:
        raise CourseError(f"--column is ASSIGNMENT=TITLE or ASSIGNMENT=NUMBER; got '{text}'")
    return assignment.strip(), column.strip()
