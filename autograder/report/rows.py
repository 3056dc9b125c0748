"""The table of students: points by assignment, total, and what is unusual."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from autograder.report.classroom import Classroom
from autograder.report.outcomes import State

__all__ = ["Badge", "Entry", "Row", "rows"]


class Badge(StrEnum):
    """What is unusual about one submission."""

    BROKEN = "broken"
    UNKNOWN = "grade again"
    STOPPED = "stopped"
    WAITING = "not marked yet"
    LATE = "late"
    OTHER_THEME = "not counted"
    EXCUSED = "excused"
    EXTENDED = "more time"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One student's submission of one assignment.

    Attributes:
        points: What nbgrader counts; None where the gradebook has nothing.
        submitted: Whether there is a submission.
        expected: Whether there should be one.
        badges: What is unusual.
    """

    assignment: str
    points: float | None
    submitted: bool
    expected: bool
    badges: tuple[Badge, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Row:
    """One student.

    Attributes:
        name: The full name; "" where the gradebook has none.
        entries: One for each assignment.
        total: The points of the assignments that count.
        max_points: All points of the assignments that count.
        open: Those of them that a person has still to give, or not; in the total they are 0.
    """

    student: str
    name: str
    entries: tuple[Entry, ...]
    total: float
    max_points: float
    open: float = 0.0

    @property
    def share(self) -> float | None:
        """The part of all points."""
        return self.total / self.max_points if self.max_points else None


def rows(classroom: Classroom) -> list[Row]:
    """One row for each student, by name; those without one by their ids, behind the others."""
    every = (_row(classroom, student) for student in classroom.students)
    return sorted(every, key=lambda row: (not row.name, row.name.casefold(), row.student))


def _row(classroom: Classroom, student: str) -> Row:
    entries = tuple(_entry(classroom, student, assignment) for assignment in classroom.assignments)
    counting = [
        entry
        for entry in entries
        if (entry.submitted or entry.expected) and classroom.counts(student, entry.assignment)
    ]
    return Row(
        student=student,
        name=classroom.book.name(student),
        entries=entries,
        total=sum(entry.points or 0.0 for entry in counting),
        max_points=sum(classroom.book.max_points(entry.assignment) for entry in counting),
        open=sum(classroom.book.open_points(student, entry.assignment) for entry in counting),
    )


def _entry(classroom: Classroom, student: str, assignment: str) -> Entry:
    score = classroom.book.scores.get((student, assignment))
    outcome = classroom.outcomes.get((student, assignment))
    counts = classroom.counts(student, assignment)
    excused = classroom.groups.excused(student, assignment)
    state = outcome.state if outcome and counts else None
    found = {
        Badge.BROKEN: state is State.BROKEN,
        Badge.UNKNOWN: state in (State.KNOWN, State.UNKNOWN)
        and not classroom.is_current(student, assignment),
        Badge.STOPPED: bool(outcome and outcome.problems),
        Badge.WAITING: bool(score and score.waiting),
        Badge.LATE: bool(score and score.seconds_late),
        Badge.OTHER_THEME: not counts and not excused and bool(score or outcome),
        Badge.EXCUSED: excused,
        Badge.EXTENDED: (student, assignment) in classroom.later,
    }
    return Entry(
        assignment=assignment,
        points=None if score is None else score.total,
        submitted=score is not None or outcome is not None,
        expected=classroom.expected(student, assignment),
        badges=tuple(badge for badge, there in found.items() if there),
    )
