"""Name the known mistakes that submissions made, from what their records say they did; none of them is executed."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from autograder.course.folder import Course
from autograder.course.lock import working_alone
from autograder.errors import CourseError, MistakesError
from autograder.grading.graded import Graded
from autograder.grading.pool import Workers
from autograder.grading.record import Record, Records
from autograder.grading.results import CellResult
from autograder.kernel.setup import KernelSetup
from autograder.mistakes.behaviours import Behaviours
from autograder.mistakes.ranking import FailedTest, Failure, Ranking
from autograder.mistakes.trials import Trials
from autograder.mistakes.trying import batches, try_out

__all__ = ["Recognised", "name_known", "recognise"]

ROUNDS = (2, 4, None)
"""How many known wrong answers are tried for a test without a name, those most like the student's code; at last all."""
LEAST_SECONDS, MOST_LEAST_SECONDS = 2.0, 20.0
"""Of the first rounds, for each submission that fails, and for all together: whoever grades one does not wait."""
SHARE = 0.05
"""Of the time that grading took, for the last round."""
Known = dict[tuple[str, int], Behaviours]
"""What wrong answers do, by notebook and variant."""


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """What recognition found.

    Attributes:
        graded: What it was given, in its order, with the mistakes that are known now in the records.
        unknown: How many known wrong answers mistakes without a name could not be compared with, as time was up.
        problems: Why mistakes of a notebook are not recognised, one text each.
    """

    graded: tuple[Graded, ...]
    unknown: int = 0
    problems: tuple[str, ...] = ()


def recognise(
    course: Course,
    graded: Sequence[Graded],
    jobs: int,
    seconds: float = 0.0,
    workers: Workers | None = None,
    setup: KernelSetup | None = None,
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Recognised:
    """Name the known mistakes in the records of submissions, and keep the records that change.

    What a known wrong answer does with a variant of the hidden inputs is executed once, when a submission
    first fails with that variant, and kept. For each failed test the few that are most like the student's
    code come first; then, where none of them does the same, all others. Where several do the same that were not all
    tried, the name is that of the one most like the code.

    Args:
        seconds: How long grading took; for all others there is a small part of it, or a few seconds, and the next
            call goes on from there.
        workers: Those that execute them, where they are there already.
        setup: Of these workers' kernels, where it is not the course's.

    Raises:
        GraderBusy: Another grader is at work in this course.
        OSError: A record or a behaviour cannot be written.
    """
    records = [one.record for one in graded]
    known, problems = _known(course, records)
    failures = list(_failures(records, known))
    ranking = Ranking(course, failures)
    began, why = time.monotonic(), dict[str, str]()
    least = min(MOST_LEAST_SECONDS, LEAST_SECONDS * len({failure.record.name for failure in failures}))
    done, total = 0, ranking.left()
    with working_alone(course.state):
        if total:
            tell(0, total)
        for most in ROUNDS:
            wanted = [(test, ranking.missing(test, most), ranking.seconds(test)) for test in ranking.tests()]
            may_take = least if most else max(min(LEAST_SECONDS, least), seconds * SHARE)
            tried, failing = try_out(
                list(batches(wanted, setup)),
                jobs,
                began + may_take,
                workers,
                functools.partial(_add, tell, done, total),
            )
            done += tried
            why |= failing
        named = tuple(replace(one, record=_named(course, one.record, known)) for one in graded)
    cannot = [
        f"some mistakes of {name} are not recognised, as they cannot be executed: {reason}"
        for name, reason in why.items()
    ]
    return Recognised(graded=named, unknown=ranking.left(), problems=(*problems, *cannot))


def _add(tell: Callable[[int, int], None], before: int, total: int, done: int) -> None:
    tell(before + done, total)


def _known(course: Course, records: Sequence[Record]) -> tuple[Known, list[str]]:
    """What is kept of the wrong answers to what failed, and why there is nothing for some notebooks."""
    failing = [record for record in records if any(cell.behaviour for cell in record.cells)]
    known: Known = {}
    problems = []
    for name in dict.fromkeys(record.notebook for record in failing):
        if not (course.root / "mistakes" / f"{name}.yaml").is_file():
            continue
        try:
            trials = Trials(course, name)
        except (MistakesError, CourseError) as error:
            problems.append(f"no mistake of {name} is recognised: {error}")
            continue
        for seed in dict.fromkeys(record.seed for record in failing if record.notebook == name):
            known[name, seed] = Behaviours(trials, seed)
    return known, problems


def _failures(records: Sequence[Record], known: Known) -> Iterator[Failure]:
    for record in records:
        behaviours = known.get((record.notebook, record.seed))
        for cell in record.cells:
            if behaviours is not None and cell.behaviour:
                test = FailedTest(behaviours, cell.cell)
                yield Failure(test=test, behaviour=cell.behaviour, record=record, seconds=cell.seconds)


def name_known(course: Course, record: Record) -> Record:
    """`recognise` for one record, with what is kept of known wrong answers; nothing is executed."""
    if not any(cell.behaviour for cell in record.cells):
        return record
    try:
        behaviours = Behaviours(Trials(course, record.notebook), record.seed)
    except (MistakesError, CourseError):  # no known answers, or none that fit; `autograder grade` says why
        return record
    return _named(course, record, {(record.notebook, record.seed): behaviours})


def _named(course: Course, record: Record, known: dict[tuple[str, int], Behaviours]) -> Record:
    behaviours = known.get((record.notebook, record.seed))
    cells = tuple(_named_cell(cell, behaviours) for cell in record.cells)
    if cells == record.cells:
        return record
    named = replace(record, cells=cells)
    Records.of(course).write(named)
    return named


def _named_cell(cell: CellResult, behaviours: Behaviours | None) -> CellResult:
    found = behaviours.known_by(cell.cell, cell.behaviour) if behaviours and cell.behaviour else ()
    # where several known answers do the same, a hint must be right for all of them
    hint = dict(found[0].hint) if found and all(one.hint == found[0].hint for one in found) else {}
    return replace(cell, mistake=tuple(f"{one.cell}: {one.name}" for one in found), hint=hint)
