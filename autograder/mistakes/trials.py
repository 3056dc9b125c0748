"""Answers as submissions that can be executed: rebuilt as a student's would be, with the tests that matter."""

from __future__ import annotations

import functools

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading.cache import execution_key
from autograder.grading.repair import rebuild
from autograder.grading.tasks import Task
from autograder.kernel import bubblewrap
from autograder.mistakes import validation
from autograder.mistakes.known import KnownMistakes, WrongAnswer
from autograder.mistakes.proofs import Kind, Proof, proofs
from autograder.mistakes.reading import load
from autograder.mistakes.reference import Reference

__all__ = ["Trials"]


class Trials:
    """Of one assignment, what its known answers refer to, and the tasks that execute them.

    Args:
        course: The course folder.
        assignment: The assignment's id.

    Raises:
        CourseError: There is no such assignment, or its known answers do not fit it.
        MistakesError: The file of known answers cannot be read.

    Attributes:
        wrong: Each known wrong answer, as a submission with the tests that it must fail.
    """

    def __init__(self, course: Course, assignment: str) -> None:
        self.course = course
        self.assignment = assignment
        self.template = course.template(assignment)
        self.limits = course.limits(assignment)
        source = nbformat.read(course.source / assignment / f"{assignment}.ipynb", as_version=4)
        self.reference = Reference.of(source)
        self.known: KnownMistakes = load(course.root / "mistakes", assignment)
        if faults := validation.problems(self.known, self.reference):
            raise CourseError("\n".join(faults))
        quickly = proofs(self.known, self.reference, quick=True)
        self.wrong: tuple[tuple[WrongAnswer, Proof], ...] = tuple(
            zip(self.known.wrong, (one for one in quickly if one.kind is Kind.WRONG), strict=True)
        )
        self.sandboxed = bubblewrap.why_unavailable() is None

    def task(self, proof: Proof, seed: int) -> tuple[str, Task]:
        """What executes a submission with the hidden inputs of a seed, and the key of its result."""
        notebook = self._notebook(proof)
        task = Task(
            notebook=nbformat.writes(notebook),
            files=self.template.files,
            modules=self.course.modules(notebook),
            setup=self.course.kernel_setup,
            limits=self.limits,
            sandboxed=self.sandboxed,
            seed=seed,
        )
        return self._key(notebook, seed), task

    @functools.lru_cache(maxsize=8)  # noqa: B019 - lives as long as a command
    def decided_by(self, seed: int) -> str:
        """The hash of all that decides what known answers do, beside what they are: the reference, the tests."""
        everything = Proof(
            assignment=self.assignment,
            kind=Kind.REFERENCE,
            answers=self.reference.answers,
            tests=self.reference.tests,
        )
        return self._key(self._notebook(everything), seed)

    def _key(self, notebook: NotebookNode, seed: int) -> str:
        return execution_key(
            notebook,
            self.template.files,
            self.course.modules(notebook),
            self.course.kernel_setup,
            self.limits,
            self.sandboxed,
            seed,
        )

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
