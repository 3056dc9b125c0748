"""What the kept results say of each submission; nothing is executed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from multiprocessing import get_context
from pathlib import Path

from autograder.course import Course
from autograder.errors import SubmissionError
from autograder.grading import submissions
from autograder.grading.cache import ResultCache
from autograder.grading.preparation import key_of, prepare
from autograder.grading.results import CellResult
from autograder.grading.submissions import Submission
from autograder.grading.tasks import die_with_parent
from autograder.kernel.limits import Limits
from autograder.report.suspicion import signs

__all__ = ["Outcome", "State", "read"]

AT_ONCE = 16
WORTH_A_POOL = 200


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
        state: Whether its result is kept; `UNKNOWN` where it was never graded, or something that
            decides its result has changed since.
        broken: Why it cannot be graded, where it cannot.
        cells: One result for each grade cell, without tracebacks.
        seconds: How long its execution took.
        sandboxed: Whether its code was closed off.
        problems: What execution met: time limits, processes that ended.
        questions: What only the instructor can decide.
        repairs: What was put right.
        signs: Why it is worth a look; see `autograder.report.suspicion`.
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


def read(course: Course, assignments: Iterable[str], jobs: int = 1) -> dict[tuple[str, str], Outcome]:
    """The outcomes of all submissions of some assignments.

    Args:
        course: The course folder.
        assignments: Their ids; all are in source/.
        jobs: Processes for large classes.
    """
    found = [
        submission
        for assignment in assignments
        for student in course.students()
        if (submission := submissions.find(course.submitted, student, assignment))
    ]
    outcomes = _in_processes(course.root, found, jobs) if len(found) >= WORTH_A_POOL and jobs > 1 else None
    if outcomes is None:
        outcomes = (outcome(course, submission) for submission in found)
    return {(one.student, one.assignment): one for one in outcomes}


def _in_processes(root: Path, found: list[Submission], jobs: int) -> Iterator[Outcome]:
    work = functools.partial(_outcome_in, root)
    with ProcessPoolExecutor(jobs, get_context("spawn"), die_with_parent) as pool:
        yield from pool.map(work, found, chunksize=AT_ONCE)


def _outcome_in(root: Path, submission: Submission) -> Outcome:
    return outcome(_course(root), submission)


_course = functools.lru_cache(maxsize=1)(Course)


def outcome(course: Course, submission: Submission) -> Outcome:
    """The outcome of one submission, under the keys that every way of grading uses."""
    student, assignment = submission.student, submission.assignment
    limits = Limits()
    try:
        prepared = prepare(course, submission, course.mnist, limits, sandboxed=True)
    except SubmissionError as error:
        return Outcome(student, assignment, State.BROKEN, str(error), repairs=submission.notes)
    cache = ResultCache(course.state / "results")
    execution = cache.read(prepared.key)
    if execution is None:
        unboxed = key_of(course, assignment, prepared.notebook, course.mnist, limits, sandboxed=False)
        execution = cache.read(unboxed)
    if execution is None:
        return Outcome(
            student, assignment, State.UNKNOWN, questions=prepared.questions, repairs=prepared.repairs
        )
    return Outcome(
        student,
        assignment,
        State.KNOWN,
        "",
        tuple(replace(cell, trace="") for cell in execution.cells),
        execution.seconds,
        execution.sandboxed,
        execution.problems,
        prepared.questions,
        prepared.repairs,
        tuple(signs(prepared.notebook, execution.cells)),
    )
