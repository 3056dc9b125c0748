"""Prove the tests of an assignment by its known answers, through the engine that grades."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from autograder.course.folder import Course
from autograder.grading.cache import ResultCache
from autograder.grading.pool import run_all
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.mistakes.behaviours import Behaviours
from autograder.mistakes.proofs import Proof, ProofKind, ProofResult, judge, proofs, unproved
from autograder.mistakes.trials import Trials
from autograder.verdict.verdict import Status

__all__ = ["Proving"]


class Proving:
    """The proofs of one notebook; iterate over `verdicts()` for what becomes of them.

    What has been executed before and cannot have changed is taken from the course's results. What the wrong
    answers do is kept, for students who do the same.

    Args:
        quick: Execute for a right answer its cell's own test only, for a wrong one those that it must fail.
        variants: With how many of the variants of hidden inputs.

    Raises:
        CourseError: There is no such notebook, or its known answers do not fit it.
        MistakesError: The file of known answers cannot be read.
    """

    def __init__(self, course: Course, name: str, quick: bool = False, variants: int = 1) -> None:
        self.trials = Trials(course, name)
        self.proofs = tuple(proofs(self.trials.known, self.trials.reference, quick=quick))
        self.unproved = unproved(self.trials.known, self.trials.reference)
        self.seeds = course.secret.seeds(name)[:variants]
        self.behaviours = {seed: Behaviours(self.trials, seed) for seed in self.seeds}
        self.cache = ResultCache.of(course)

    def __len__(self) -> int:
        return sum(self.total.values())

    @property
    def total(self) -> Counter[ProofKind]:
        """How many proofs there are of each kind."""
        return Counter(proof.kind for proof in self.proofs for _ in self.seeds)

    def verdicts(self, jobs: int) -> Iterator[ProofResult]:
        """Execute all submissions; gives each verdict as soon as it is there."""
        waiting: dict[str, list[tuple[Proof, int]]] = defaultdict(list)
        tasks: dict[str, Task] = {}
        try:
            for proof in self.proofs:
                for seed in self.seeds:
                    task = self.trials.task(proof, seed)
                    execution = self.cache.read(task.key)
                    if execution is not None:
                        yield self._verdict(proof, seed, execution)
                    else:
                        waiting[task.key].append((proof, seed))
                        tasks[task.key] = task
            if not tasks:
                return
            for key, result in run_all(iter(tasks.items()), min(jobs, len(tasks))):
                if isinstance(result, Execution):
                    self.cache.write(key, result)
                for proof, seed in waiting[key]:
                    yield self._verdict(proof, seed, result)
        finally:
            for kept in self.behaviours.values():
                kept.save()

    def same(self) -> tuple[tuple[str, ...], ...]:
        """The wrong answers that no test can tell from another, group by group; of the first variant."""
        return self.behaviours[self.seeds[0]].same()

    def _verdict(self, proof: Proof, seed: int, result: Execution | Exception) -> ProofResult:
        if isinstance(result, Exception):
            return ProofResult(proof=proof, problems=(f"it could not be executed: {result}",))
        if proof.kind is ProofKind.WRONG:
            for cell in result.cells:
                if cell.cell in proof.fails:
                    self.behaviours[seed].keep(proof, cell.cell, cell.behaviour)
        return judge(
            proof,
            {
                cell.cell: None if cell.status is Status.PASSED else cell.message or str(cell.status)
                for cell in result.cells
                if cell.status is not Status.MANUAL
            },
        )
