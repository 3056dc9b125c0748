"""What the records say of each submission; nothing is rebuilt or executed."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of, qualified, split
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


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One submission in submitted/, with all of its notebooks.

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
    def decided_by(notebook: str, sandboxed: bool, everything: bool) -> str:
        limits = course.limits(assignment_of(notebook))
        return circumstances(course, notebook, limits, sandboxed, everything)

    def outcome(submission: Submission) -> Outcome:
        student, assignment = submission.student, submission.assignment
        record = records.read(student, submission.notebook)
        if submission.problem is not None:
            return Outcome(
                student=student,
                assignment=assignment,
                state=State.BROKEN,
                broken=submission.problem,
                repairs=submission.notes,
            )
        if (
            record is None
            or record.content != content_hash(submission.path)
            or record.circumstances
            not in {
                decided_by(submission.notebook, record.sandboxed, everything) for everything in (False, True)
            }
        ):
            return Outcome(
                student=student, assignment=assignment, state=State.UNKNOWN, repairs=submission.notes
            )
        return Outcome(
            student=student,
            assignment=assignment,
            state=State.BROKEN if record.broken else State.KNOWN,
            broken=record.broken,
            cells=() if record.broken else tuple(_shown(cell, submission.notebook) for cell in record.cells),
            seconds=record.seconds,
            sandboxed=record.sandboxed,
            problems=record.problems,
            questions=record.questions,
            repairs=record.repairs,
            signs=record.signs,
        )

    students = course.students()
    found: dict[tuple[str, str], list[Outcome]] = {}
    for number, (assignment, student) in enumerate(itertools.product(assignments, students), 1):
        names = course.notebooks(assignment)
        for name in names:
            submission = submissions.find(course.submitted, student, name, names)
            if submission is not None:
                found.setdefault((student, assignment), []).append(outcome(submission))
        progress(number, len(assignments) * len(students))
    return {name: _together(outcomes) for name, outcomes in found.items()}


def _shown(cell: CellResult, notebook: str) -> CellResult:
    return replace(cell, trace="", cell=qualified(*split(notebook), cell.cell))


def _together(outcomes: Sequence[Outcome]) -> Outcome:
    """The outcome of a submission, of those of its notebooks."""
    if len(outcomes) == 1:
        return outcomes[0]
    states = {one.state for one in outcomes}

    def texts(name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(text for one in outcomes for text in getattr(one, name)))

    return Outcome(
        student=outcomes[0].student,
        assignment=outcomes[0].assignment,
        state=next(state for state in (State.UNKNOWN, State.BROKEN, State.KNOWN) if state in states),
        broken="; ".join(one.broken for one in outcomes if one.broken),
        cells=tuple(cell for one in outcomes for cell in one.cells),
        seconds=sum(one.seconds for one in outcomes),
        sandboxed=all(one.sandboxed for one in outcomes),
        problems=texts("problems"),
        questions=texts("questions"),
        repairs=texts("repairs"),
        signs=texts("signs"),
    )
