"""Name the known mistakes that submissions made, from what their records say they did; none of them is executed."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from autograder.course.folder import Course
from autograder.errors import CourseError, MistakesError
from autograder.grading.pool import run_all
from autograder.grading.record import Record, Records
from autograder.grading.results import CellResult, Execution
from autograder.grading.tasks import Task
from autograder.mistakes.behaviours import Behaviours
from autograder.mistakes.proofs import Proof
from autograder.mistakes.trials import Trials

__all__ = ["Recognised", "recognise"]


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """What recognition found.

    Attributes:
        records: The records that it was given, in their order, with the mistakes that are known now.
        unknown: How many known wrong answers could not be compared with, as time was up.
        problems: Why mistakes of an assignment are not recognised, one text each.
    """

    records: tuple[Record, ...]
    unknown: int = 0
    problems: tuple[str, ...] = ()


def recognise(course: Course, records: Sequence[Record], jobs: int, seconds: float) -> Recognised:
    """Name the known mistakes in records, and keep the records that change.

    What a known wrong answer does with a variant of the hidden inputs is executed once, when a submission
    first fails with that variant, and kept. The tests that most submissions fail come first.

    Args:
        course: The course folder; the caller holds its lock.
        records: Of some submissions.
        jobs: Worker processes.
        seconds: For how long known wrong answers are executed; the next run goes on from there.

    Raises:
        OSError: A record or a behaviour cannot be written.
    """
    failing: dict[str, Counter[tuple[int, str]]] = defaultdict(Counter)
    for record in records:
        if (course.root / "mistakes" / f"{record.assignment}.yaml").is_file():
            failing[record.assignment].update(
                (record.seed, cell.cell) for cell in record.cells if cell.behaviour
            )
    known: dict[tuple[str, int], Behaviours] = {}
    problems = []
    for assignment, where in failing.items():
        if not where:
            continue
        try:
            trials = Trials(course, assignment)
        except (MistakesError, CourseError) as error:
            problems.append(f"no mistake of {assignment} is recognised: {error}")
            continue
        for seed in {seed for seed, _ in where}:
            known[assignment, seed] = Behaviours(trials, seed)
    wanted = Counter(
        {
            (assignment, seed, test): number
            for assignment, where in failing.items()
            for (seed, test), number in where.items()
            if (assignment, seed) in known
        }
    )
    left = _complete(known, [place for place, _ in wanted.most_common()], jobs, seconds)
    return Recognised(
        records=tuple(_named(course, record, known) for record in records),
        unknown=left,
        problems=tuple(problems),
    )


def _complete(
    known: dict[tuple[str, int], Behaviours],
    wanted: Sequence[tuple[str, int, str]],
    jobs: int,
    seconds: float,
) -> int:
    """Execute the known wrong answers of these (assignment, seed, test); returns how many were left out."""
    tasks: dict[tuple[str, int, str, str], tuple[Behaviours, Proof]] = {}
    for assignment, seed, test in wanted:
        behaviours = known[assignment, seed]
        for proof in behaviours.missing(test):
            tasks.setdefault((assignment, seed, proof.cell, proof.name), (behaviours, proof))
    if not tasks:
        return 0
    until = time.monotonic() + seconds

    def in_time() -> Iterator[tuple[tuple[str, int, str, str], Task]]:
        for name, (behaviours, proof) in tasks.items():
            if time.monotonic() > until:
                return
            yield name, behaviours.trials.task(proof, behaviours.seed)[1]

    done = 0
    try:
        for name, result in run_all(in_time(), min(jobs, len(tasks))):
            behaviours, proof = tasks[name]
            behaviours.keep(proof, result if isinstance(result, Execution) else None)
            done += 1
    finally:
        for behaviours in known.values():
            behaviours.save()
    return len(tasks) - done


def _named(course: Course, record: Record, known: dict[tuple[str, int], Behaviours]) -> Record:
    behaviours = known.get((record.assignment, record.seed))
    cells = tuple(_named_cell(cell, behaviours) for cell in record.cells)
    if cells == record.cells:
        return record
    named = replace(record, cells=cells)
    Records(course.state / "records").write(named)
    return named


def _named_cell(cell: CellResult, behaviours: Behaviours | None) -> CellResult:
    found = behaviours.known_by(cell.cell, cell.behaviour) if behaviours and cell.behaviour else ()
    # where several known answers do the same, a hint must be right for all of them
    hint = dict(found[0].hint) if found and all(one.hint == found[0].hint for one in found) else {}
    return replace(cell, mistake=tuple(f"{one.cell}: {one.name}" for one in found), hint=hint)
