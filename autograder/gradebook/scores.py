"""What nbgrader's gradebook says of a class, as plain frozen data; nbgrader's own numbers, never ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment, SubmittedNotebook
from sqlalchemy.exc import SQLAlchemyError

from autograder.course.folder import Course
from autograder.course.notebooks import qualified
from autograder.course.roster import Person
from autograder.errors import CourseError
from autograder.gradebook import database
from autograder.gradebook.database import CellMark, GradeCell

__all__ = ["Book", "Late", "Score", "read"]


@dataclass(frozen=True, kw_only=True)
class Score:
    """One submission in the gradebook.

    Attributes:
        points: The sum of its cells, as nbgrader has it.
        penalty: What nbgrader takes off for lateness.
        seconds_late: Behind the due date, extensions included; 0 where it is in time.
        cells: For each grade cell's id, what it has.
        notebook: nbgrader's id of the submitted notebook, in the address of its page in formgrader.
        submitted: When it was handed in, where that is known; with a zone.
        due: The due date, extensions counted, where there is one; with a zone.
    """

    points: float
    penalty: float
    seconds_late: float
    cells: dict[str, CellMark] = field(default_factory=dict)
    notebook: str = ""
    submitted: datetime | None = None
    due: datetime | None = None

    @property
    def total(self) -> float:
        """What nbgrader exports: points after the penalty, never below 0."""
        return max(0.0, self.points - self.penalty)

    @property
    def waiting(self) -> tuple[str, ...]:
        """The cells that wait for a person's points."""
        return tuple(name for name, cell in self.cells.items() if cell.waits)


@dataclass(frozen=True, kw_only=True)
class Late:
    """A submission after its due date.

    Attributes:
        seconds: By how much, extensions counted.
        penalty: The points that it costs.
    """

    student: str
    assignment: str
    seconds: float
    penalty: float


@dataclass(frozen=True, kw_only=True)
class Book:
    """The gradebook of a class.

    Attributes:
        people: The students, by their ids.
        duedates: For each assignment's id, when it is due, where that is known; with a zone.
        items: For each assignment's id, its grade cells.
        scores: For each (student, assignment) that has been graded, its points.
    """

    people: dict[str, Person] = field(default_factory=dict)
    duedates: dict[str, datetime | None] = field(default_factory=dict)
    items: dict[str, tuple[GradeCell, ...]] = field(default_factory=dict)
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)

    @cached_property
    def roster(self) -> frozenset[str]:
        """Whom a roster has put there: those with a name, an address or a number."""
        return frozenset(person.id for person in self.people.values() if person.is_described)

    @property
    def late(self) -> tuple[Late, ...]:
        """The submissions after their due dates, by assignment and student."""
        late = (name for name, score in self.scores.items() if score.seconds_late > 0)
        return tuple(
            Late(
                student=name[0],
                assignment=name[1],
                seconds=self.scores[name].seconds_late,
                penalty=self.scores[name].penalty,
            )
            for name in sorted(late, key=lambda name: name[::-1])
        )

    def name(self, student: str) -> str:
        """The full name; "" where the gradebook has none."""
        return self.people[student].full_name if student in self.people else ""

    def max_points(self, assignment: str) -> float:
        """All points of an assignment."""
        return sum(item.max_points for item in self.items.get(assignment, ()))

    def open_points(self, student: str, assignment: str) -> float:
        """The points of a submission that a person has still to give, or not."""
        score = self.scores.get((student, assignment))
        waiting = score.waiting if score else ()
        return sum(item.max_points for item in self.items.get(assignment, ()) if item.cell in waiting)


def read(course: Course) -> Book:
    """The whole gradebook, in few queries; an empty one where there is no file yet.

    Raises:
        CourseError: It cannot be read.
    """
    if not database.exists(course):
        return Book()
    try:
        with database.opened(course) as gradebook:
            return Book(
                people={student.id: database.person(student) for student in gradebook.students},
                duedates={one.name: _in_utc(one.duedate) for one in gradebook.assignments},
                items=_items(gradebook),
                scores=_scores(gradebook),
            )
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise CourseError(
            f"the gradebook {course.directory.db_url} cannot be read ({reason}); is it one of this version of "
            "nbgrader? `nbgrader db upgrade` brings an older one up to date"
        ) from error


def _items(gradebook: Gradebook) -> dict[str, tuple[GradeCell, ...]]:
    found: dict[str, list[GradeCell]] = {}
    for one in database.grade_cells(gradebook):
        found.setdefault(one.assignment, []).append(one)
    return {assignment: tuple(items) for assignment, items in found.items()}


def _scores(gradebook: Gradebook) -> dict[tuple[str, str], Score]:
    cells: dict[tuple[str, str], dict[str, CellMark]] = {}
    for (student, assignment, notebook), marks in database.marks(gradebook).items():
        named = {qualified(assignment, notebook, cell): mark for cell, mark in marks.items()}
        cells.setdefault((student, assignment), {}).update(named)
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
            points=sum(cell.points for cell in cells.get((student, assignment), {}).values()),
            penalty=penalties.get(submission, 0.0),
            seconds_late=database.seconds_late(timestamp, due, extension),
            cells=cells.get((student, assignment), {}),
            notebook=notebooks.get(submission, ""),
            submitted=_in_utc(timestamp),
            due=_in_utc(due and due + (extension or timedelta())),
        )
        for submission, student, assignment, timestamp, extension, due in rows
    }


def _in_utc(time: datetime | None) -> datetime | None:
    """A time as nbgrader keeps it."""
    return time.replace(tzinfo=UTC) if time else None
