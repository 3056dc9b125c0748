"""What the gradebook says of submissions, as their students are told: points, what waits, comments, penalties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

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
from autograder.course.notebooks import assignment_of, name_of
from autograder.course.roster import Person
from autograder.gradebook import requests
from autograder.gradebook.requests import Request

__all__ = ["Entry", "Transcript", "read", "read_from"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One grade cell of a submission.

    Attributes:
        points: What counts, extra credit included.
        max_points: Points of the cell.
        waits: Whether a person has still to mark it.
        by_hand: Whether a person has given its points.
        extra: Points beside those of the cell.
        comment: For the student; Markdown of the graders, or nbgrader's own remark.
    """

    points: float
    max_points: float
    waits: bool = False
    by_hand: bool = False
    extra: float = 0.0
    comment: str = ""


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
    """

    name: str = ""
    entries: Mapping[str, Entry] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    penalty: float = 0.0
    seconds_late: float = 0.0
    submitted: datetime | None = None
    due: datetime | None = None
    requests: tuple[Request, ...] = ()

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
    """The transcripts of all submissions in the gradebook, or of some, in four queries.

    Args:
        course: The course folder.
        student: Only this student's.
        assignment: Only this assignment's.

    Returns:
        For each student and notebook's name, its transcript; empty where there is no gradebook yet.
    """
    url = course.directory.db_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_file():
        return {}
    asked = requests.read(course)
    return {
        name: _with_requests(one, name, asked) for name, one in read_from(url, student, assignment).items()
    }


def _with_requests(one: Transcript, name: tuple[str, str], asked: Sequence[Request]) -> Transcript:
    own = tuple(
        each for each in asked if (each.student, each.assignment) == (name[0], assignment_of(name[1]))
    )
    return replace(one, requests=own) if own else one


def read_from(
    url: str, student: str | None = None, assignment: str | None = None
) -> dict[tuple[str, str], Transcript]:
    """`read` without requests, of the gradebook at an address as nbgrader's `CourseDirectory.db_url` has it."""
    with Gradebook(url) as gradebook:
        query = gradebook.db.query

        def wanted(found):
            if student is not None:
                found = found.filter(SubmittedAssignment.student_id == student)
            if assignment is not None:
                found = found.filter(Assignment.name == assignment)
            return found

        def of_submissions(found):
            found = found.join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            found = found.join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            return wanted(found.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id))

        name = (SubmittedAssignment.student_id, Assignment.name, Notebook.name)
        names = {
            found: Person(id=found, first_name=first or "", last_name=last or "").full_name
            for found, first, last in query(Student.id, Student.first_name, Student.last_name)
        }
        comments: dict[tuple[str, str], dict[str, str]] = {}
        for *ids, cell, comment in of_submissions(
            query(*name, BaseCell.name, Comment.comment)
            .select_from(Comment)
            .join(BaseCell, Comment.cell_id == BaseCell.id)
            .join(SubmittedNotebook, Comment.notebook_id == SubmittedNotebook.id)
        ):
            if comment:
                comments.setdefault(_key(*ids), {})[cell] = comment
        entries: dict[tuple[str, str], dict[str, Entry]] = {}
        columns = (
            Grade.score, Grade.max_score, Grade.needs_manual_grade, Grade.manual_score, Grade.extra_credit
        )  # fmt: skip
        for *ids, cell, points, most, waits, manual, extra in of_submissions(
            query(*name, BaseCell.name, *columns)
            .select_from(Grade)
            .join(BaseCell, Grade.cell_id == BaseCell.id)
            .join(SubmittedNotebook, Grade.notebook_id == SubmittedNotebook.id)
        ):
            entries.setdefault(_key(*ids), {})[cell] = Entry(
                points=points,
                max_points=most,
                waits=bool(waits),
                by_hand=manual is not None,
                extra=extra or 0.0,
                comment=comments.get(_key(*ids), {}).pop(cell, ""),
            )
        rows = of_submissions(
            query(
                *name,
                SubmittedNotebook.late_submission_penalty,
                SubmittedAssignment.timestamp,
                SubmittedAssignment.extension,
                Assignment.duedate,
            ).select_from(SubmittedNotebook)
        )
        return {
            _key(*ids): Transcript(
                name=names.get(ids[0], ""),
                entries=dict(sorted(entries.get(_key(*ids), {}).items())),
                comments=comments.get(_key(*ids), {}),
                penalty=penalty or 0.0,
                seconds_late=_seconds_late(timestamp, due, extension),
                submitted=timestamp.replace(tzinfo=UTC) if timestamp else None,
                due=(due + (extension or timedelta())).replace(tzinfo=UTC) if due else None,
            )
            for *ids, penalty, timestamp, extension, due in rows
        }


def _key(student: str, assignment: str, notebook: str) -> tuple[str, str]:
    return student, name_of(assignment, notebook)


def _seconds_late(timestamp, due, extension) -> float:
    if timestamp is None or due is None:
        return 0.0
    return max(0.0, (timestamp - due - extension if extension else timestamp - due).total_seconds())
