"""What the gradebook says of submissions, as their students are told: points, what waits, comments, penalties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from nbgrader.api import Assignment, Student, SubmittedAssignment, SubmittedNotebook

from autograder.course.folder import Course
from autograder.course.notebooks import name_of
from autograder.gradebook import database, requests
from autograder.gradebook.attempts import PutOff
from autograder.gradebook.database import CellMark
from autograder.gradebook.requests import Request

__all__ = ["Transcript", "read"]


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """One notebook of a submission.

    Attributes:
        name: The student's full name; "" where the gradebook has none.
        entries: For each grade cell's id.
        comments: For each cell's id, what stands there for a cell without points.
        penalty: Points taken off because it was late.
        seconds_late: After the due date, extensions counted.
        submitted: When it was handed in, with a zone; None where nothing says it.
        due: The due date, extensions counted, in UTC; None where there is none.
        requests: The student's questions about the score, with their answers.
        put_off: That a newer submission waits; None where there is none, or where nobody has asked.
    """

    name: str = ""
    entries: Mapping[str, CellMark] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    seconds_late: float = 0.0
    submitted: datetime | None = None
    due: datetime | None = None
    requests: tuple[Request, ...] = ()
    put_off: PutOff | None = None

    @property
    def waiting(self) -> tuple[str, ...]:
        """The cells that a person has still to mark."""
        return tuple(cell for cell, entry in self.entries.items() if entry.waits)

    @property
    def points(self) -> float:
        """Of what is marked, the penalty taken off; never below 0."""
        return max(0.0, sum(one.points for one in self.entries.values() if not one.waits) - self.penalty)

    @property
    def max_points(self) -> float:
        """Of what is marked."""
        return sum(one.max_points for one in self.entries.values() if not one.waits)

    @property
    def open_points(self) -> float:
        """Of what is not marked yet."""
        return sum(one.max_points for one in self.entries.values() if one.waits)


def read(
    course: Course, student: str | None = None, assignment: str | None = None
) -> dict[tuple[str, str], Transcript]:
    """The transcripts of all submissions in the gradebook, or of some.

    Returns:
        For each student and notebook's name, its transcript; empty where there is no gradebook yet.
    """
    if not database.exists(course):
        return {}
    asked = requests.read(course)
    with database.opened(course) as gradebook:
        query = gradebook.db.query
        names = {one.id: database.person(one).full_name for one in query(Student)}
        entries = database.marks(gradebook, student, assignment)
        comments = database.comments(gradebook, student, assignment)
        columns = (
            SubmittedNotebook.late_submission_penalty,
            SubmittedAssignment.timestamp,
            SubmittedAssignment.extension,
            Assignment.duedate,
        )
        rows = database.of_submissions(gradebook, SubmittedNotebook, columns, student, assignment)
        return {
            (who, name_of(*place)): Transcript(
                name=names.get(who, ""),
                entries=(own := entries.get((who, *place), {})),
                comments={
                    cell: text for cell, text in comments.get((who, *place), {}).items() if cell not in own
                },
                penalty=penalty or 0.0,
                seconds_late=database.seconds_late(timestamp, due, extension),
                submitted=timestamp.replace(tzinfo=UTC) if timestamp else None,
                due=(due + (extension or timedelta())).replace(tzinfo=UTC) if due else None,
                requests=tuple(one for one in asked if (one.student, one.assignment) == (who, place[0])),
            )
            for who, *place, penalty, timestamp, extension, due in rows
        }
