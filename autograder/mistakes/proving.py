"""Prove the tests of an assignment by its known answers, through the engine that grades."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading.cache import ResultCache, execution_key
from autograder.grading.pool import run_all
from autograder.grading.repair import rebuild
from autograder.grading.results import Execution, Status
from autograder.grading.tasks import Task
from autograder.kernel import bubblewrap
from autograder.mistakes import validation
from autograder.mistakes.proofs import Proof, Verdict, judge, proofs, unproved
from autograder.mistakes.reading import load
from autograder.mistakes.reference import Reference

__all__ = ["Proving"]


class Proving:
    """The proofs of one assignment; iterate over `verdicts()` for what becomes of them.

    What has been executed before and cannot have changed is taken from the course's results.

    Args:
        course: The course folder.
        assignment: The assignment's id.
        quick: Execute for a right answer its cell's own test only, for a wrong one those that it must fail.

    Raises:
        CourseError: There is no such assignment, or its known answers do not fit it.
        MistakesError: The file of known answers cannot be read.
    """

    def __init__(self, course: Course, assignment: str, quick: bool = False) -> None:
        self.course = course
        self.assignment = assignment
        self.template = course.template(assignment)
        source = nbformat.read(course.source / assignment / f"{assignment}.ipynb", as_version=4)
        reference = Reference.of(source)
        known = load(course.root / "mistakes", assignment)
        faults = validation.problems(known, reference)
        if faults:
            raise CourseError("\n".join(faults))
        self.proofs = tuple(proofs(known, reference, quick=quick))
        self.unproved = unproved(known, reference)
        self.sandboxed = bubblewrap.why_unavailable() is None
        self.cache = ResultCache(course.state / "results")

    def __len__(self) -> int:
        return len(self.proofs)

    def verdicts(self, jobs: int) -> Iterator[Verdict]:
        """Execute all submissions; gives each verdict as soon as it is there.

        Args:
            jobs: Worker processes.
        """
        waiting: dict[str, list[Proof]] = {}
        tasks: dict[str, Task] = {}
        for proof in self.proofs:
            key, task = self._task(proof)
            execution = self.cache.read(key)
            if execution is not None:
                yield _verdict(proof, execution)
            else:
                waiting.setdefault(key, []).append(proof)
                tasks[key] = task
        if not tasks:
            return
        for key, result in run_all(iter(tasks.items()), min(jobs, len(tasks))):
            if isinstance(result, Execution):
                self.cache.write(key, result)
            for proof in waiting[key]:
                yield _verdict(proof, result)

    def _task(self, proof: Proof) -> tuple[str, Task]:
        notebook = self._notebook(proof)
        seed = self.course.secret.seed_of(self.assignment, notebook)
        task = Task(
            notebook=nbformat.writes(notebook),
            files=self.template.files,
            modules=self.course.modules(notebook),
            setup=self.course.kernel_setup,
            limits=self.course.limits(self.assignment),
            sandboxed=self.sandboxed,
            seed=seed,
        )
        key = execution_key(
            notebook, task.files, task.modules, task.setup, task.limits, task.sandboxed, seed, False
        )
        return key, task

    def _notebook(self, proof: Proof) -> NotebookNode:
        """What is executed: the tests of the proof, and what they need of a notebook that had been run."""
        language = self.template.languages[0] if self.template.languages else None
        release = self.template.in_language(language)
        notebook = rebuild(self.template, proof.submission(release)).notebook
        notebook.cells = [
            cell for cell in notebook.cells if not cells.is_test(cell) or cells.grade_id(cell) in proof.tests
        ]
        notes = notebook.metadata["autograder"]
        notes["submitted_outputs"] = {cell: [] for cell in notes["given_code"]}
        return notebook


def _verdict(proof: Proof, result: Execution | Exception) -> Verdict:
    if isinstance(result, Exception):
        return Verdict(proof=proof, problems=(f"it could not be executed: {result}",))
    return judge(
        proof,
        {
            cell.cell: None if cell.status is Status.PASSED else cell.message or str(cell.status)
            for cell in result.cells
            if cell.status is not Status.MANUAL
        },
    )
