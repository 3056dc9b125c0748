"""What nbgrader's gradebook says of a class, as plain frozen data; nbgrader's own numbers, never ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy.exc import SQLAlchemyError

from autograder.course.folder import Course
from autograder.course.notebooks import qualified
from autograder.course.roster import Person
from autograder.errors import CourseError

__all__ = ["Book", "CellScore", "Item", "Score", "has_gradebook", "read"]


@dataclass(frozen=True, kw_only=True)
class Item:
    """One grade cell of an assignment.

    Attributes:
        assignment: The assignment's id.
        cell: The grade_id; behind its notebook where the assignment has several.
        max_points: Points of the cell.
        manual: Whether a person gives its points.
    """

    assignment: str
    cell: str
    max_points: float
    manual: bool


@dataclass(frozen=True)
class CellScore:
    """The points of one grade cell of one submission.

    Attributes:
        points: What counts: a person's points before the autograder's, extra credit included.
        auto_points: The autograder's; None where it gave none.
        waits: Whether a person has still to give points.
    """

    points: float
    auto_points: float | None
    waits: bool


@dataclass(frozen=True, kw_only=True)
class Score:
    """One submission in the gradebook.

    Attributes:
        points: The sum of its cells, as nbgrader has it.
        penalty: What nbgrader takes off for lateness.
        seconds_late: Behind the due date, extensions included; 0 where it is in time.
        cells: For each grade cell's id, its points.
        notebook: nbgrader's id of the submitted notebook, in the address of its page in formgrader.
        submitted: When it was handed in, where that is known; with a zone.
    """

    points: float
    penalty: float
    seconds_late: float
    cells: dict[str, CellScore] = field(default_factory=dict)
    notebook: str = ""
    submitted: datetime | None = None

    @property
    def total(self) -> float:
        """What nbgrader exports: points after the penalty, never below 0."""
        return max(0.0, self.points - self.penalty)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The cells that wait for a person's points."""
        return tuple(name for name, cell in self.cells.items() if cell.waits)


@dataclass(frozen=True, kw_only=True)
class Book:
    """The gradebook of a class.

    Attributes:
        names: For each student's id, the full name; "" where the gradebook has none.
        roster: The students that a roster has put there: those with a name, an address or a number.
        items: For each assignment's id, its grade cells.
        scores: For each (student, assignment) that has been graded, its points.
    """

    names: dict[str, str] = field(default_factory=dict)
    items: dict[str, tuple[Item, ...]] = field(default_factory=dict)
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)
    roster: frozenset[str] = frozenset()

    def max_points(self, assignment: str) -> float:
        """All points of an assignment."""
        return sum(item.max_points for item in self.items.get(assignment, ()))


def read(course: Course) -> Book:
    """The whole gradebook, in few queries; an empty one where there is no file yet.

    Raises:
        CourseError: It cannot be read.
    """
    url = course.directory.db_url
    if not has_gradebook(course):
        return Book()
    try:
        with Gradebook(url, course.directory.course_id) as gradebook:
            return Book(
                names=_names(gradebook),
                items=_items(gradebook),
                scores=_scores(gradebook),
                roster=_roster(gradebook),
            )
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise CourseError(
            f"the gradebook {url} cannot be read ({reason}); is it one of this version of nbgrader? "
            "`nbgrader db upgrade` brings an older one up to date"
        ) from error


def has_gradebook(course: Course) -> bool:
    """Whether there is a gradebook to read; reading one that is not there would make it."""
    url = course.directory.db_url
    return not url.startswith("sqlite:///") or Path(url.removeprefix("sqlite:///")).is_file()


def _names(gradebook: Gradebook) -> dict[str, str]:
    rows = gradebook.db.query(Student.id, Student.first_name, Student.last_name).order_by(Student.id)
    return {
        student: Person(id=student, first_name=first or "", last_name=last or "").full_name
        for student, first, last in rows
    }


def _roster(gradebook: Gradebook) -> frozenset[str]:
    """As `autograder.gradebook.roster.from_gradebook` has it; grading adds students of whom it knows only the id."""
    details = (Student.first_name, Student.last_name, Student.email, Student.lms_user_id)
    return frozenset(student for student, *known in gradebook.db.query(Student.id, *details) if any(known))


def _items(gradebook: Gradebook) -> dict[str, tuple[Item, ...]]:
    found: dict[str, list[Item]] = {}
    for kind in (GradeCell, TaskCell):
        rows = (
            gradebook.db.query(Assignment.name, kind.name, kind.max_score, Notebook.id, Notebook.name)
            .join(Notebook, kind.notebook_id == Notebook.id)
            .join(Assignment, Notebook.assignment_id == Assignment.id)
        )
        answered = set(gradebook.db.query(SolutionCell.notebook_id, SolutionCell.name))
        for assignment, cell, points, notebook, title in rows:
            manual = kind is TaskCell or (notebook, cell) in answered
            name = qualified(assignment, title, cell)
            found.setdefault(assignment, []).append(
                Item(assignment=assignment, cell=name, max_points=points, manual=manual)
            )
    return {assignment: tuple(items) for assignment, items in found.items()}


def _scores(gradebook: Gradebook) -> dict[tuple[str, str], Score]:
    cells: dict[str, dict[str, CellScore]] = {}
    totals: dict[str, float] = {}
    rows = (
        gradebook.db.query(
            SubmittedNotebook.assignment_id,
            Assignment.name,
            Notebook.name,
            BaseCell.name,
            Grade.score,
            Grade.auto_score,
            Grade.needs_manual_grade,
        )
        .select_from(Grade)
        .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        .join(BaseCell, Grade.cell_id == BaseCell.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Assignment, Notebook.assignment_id == Assignment.id)
    )
    for submission, assignment, title, cell, points, auto_points, waits in rows:
        totals[submission] = totals.get(submission, 0.0) + points
        name = qualified(assignment, title, cell)
        cells.setdefault(submission, {})[name] = CellScore(points, auto_points, waits)
    penalties: dict[str, float] = {}
    notebooks: dict[str, str] = {}
    for submission, notebook, penalty in gradebook.db.query(
        SubmittedNotebook.assignment_id, SubmittedNotebook.id, SubmittedNotebook.late_submission_penalty
    ):
        notebooks[submission] = notebook
        penalties[submission] = penalties.get(submission, 0.0) + (penalty or 0.0)
    rows = gradebook.db.query(
        SubmittedAssignment.id,
        SubmittedAssignment.student_id,
        Assignment.name,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
        Assignment.duedate,
    ).join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    return {
        (student, assignment): Score(
            points=totals.get(submission, 0.0),
            penalty=penalties.get(submission, 0.0),
            seconds_late=_seconds_late(timestamp, due, extension),
            cells=cells.get(submission, {}),
            notebook=notebooks.get(submission, ""),
            submitted=timestamp.replace(tzinfo=UTC) if timestamp else None,
        )
        for submission, student, assignment, timestamp, extension, due in rows
    }


def _seconds_late(timestamp, due, extension) -> float:
    """As `SubmittedAssignment.total_seconds_late`."""
    if timestamp is None or due is None:
        return 0.0
    return max(0.0, (timestamp - due - extension if extension else timestamp - due).total_seconds())
