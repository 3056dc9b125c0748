"""What `autograder adopt` does and prints: an existing course, read cell by cell; nothing is written."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from autograder.commands.console import Update, columns, loud_console, progress, say, say_next, width_console
from autograder.commands.done import Done
from autograder.course import cells
from autograder.course.disregarded import disregarded
from autograder.course.folder import CONFIG_FILE, Course
from autograder.course.given import Surroundings, surroundings
from autograder.course.notebooks import assignment_of
from autograder.errors import CourseError, SourceError
from autograder.grading import reference
from autograder.release.faults import check_metadata, faults_of_tests
from autograder.release.oracles import changeable
from autograder.release.rules import check_source

__all__ = ["Adoption", "Reading", "adopt", "read_course"]


class Adoption(StrEnum):
    """What becomes of a cell."""

    WORKS = "works"
    DIFFERENT = "graded differently"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One graded cell, one notebook that cannot be read, what lies beside notebooks, or a setting of nbgrader's.

    Attributes:
        notebook: The notebook's name; the assignment's for what lies beside notebooks, the file's for a setting.
        cell: The cell's grade_id, or the setting's name; empty for all else.
        outcome: What becomes of it.
        why: What is done, or what to write instead.
    """

    notebook: str
    cell: str
    outcome: Adoption
    why: str


def adopt(folder: Path, assignments: Sequence[str]) -> Done:
    """Print what would become of each graded cell.

    Returns:
        The readings; the exit status is 0 where nothing is refused, 1 otherwise.
    """
    course = Course(folder)
    with progress("references") as update:
        readings = list(read_course(course, assignments, update))
    counts = Counter(reading.outcome for reading in readings)
    _print(width_console(), readings)
    if width_console().quiet:
        _print(loud_console(), [reading for reading in readings if reading.outcome is not Adoption.WORKS])
    say(", ".join(f"{counts[outcome]} {outcome}" for outcome in Adoption) + "; nothing was written.")
    refused = counts[Adoption.REFUSED]
    say_next("put right what is refused, and ask again" if refused else "autograder build")
    return Done(status=int(bool(refused)), data=readings)


def _print(console: Console, readings: Sequence[Reading]) -> None:
    if not readings:
        return
    table = columns("notebook", "cell", "outcome", "why")
    for reading in readings:
        table.add_row(*map(escape, (reading.notebook, reading.cell, reading.outcome, reading.why)))
    console.print(table)


def read_course(
    course: Course, assignments: Sequence[str] = (), update: Update = lambda *_: None
) -> Iterator[Reading]:
    """What would become of each graded cell; the references are executed, and nothing in the course is changed.

    Raises:
        CourseError: A named assignment does not exist.
    """
    names = [name for assignment in course.chosen(assignments) for name in course.notebooks(assignment)]
    read = {name: _read(course, name) for name in names}
    readable = [name for name in names if not isinstance(read[name], Reading)]
    with tempfile.TemporaryDirectory(prefix="autograder-") as folder:
        found = reference.faults(course, readable, Path(folder), update)
    for setting, instead in disregarded(course.config):
        yield Reading(notebook=CONFIG_FILE, cell=setting, outcome=Adoption.DIFFERENT, why=instead)
    for name in dict.fromkeys(map(assignment_of, names)):
        for left in course.shipping(name).left:
            yield Reading(notebook=name, cell="", outcome=Adoption.DIFFERENT, why=f"{left.what}: {left.why}")
    for name, texts in read.items():
        if isinstance(texts, Reading):
            yield texts
        else:
            executed = {fault.cell: fault.why for fault in found[name]}
            yield from _of_notebook(course, name, {**executed, **texts})


def _read(course: Course, name: str) -> Reading | dict[str, str]:
    """The faults of a notebook's tests by their text alone; or why it cannot be executed."""
    try:
        source = course.source_notebook(name)
        course.template(name)
        check_metadata(source, name, course.regions)
        faults = {str(cells.grade_id(cell)): why for cell, why in faults_of_tests(source, course.regions)}
        if not faults:
            check_source(source, name, course.regions)
    except (CourseError, SourceError) as error:
        return Reading(notebook=name, cell="", outcome=Adoption.REFUSED, why=str(error))
    return faults


def _of_notebook(course: Course, name: str, faults: dict[str, str]) -> Iterator[Reading]:
    source = course.source_notebook(name)
    given = surroundings(source, course.regions)
    expected = {cells.grade_id(cell): found for cell, found in changeable(source, course.regions)}
    for cell in source.cells:
        grade_id = str(cells.grade_id(cell))
        if cells.is_test(cell) and grade_id in faults:
            yield Reading(notebook=name, cell=grade_id, outcome=Adoption.REFUSED, why=faults[grade_id])
        elif cells.is_test(cell):
            yield _of_test(name, grade_id, given[grade_id], expected.get(grade_id, ()))
        elif cells.is_written(cell):
            yield Reading(notebook=name, cell=grade_id, outcome=Adoption.WORKS, why="marked by a person")


def _of_test(name: str, grade_id: str, given: Surroundings, expected: Sequence[str]) -> Reading:
    notes = []
    if expected:
        notes.append(
            f"compares with {', '.join(expected)}, which an answer can change: make it in the test cell"
        )
    if given.prelude:
        notes.append("uses " + ", ".join(sorted(cells.defined_names(given.prelude))) + " of the grader's own")
    if given.replaced:
        notes.append(
            "what it puts in the place of " + ", ".join(given.replaced) + " is taken back at its end"
        )
    return Reading(
        notebook=name,
        cell=grade_id,
        outcome=Adoption.DIFFERENT if given.replaced else Adoption.WORKS,
        why="; ".join(notes),
    )
