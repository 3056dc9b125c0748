"""Files that Moodle imports: grades of a course, and the grading worksheet of an assignment.

What Moodle does with them was read in its source, `grade/import/csv` and `mod/assign/feedback/offline`.
"""

from __future__ import annotations

from collections.abc import Sequence

from autograder.course import tables
from autograder.course.concern import Concern
from autograder.course.roster import Person, Roster
from autograder.course.spreadsheets import harmless
from autograder.errors import CourseError
from autograder.export.sheets import Sheet, factor, one_line_each, points
from autograder.gradebook.marks import Marks, number
from autograder.text import counted

__all__ = ["filled", "new"]

LIMIT = 100
IDENTIFIERS = {"id": "ID number", "email": "Email address"}


def new(marks: Marks, identifier: str = "id") -> Sheet:
    """A file for Moodle's grade import: one column for who it is, one for each assignment.

    Moodle clears a grade where the cell is empty, and takes a line without an identifier for the
    student above; such lines are left out.

    Args:
        identifier: 'id' (Moodle's ID number is nbgrader's id) or 'email'.
    """
    header = (IDENTIFIERS[identifier], "Surname", "First name", *marks.assignments)
    lines, attention, empty, high = [], [], 0, 0
    for person in marks.roster.people:
        scores = [marks.score(person.id, name) for name in marks.assignments]
        if all(score is None for score in scores):
            continue
        key = person.id if identifier == "id" else person.email
        if not key:
            why = "the gradebook has no e-mail address; left out: `autograder roster` gives one"
            attention.append(Concern(person.id, why))
            continue
        empty += sum(score is None for score in scores)
        high += sum(score is not None and score > LIMIT for score in scores)
        names = (harmless(person.last_name), harmless(person.first_name))
        lines.append((harmless(key), *names, *map(number, scores)))
    if empty:
        why = (
            f"{counted(empty, 'cell')} without a score, where Moodle clears the grade it has; "
            "name one assignment, and only lines with a score are written"
        )
        attention.append(Concern("Moodle", why))
    if high:
        why = (
            f"{counted(high, 'score')} over {LIMIT}; Moodle refuses the whole file unless its administrator "
            "allows unlimited grades"
        )
        attention.append(Concern("Moodle", why))
    return Sheet((header, *lines), tuple(attention))


def filled(template: Sequence[Sequence[str]], marks: Marks, scale: bool = False) -> Sheet:
    """Moodle's grading worksheet of one assignment, filled in; all else in it stays as it is.

    Args:
        marks: Of one assignment.
        scale: Convert scores to Moodle's maximum grade.

    Raises:
        CourseError: It is not a worksheet, or there is not exactly one assignment.
    """
    if len(marks.assignments) != 1:
        raise CourseError(
            f"a Moodle worksheet belongs to one assignment: name it; got {', '.join(marks.assignments) or 'none'}"
        )
    [(assignment, max_score)] = marks.assignments.items()
    header = list(template[0]) if template else []
    grade = tables.column(header, tables.GRADE)
    if not tables.is_worksheet(header) or grade is None:
        raise CourseError(
            "the template is not a grading worksheet of Moodle: expected the columns Identifier, Full name, "
            f"Grade, Last modified (grade); got {', '.join(header[:6]) or 'nothing'}"
        )
    place, names = header.index(grade), tables.column(header, tables.COLUMNS["name"])
    highest = tables.column(header, tables.MAX_GRADE)
    rows = [[*cells, *[""] * (len(header) - len(cells))] for cells in template[1:] if any(cells)]
    people, attention = one_line_each([_whose(row, header, marks.roster) for row in rows], marks, "Moodle")
    possible = rows[0][header.index(highest)] if highest is not None and rows else ""
    by, warnings = factor(possible, max_score, scale, "Moodle", assignment)
    attention += warnings
    limit = points(possible)
    for row, person in zip(rows, people, strict=True):
        score = marks.score(person.id, assignment) if person is not None else None
        if score is not None:
            row[place] = number(score * by)
        if person is not None and score is not None and limit is not None and score * by > limit:
            why = f"{row[place]} points are more than Moodle's maximum of {number(limit)}; Moodle skips it"
            attention.append(Concern(f"{person.id}/{assignment}", why))
        if names is not None:
            row[header.index(names)] = harmless(row[header.index(names)])
    return Sheet((tuple(header), *map(tuple, rows)), tuple(attention))


def _whose(cells: Sequence[str], header: Sequence[str], roster: Roster) -> Person | None:
    """Whose line it is: by the ID number, the user name, the e-mail address or the name."""
    row = dict(zip(header, cells, strict=False))
    others = [name for name in header if name != tables.participant_column(header)]
    for field in ("id", "username", "email", "name"):
        column = tables.column(others, tables.COLUMNS[field])
        found = roster.called(row[column]) if column is not None else []
        if len(found) == 1:
            return found[0]
    return None
