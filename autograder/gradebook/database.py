"""nbgrader's database: opened, and read cell by cell in few queries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader import api
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)

from autograder.course.folder import Course
from autograder.course.notebooks import qualified
from autograder.course.roster import Person

__all__ = [
    "CellMark",
    "GradeCell",
    "comments",
    "decided_points",
    "exists",
    "grade_cells",
    "marks",
    "of_submissions",
    "opened",
    "person",
    "seconds_late",
]

SQLITE = "sqlite:///"

Place = tuple[str, str, str]
"""The ids of a student, an assignment and a notebook."""


@dataclass(frozen=True, kw_only=True)
class CellMark:
    """One grade cell of a submission.

    Attributes:
        points: What counts: a person's points before the autograder's, extra credit included; 0 where it waits, as a
            mark that was given to an earlier answer is none for this one.
        auto_points: The autograder's; None where it gave none.
        manual_points: A person's; None where nobody gave any.
        extra: Points beside those of the cell, if there are any.
        waits: Whether a person has still to mark it, or its points wait for the deadline.
        comment: For the student; Markdown of the graders, or nbgrader's own remark.
    """

    points: float
    max_points: float
    auto_points: float | None = None
    manual_points: float | None = None
    extra: float | None = None
    waits: bool = False
    comment: str = ""

    @property
    def by_hand(self) -> bool:
        """Whether a person has given its points."""
        return self.manual_points is not None


@dataclass(frozen=True, kw_only=True)
class GradeCell:
    """One grade cell of an assignment.

    Attributes:
        key: nbgrader's id.
        notebook: The notebook's id in it.
        grade_id: Of the cell.
        cell: Its name among all of the assignment's: the grade_id, behind its notebook where there are several.
        manual: Whether a person gives its points.
    """

    key: str
    assignment: str
    notebook: str
    grade_id: str
    cell: str
    max_points: float
    manual: bool


def opened(course: Course) -> Gradebook:
    """The gradebook of a course, to be closed behind its use; made where there is none."""
    return Gradebook(course.directory.db_url, course.directory.course_id)


def exists(course: Course) -> bool:
    """Whether there is a gradebook to read; reading one that is not there would make it."""
    url = course.directory.db_url
    return not url.startswith(SQLITE) or Path(url.removeprefix(SQLITE)).is_file()


def person(student: Student) -> Person:
    """A student of the gradebook, as a roster has them."""
    return Person(
        id=student.id,
        first_name=student.first_name or "",
        last_name=student.last_name or "",
        email=student.email or "",
        lms_user_id=student.lms_user_id or "",
    )


def seconds_late(timestamp: datetime | None, due: datetime | None, extension) -> float:
    """As `SubmittedAssignment.total_seconds_late`."""
    if timestamp is None or due is None:
        return 0.0
    return max(0.0, (timestamp - due - extension if extension else timestamp - due).total_seconds())


def grade_cells(gradebook: Gradebook) -> Iterator[GradeCell]:
    """The grade cells of all assignments; a person gives the points of tasks, and of those that take an answer."""
    answered = set(gradebook.db.query(api.SolutionCell.notebook_id, api.SolutionCell.name))
    for kind in (api.GradeCell, api.TaskCell):
        rows = gradebook.db.query(
            kind.id, Assignment.name, Notebook.name, kind.name, kind.max_score, kind.notebook_id
        )
        rows = rows.join(Notebook, kind.notebook_id == Notebook.id)
        for key, assignment, notebook, cell, points, place in rows.join(
            Assignment, Notebook.assignment_id == Assignment.id
        ):
            yield GradeCell(
                key=key,
                assignment=assignment,
                notebook=notebook,
                grade_id=cell,
                cell=qualified(assignment, notebook, cell),
                max_points=points,
                manual=kind is api.TaskCell or (place, cell) in answered,
            )


def of_submissions(
    gradebook: Gradebook, of: Any, columns: Sequence, student: str | None, assignment: str | None
):
    """Rows that begin with the `Place` of a submitted notebook.

    Args:
        of: `SubmittedNotebook`, or a table with its id and that of a cell.
        columns: What else is in each row.
    """
    found = gradebook.db.query(SubmittedAssignment.student_id, Assignment.name, Notebook.name, *columns)
    found = found.select_from(of)
    if of is not SubmittedNotebook:
        found = found.join(BaseCell, of.cell_id == BaseCell.id)
        found = found.join(SubmittedNotebook, of.notebook_id == SubmittedNotebook.id)
    found = (
        found.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    )
    if student is not None:
        found = found.filter(SubmittedAssignment.student_id == student)
    if assignment is not None:
        found = found.filter(Assignment.name == assignment)
    return found


def decided_points(gradebook: Gradebook, notebook: SubmittedNotebook) -> float:
    """What counts of one submitted notebook, as in `marks`; what is changed and not flushed does not show."""
    rows = gradebook.db.query(Grade.score).filter(Grade.notebook_id == notebook.id)
    return sum(score for (score,) in rows.filter(Grade.needs_manual_grade.isnot(True)))


def comments(
    gradebook: Gradebook, student: str | None, assignment: str | None
) -> dict[Place, dict[str, str]]:
    """For each submitted notebook and each of its cells that has one, the comment."""
    found: dict[Place, dict[str, str]] = {}
    columns = (BaseCell.name, Comment.comment)
    for *place, cell, comment in of_submissions(gradebook, Comment, columns, student, assignment):
        if comment:
            found.setdefault(tuple(place), {})[cell] = comment
    return found


def marks(
    gradebook: Gradebook, student: str | None = None, assignment: str | None = None
) -> dict[Place, dict[str, CellMark]]:
    """For each submitted notebook its grade cells, by their grade_ids in alphabetical order."""
    commented = comments(gradebook, student, assignment)
    columns = (
        BaseCell.name,
        Grade.score,
        Grade.max_score,
        Grade.auto_score,
        Grade.manual_score,
        Grade.extra_credit,
        Grade.needs_manual_grade,
    )
    found: dict[Place, dict[str, CellMark]] = {}
    rows = of_submissions(gradebook, Grade, columns, student, assignment)
    rows = rows.order_by(SubmittedAssignment.student_id, Assignment.name, Notebook.name, BaseCell.name)
    for *place, cell, points, most, automatic, manual, extra, waits in rows:
        found.setdefault(tuple(place), {})[cell] = CellMark(
            points=0.0 if waits else points,
            max_points=most,
            auto_points=automatic,
            manual_points=manual,
            extra=extra,
            waits=bool(waits),
            comment=commented.get(tuple(place), {}).get(cell, ""),
        )
    return found
