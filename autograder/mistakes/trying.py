"""Execute known wrong answers, several in one kernel, while there is time, and keep what they do."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from autograder.grading.pool import Workers, run_all
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.kernel.setup import KernelSetup
from autograder.mistakes.behaviours import Behaviours
from autograder.mistakes.proofs import Proof
from autograder.mistakes.ranking import FailedTest
from autograder.verdict.verdict import Status

__all__ = ["Batch", "batches", "try_out"]

SECONDS_OF_BATCH = 3.0
MOST_IN_BATCH = 32


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Wrong answers that one kernel tries.

    Attributes:
        behaviours: Where it is kept what they do.
        tried: Each behind the grade_id of the test that it is tried with.
        setup: Of the kernel; the course's where there is none.
    """

    behaviours: Behaviours
    tried: tuple[tuple[str, Proof], ...]
    setup: KernelSetup | None = None

    @property
    def task(self) -> Task:
        """What executes them."""
        task = self.behaviours.trials.batch(self.tried, self.behaviours.seed)
        return task if self.setup is None else replace(task, setup=self.setup)

    def keep(self, result: Execution | Exception) -> tuple[tuple[str, Proof], ...]:
        """Keep what they did; returns those of which nothing can be said, as another one ended the kernel."""
        if isinstance(result, Exception):
            return self.tried if len(self.tried) > 1 else ()
        for number, ((test, proof), cell) in enumerate(zip(self.tried, result.cells, strict=True)):
            self.behaviours.keep(proof, test, cell.behaviour)
            if cell.status in (Status.TIMEOUT, Status.KERNEL_DIED):
                return self.tried[number + 1 :]
        return ()


def batches(
    wanted: Iterable[tuple[FailedTest, Sequence[Proof], float]], setup: KernelSetup | None = None
) -> Iterator[Batch]:
    """Wrong answers in batches of a few seconds.

    Args:
        wanted: Those to try for each test, and how long that takes.
    """
    open_: dict[Behaviours, list[tuple[str, Proof]]] = defaultdict(list)
    seconds: dict[Behaviours, float] = defaultdict(float)
    for test, proofs, each in wanted:
        behaviours = test.behaviours
        for proof in proofs:
            open_[behaviours].append((test.name, proof))
            seconds[behaviours] += each
            if seconds[behaviours] > SECONDS_OF_BATCH or len(open_[behaviours]) == MOST_IN_BATCH:
                seconds.pop(behaviours)
                yield Batch(behaviours=behaviours, tried=tuple(open_.pop(behaviours)), setup=setup)
    for behaviours, tried in open_.items():
        yield Batch(behaviours=behaviours, tried=tuple(tried), setup=setup)


def try_out(
    waiting: Sequence[Batch],
    jobs: int,
    until: float,
    workers: Workers | None,
    tell: Callable[[int], None],
) -> tuple[int, dict[str, str]]:
    """Execute batches in their order.

    Args:
        until: When no more are begun, as `time.monotonic` has it.
        tell: Called with the number of wrong answers of which it is known now what they do.

    Returns:
        Of how many wrong answers it is known now what they do, and for each notebook with some that cannot
        be executed, why.
    """
    done = 0

    def in_time(some: Sequence[Batch]) -> Iterator[tuple[int, Task]]:
        for number, batch in enumerate(some):
            if time.monotonic() > until:
                return
            yield number, batch.task

    failed: dict[str, str] = {}
    every = {id(batch.behaviours): batch.behaviours for batch in waiting}.values()
    try:
        while waiting and time.monotonic() < until:
            alone = []
            for number, result in run_all(in_time(waiting), min(jobs, len(waiting)), workers=workers):
                batch = waiting[number]
                unsettled = batch.keep(result)
                if isinstance(result, Exception) and not unsettled:
                    failed[batch.behaviours.trials.name] = str(result)
                done += len(batch.tried) - len(unsettled)
                tell(done)
                alone += [replace(batch, tried=(one,)) for one in unsettled]
            waiting = alone
    finally:
        for behaviours in every:
            behaviours.save()
    return done, failed
