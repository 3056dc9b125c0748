"""What the kept results say of each submission; nothing is executed."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from enum import StrEnum
from multiprocessing import get_context
from pathlib import Path

from autograder.course.folder import Course
from autograder.errors import SubmissionError
from autograder.grading import submissions
from autograder.grading.cache import ResultCache
from autograder.grading.results import CellResult
from autograder.grading.submissions import Submission
from autograder.grading.tasks import die_with_parent
from autograder.report.facts import Facts, Memory, circumstances, facts
from autograder.report.suspicion import signs_in_results

__all__ = ["Outcome", "State", "read"]

AT_ONCE = 16
WORTH_A_POOL = 600
"""Submissions from which on several processes are faster than one; each imports for a second or two."""


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


def read(course: Course, assignments: Sequence[str], jobs: int = 1) -> dict[tuple[str, str], Outcome]:
    """The outcomes of all submissions of some assignments.

    Args:
        course: The course folder.
        assignments: Their ids; all are in source/.
        jobs: Processes, where many submissions are not remembered.
    """
    found = [
        submission
        for assignment in assignments
        for student in course.students()
        if (submission := submissions.find(course.submitted, student, assignment))
    ]
    memory = Memory(
        course.state / "report.json",
        {name: circumstances(course, name) for name in {submission.assignment for submission in found}},
    )
    work = [(submission, memory.get(submission)) for submission in found]
    if jobs > 1 and sum(remembered is None for _, remembered in work) >= WORTH_A_POOL:
        with ProcessPoolExecutor(jobs, get_context("spawn"), die_with_parent) as pool:
            results = list(pool.map(functools.partial(_outcome_in, course.root), work, chunksize=AT_ONCE))
    else:
        results = [outcome(course, *item) for item in work]
    if course.state.is_dir():
        memory.keep(zip(found, (known for _, known in results), strict=True))
    return {(one.student, one.assignment): one for one, _ in results}


def _outcome_in(root: Path, item: tuple[Submission, Facts | None]) -> tuple[Outcome, Facts | None]:
    return outcome(_course(root), *item)


_course = functools.lru_cache(maxsize=1)(Course)


def outcome(
    course: Course, submission: Submission, remembered: Facts | None = None
) -> tuple[Outcome, Facts | None]:
    """The outcome of one submission, under the keys that every way of grading uses, and its facts."""
    student, assignment = submission.student, submission.assignment
    try:
        known = facts(course, submission, remembered)
    except SubmissionError as error:
        return Outcome(student, assignment, State.BROKEN, str(error), repairs=submission.notes), None
    cache = ResultCache(course.state / "results")
    execution = next(filter(None, map(cache.read, known.keys)), None)
    found = Outcome(
        student,
        assignment,
        State.UNKNOWN if execution is None else State.KNOWN,
        questions=known.questions,
        repairs=(*submission.notes, *known.repairs),
        signs=known.signs,
    )
    if execution is not None:
        found = replace(
            found,
            cells=tuple(replace(cell, trace="") for cell in execution.cells),
            seconds=execution.seconds,
            sandboxed=execution.sandboxed,
            problems=execution.problems,
            signs=(*signs_in_results(execution.cells), *known.signs),
        )
    return found, known
