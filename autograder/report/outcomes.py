"""What the records say of each submission; nothing is rebuilt or executed."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from autograder.course.folder import Course
from autograder.grading import submissions
from autograder.grading.circumstances import circumstances
from autograder.grading.record import Records, content_hash
from autograder.grading.results import CellResult
from autograder.grading.submissions import Submission

__all__ = ["Outcome", "State", "read"]


class State(StrEnum):
    """What is known of a submission."""

    KNOWN = "known"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Outcome:
    """One submission in submitted/.

    Attributes:
        student: The student's id.
        assignment: The assignment's id.
        state: Whether its record tells of it; `UNKNOWN` where it was never graded, or something that
            decides its result has changed since.
        broken: Why it cannot be graded, where it cannot.
        cells: One result for each grade cell, without tracebacks.
        seconds: How long its execution took.
        sandboxed: Whether its code was closed off.
        problems: What execution met: time limits, processes that ended.
        questions: What only the instructor can decide.
        repairs: What was put right.
        signs: Why it is worth a look; see `autograder.grading.suspicion`.
    """

    student: str
    assignment: str
    state: State
    broken: str = ""
    cells: tuple[CellResult, ...] = ()
    seconds: float = 0.0
    sandboxed: bool = True
    problems: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()


def read(
    course: Course,
    assignments: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[tuple[str, str], Outcome]:
    """The outcomes of all submissions of some assignments.

    Args:
        course: The course folder.
        assignments: Their ids; all are in source/.
        progress: Called with the number of submissions that are read, and of all.
    """
    records = Records(course.state / "records")

    @functools.cache
    def decided_by(assignment: str, sandboxed: bool, everything: bool) -> str:
        return circumstances(course, assignment, course.limits(assignment), sandboxed, everything)

    def outcome(submission: Submission) -> Outcome:
        student, assignment = submission.student, submission.assignment
        record = records.read(student, assignment)
        if submission.problem is not None:
            return Outcome(student, assignment, State.BROKEN, submission.problem, repairs=submission.notes)
        if (
            record is None
            or record.content != content_hash(submission.path)
            or record.circumstances
            not in {decided_by(assignment, record.sandboxed, everything) for everything in (False, True)}
        ):
            return Outcome(student, assignment, State.UNKNOWN, repairs=submission.notes)
        return Outcome(
            student,
            assignment,
            State.BROKEN if record.broken else State.KNOWN,
            record.broken,
            () if record.broken else tuple(replace(cell, trace="") for cell in record.cells),
            record.seconds,
            record.sandboxed,
            record.problems,
            record.questions,
            record.repairs,
            record.signs,
        )

    students = course.students()
    found: dict[tuple[str, str], Outcome] = {}
    for number, (assignment, student) in enumerate(itertools.product(assignments, students), 1):
        submission = submissions.find(course.submitted, student, assignment)
        if submission is not None:
            found[student, assignment] = outcome(submission)
        progress(number, len(assignments) * len(students))
    return found
