"""What the records say of each submission; nothing is rebuilt or executed."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of, qualified, split
from autograder.grading.circumstances import circumstances
from autograder.grading.record import Record, Records, content_hash
from autograder.grading.results import CellResult
from autograder.submission import submissions
from autograder.submission.submissions import Submission

__all__ = ["Outcome", "State", "read"]


class State(StrEnum):
    """What is known of a submission."""

    KNOWN = "known"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One submission in submitted/, with all of its notebooks.

    Attributes:
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
        assignments: Their ids; all are in source/.
    """
    records = Records.of(course)

    @functools.cache
    def decided_by(notebook: str, sandboxed: bool, everything: bool) -> str:
        limits = course.limits(assignment_of(notebook))
        return circumstances(course, notebook, limits, sandboxed, everything)

    def kept(submission: Submission) -> Record | None:
        """The record that tells of what lies there now, and of how it would be graded now."""
        record = records.read(submission.student, submission.notebook)
        if submission.problem is not None or record is None:
            return None
        if record.content != content_hash(submission.path):
            return None
        ways = {decided_by(record.notebook, record.sandboxed, everything) for everything in (False, True)}
        return record if record.circumstances in ways else None

    students = course.students()
    found: dict[tuple[str, str], list[tuple[Submission, Record | None]]] = {}
    notebooks = {assignment: course.notebooks(assignment) for assignment in assignments}
    for number, (assignment, student) in enumerate(itertools.product(assignments, students), 1):
        names = notebooks[assignment]
        for name in names:
            submission = submissions.find(course.submitted, student, name, names)
            if submission is not None:
                found.setdefault((student, assignment), []).append((submission, kept(submission)))
        progress(number, len(assignments) * len(students))
    return {name: _outcome(*name, submitted) for name, submitted in found.items()}


def _outcome(student: str, assignment: str, notebooks: Sequence[tuple[Submission, Record | None]]) -> Outcome:
    """The outcome of a submission, of its notebooks with what is kept of them."""
    records = [record for _, record in notebooks if record is not None]
    broken = [submission.problem or (record.broken if record else "") for submission, record in notebooks]
    states = {
        State.BROKEN if why else State.KNOWN if record else State.UNKNOWN
        for why, (_, record) in zip(broken, notebooks, strict=True)
    }

    def texts(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for record in records for text in getattr(record, name)))

    repairs = (
        text for submission, record in notebooks for text in (record.repairs if record else submission.notes)
    )
    return Outcome(
        student=student,
        assignment=assignment,
        state=next(state for state in (State.UNKNOWN, State.BROKEN, State.KNOWN) if state in states),
        broken="; ".join(filter(None, broken)),
        cells=tuple(
            replace(cell, trace="", cell=qualified(*split(record.notebook), cell.cell))
            for record in records
            if not record.broken
            for cell in record.cells
        ),
        seconds=sum(record.seconds for record in records),
        sandboxed=all(record.sandboxed for record in records),
        problems=texts("problems"),
        questions=texts("questions"),
        repairs=tuple(dict.fromkeys(repairs)),
        signs=texts("signs"),
    )
