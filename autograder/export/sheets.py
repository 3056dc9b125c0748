"""The cells of files that systems import, harmless to spreadsheets; and nbgrader's own columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autograder.course.concern import Concern
from autograder.course.roster import Person
from autograder.course.spreadsheets import harmless
from autograder.course.tables import written
from autograder.gradebook.database import CellMark
from autograder.gradebook.marks import Mark, Marks, number
from autograder.text import counted, listed

__all__ = ["Sheet", "cells_csv", "factor", "nbgrader_csv", "one_line_each", "points"]


@dataclass(frozen=True)
class Sheet:
    """A file to import.

    Attributes:
        lines: Its cells.
        attention: What a person should look at before.
    """

    lines: tuple[tuple[str, ...], ...]
    attention: tuple[Concern, ...] = ()

    def text(self) -> str:
        """The file as CSV."""
        return written(self.lines)


def factor(
    possible: str, max_score: float, scale: bool, system: str, assignment: str
) -> tuple[float, tuple[Concern, ...]]:
    """By what scores are multiplied, and a warning where the systems disagree about the maximum."""
    there = points(possible)
    if there is None:
        return 1.0, ()
    if there == max_score or max_score == 0:
        return 1.0, ()
    if scale:
        return there / max_score, ()
    why = (
        f"{system} has a maximum of {number(there)} points, the assignment has {number(max_score)}; "
        f"change it in {system}, or convert the scores with --scale"
    )
    return 1.0, (Concern(assignment, why),)


def points(text: str) -> float | None:
    """The number that a cell holds; None where it holds none."""
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def one_line_each(
    found: Sequence[Person | None], marks: Marks, system: str
) -> tuple[list[Person | None], list[Concern]]:
    """Leave out who is found on more than one line, and say whose scores find no line.

    Args:
        found: For each line of a file, whose it is.
        marks: The scores that look for a line.
    """
    lines = Counter(person.id for person in found if person is not None)
    scored = [
        person
        for person in marks.roster.people
        if any(marks.score(person.id, name) is not None for name in marks.assignments)
    ]
    none = [person.shown for person in scored if not lines[person.id]]
    several = [person.shown for person in scored if lines[person.id] > 1]
    attention = []
    if none:
        why = f"the file has no line for {counted(len(none), 'student')}, not exported: {listed(none)}"
        attention.append(Concern(system, why))
    if several:
        why = f"several lines of the file may be theirs, and none is filled in: {listed(several)}"
        attention.append(Concern(system, why))
    return [person if person and lines[person.id] == 1 else None for person in found], attention


def nbgrader_csv(marks: Marks) -> Sheet:
    """nbgrader's own columns, one line for each student and assignment, and whether a person has still to mark."""
    header = (
        "assignment",
        "duedate",
        "timestamp",
        "student_id",
        "last_name",
        "first_name",
        "email",
        "raw_score",
        "late_submission_penalty",
        "score",
        "max_score",
        "needs_manual_grade",
    )
    people = {person.id: person for person in marks.roster.people}

    def line(mark: Mark) -> tuple[str, ...]:
        person = people[mark.student]
        return (
            harmless(mark.assignment),
            _time(marks.duedates[mark.assignment]),
            _time(mark.graded.submitted if mark.graded else None),
            harmless(person.id),
            harmless(person.last_name),
            harmless(person.first_name),
            harmless(person.email),
            _points(mark.graded.points if mark.graded else 0.0),
            _points(mark.graded.penalty if mark.graded else 0.0),
            _points(mark.score),
            _points(mark.max_score),
            str(mark.unfinished),
        )

    return Sheet((header, *map(line, marks.by_name.values())))


def _points(value: float | None) -> str:
    """As nbgrader writes them (`3.0`), without the last digits of a sum of decimals."""
    return "" if value is None else str(round(value, 10))


def _time(value: datetime | None) -> str:
    """As nbgrader writes it: in UTC, and it does not say so."""
    return "" if value is None else str(value.replace(tzinfo=None))


def cells_csv(marks: Marks) -> Sheet:
    """One line for each grade cell of each submission."""
    header = (
        "assignment",
        "student_id",
        "cell",
        "score",
        "max_score",
        "auto_score",
        "manual_score",
        "extra_credit",
        "needs_manual_grade",
    )

    def line(student: str, assignment: str, cell: str, one: CellMark) -> tuple[str, ...]:
        scores = (one.points, one.max_points, one.auto_points, one.manual_points, one.extra)
        names = map(harmless, (assignment, student, cell))
        return (*names, *map(_points, scores), str(one.waits))

    lines = [
        line(*name, *item)
        for name, mark in marks.by_name.items()
        if mark.graded
        for item in mark.graded.cells.items()
    ]
    return Sheet((header, *lines))
