"""Name the known mistakes that submissions made, from what their records say they did; none of them is executed."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from autograder.course.folder import Course
from autograder.course.lock import working_alone
from autograder.errors import CourseError, MistakesError
from autograder.grading.graded import Graded
from autograder.grading.pool import Workers, run_all
from autograder.grading.record import Record, Records
from autograder.grading.results import CellResult, Execution
from autograder.grading.task import Task
from autograder.mistakes.behaviours import Behaviours
from autograder.mistakes.proofs import Proof
from autograder.mistakes.trials import Trials
from autograder.verdict.verdict import Status

__all__ = ["Recognised", "name_known", "recognise"]

SHARE = 0.05
"""Of the time that grading took."""
LEAST_SECONDS, MOST_LEAST_SECONDS = 2.0, 20.0
"""For each submission that fails, and for all together: also what takes little time to grade gets its names, and
whoever grades one submission does not wait for them."""
SECONDS_OF_BATCH = 4.0
MOST_IN_BATCH = 32


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """What recognition found.

    Attributes:
        graded: What it was given, in its order, with the mistakes that are known now in the records.
        unknown: How many known wrong answers could not be compared with, as time was up.
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
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> Recognised:
    """Name the known mistakes in the records of submissions, and keep the records that change.

    What a known wrong answer does with a variant of the hidden inputs is executed once, when a submission
    first fails with that variant, and kept. The tests that most submissions fail come first.

    Args:
        seconds: How long grading took; known wrong answers are executed for a small part of it, or for
            a few seconds, and the next call goes on from there.

    Raises:
        GraderBusy: Another grader is at work in this course.
        OSError: A record or a behaviour cannot be written.
    """
    records = [one.record for one in graded]
    failing: dict[str, Counter[tuple[int, str]]] = defaultdict(Counter)
    seconds_of: dict[tuple[str, str], float] = defaultdict(float)
    for record in records:
        if (course.root / "mistakes" / f"{record.notebook}.yaml").is_file():
            for cell in record.cells:
                if cell.behaviour:
                    failing[record.notebook][record.seed, cell.cell] += 1
                    place = record.notebook, cell.cell
                    seconds_of[place] = max(seconds_of[place], cell.seconds)
    known: dict[tuple[str, int], Behaviours] = {}
    problems = []
    for name, where in failing.items():
        try:
            trials = Trials(course, name)
        except (MistakesError, CourseError) as error:
            problems.append(f"no mistake of {name} is recognised: {error}")
            continue
        for seed in {seed for seed, _ in where}:
            known[name, seed] = Behaviours(trials, seed)
    # of all variants together: a test that many fail comes before one that a single submission fails everywhere
    of_test = Counter((name, test) for name, where in failing.items() for _, test in where.elements())
    wanted = [
        (name, seed, test) for name, where in failing.items() for seed, test in where if (name, seed) in known
    ]
    wanted.sort(key=lambda one: (of_test[one[0], one[2]], failing[one[0]][one[1:]]), reverse=True)
    batches = [
        batch
        for name, seed, test in wanted
        for batch in _batches(known[name, seed], test, seconds_of[name, test])
    ]
    failed_count = sum(any(cell.behaviour for cell in record.cells) for record in records)
    least = min(MOST_LEAST_SECONDS, LEAST_SECONDS * failed_count)
    with working_alone(course.state):
        left, failed = _complete(batches, jobs, max(least, seconds * SHARE), workers, tell)
        named = tuple(replace(one, record=_named(course, one.record, known)) for one in graded)
    return Recognised(
        graded=named,
        unknown=left,
        problems=(*problems, *failed),
    )


def name_known(course: Course, record: Record) -> Record:
    """`recognise` for one record, with what is kept of known wrong answers; nothing is executed."""
    if not any(cell.behaviour for cell in record.cells):
        return record
    try:
        behaviours = Behaviours(Trials(course, record.notebook), record.seed)
    except (MistakesError, CourseError):  # no known answers, or none that fit; `autograder grade` says why
        return record
    return _named(course, record, {(record.notebook, record.seed): behaviours})


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """Wrong answers that one kernel tries with one test."""

    behaviours: Behaviours
    test: str
    tried: tuple[Proof, ...]

    @property
    def task(self) -> Task:
        return self.behaviours.trials.batch(self.test, self.tried, self.behaviours.seed)

    def keep(self, result: Execution | Exception) -> tuple[Proof, ...]:
        """Keep what they did; returns those of which nothing can be said, as another one ended the kernel."""
        cells = result.cells if isinstance(result, Execution) else ()
        done = [cell for cell in cells if cell.cell == self.test]
        if len(self.tried) == 1:
            if isinstance(result, Execution):
                self.behaviours.keep(self.tried[0], self.test, done[0].behaviour if done else ())
            return ()
        for number, (proof, cell) in enumerate(zip(self.tried, done, strict=False)):
            self.behaviours.keep(proof, self.test, cell.behaviour)
            if cell.status in (Status.TIMEOUT, Status.KERNEL_DIED):
                return self.tried[number + 1 :]
        return () if done else self.tried


def _batches(behaviours: Behaviours, test: str, seconds: float) -> Iterator[_Batch]:
    """What is missing of a test that takes so long, in batches of a few seconds."""
    size = max(1, min(MOST_IN_BATCH, int(SECONDS_OF_BATCH / max(seconds, 0.01))))
    missing = list(behaviours.missing(test))
    for start in range(0, len(missing), size):
        yield _Batch(behaviours=behaviours, test=test, tried=tuple(missing[start : start + size]))


def _complete(
    batches: Sequence[_Batch],
    jobs: int,
    seconds: float,
    workers: Workers | None,
    tell: Callable[[int, int], None],
) -> tuple[int, list[str]]:
    """Execute what is missing while there is time; returns how many wrong answers were left out, and why some failed."""
    until = time.monotonic() + seconds
    left = total = sum(len(batch.tried) for batch in batches)
    if total:
        tell(0, total)

    def in_time(waiting: Sequence[_Batch]) -> Iterator[tuple[int, Task]]:
        for number, batch in enumerate(waiting):
            if time.monotonic() > until:
                return
            yield number, batch.task

    failed: dict[str, str] = {}
    every = {id(batch.behaviours): batch.behaviours for batch in batches}.values()
    try:
        while batches and time.monotonic() < until:
            alone = []
            for number, result in run_all(in_time(batches), min(jobs, len(batches)), workers=workers):
                batch = batches[number]
                unsettled = batch.keep(result)
                if isinstance(result, Exception) and not unsettled:
                    failed[batch.behaviours.trials.name] = str(result)
                left -= len(batch.tried) - len(unsettled)
                tell(total - left, total)
                alone += [replace(batch, tried=(proof,)) for proof in unsettled]
            batches = alone
    finally:
        for behaviours in every:
            behaviours.save()
    return left, [
        f"some mistakes of {name} are not recognised, as they cannot be executed: {why}"
        for name, why in failed.items()
    ]


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
