"""Execute known wrong answers, several in one kernel, while there is time, and keep what they do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from autograder.grading.pool import Workers, run_all
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.kernel.setup import KernelSetup
from autograder.mistakes.behaviours import Behaviours
from autograder.mistakes.proofs import Proof
from autograder.mistakes.ranking import Place
from autograder.verdict.verdict import Status

__all__ = ["Batch", "batches", "try_out"]

SECONDS_OF_BATCH = 4.0
MOST_IN_BATCH = 32


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Wrong answers that one kernel tries with one test.

    Attributes:
        setup: Of the kernel; the course's where there is none.
    """

    place: Place
    tried: tuple[Proof, ...]
    setup: KernelSetup | None = None

    @property
    def behaviours(self) -> Behaviours:
        """Where it is kept what they do."""
        return self.place.behaviours

    @property
    def task(self) -> Task:
        """What executes them."""
        task = self.behaviours.trials.batch(self.place.test, self.tried, self.behaviours.seed)
        return task if self.setup is None else replace(task, setup=self.setup)

    def keep(self, result: Execution | Exception) -> tuple[Proof, ...]:
        """Keep what they did; returns those of which nothing can be said, as another one ended the kernel."""
        cells = result.cells if isinstance(result, Execution) else ()
        done = [cell for cell in cells if cell.cell == self.place.test]
        if len(self.tried) == 1:
            if isinstance(result, Execution):
                self.behaviours.keep(self.tried[0], self.place.test, done[0].behaviour if done else ())
            return ()
        for number, (proof, cell) in enumerate(zip(self.tried, done, strict=False)):
            self.behaviours.keep(proof, self.place.test, cell.behaviour)
            if cell.status in (Status.TIMEOUT, Status.KERNEL_DIED):
                return self.tried[number + 1 :]
        return () if done else self.tried


def batches(
    place: Place, wanted: Sequence[Proof], seconds: float, setup: KernelSetup | None = None
) -> Iterator[Batch]:
    """Wrong answers to a test that takes so long, in batches of a few seconds."""
    size = max(1, min(MOST_IN_BATCH, int(SECONDS_OF_BATCH / max(seconds, 0.01))))
    for start in range(0, len(wanted), size):
        yield Batch(place=place, tried=tuple(wanted[start : start + size]), setup=setup)


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
                alone += [replace(batch, tried=(proof,)) for proof in unsettled]
            waiting = alone
    finally:
        for behaviours in every:
            behaviours.save()
    return done, failed
