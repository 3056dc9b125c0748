"""The course's own assignments, answered: by the reference, by known answers, or not at all."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.folder import Course
from autograder.grading import importing
from autograder.grading.execution import execute
from autograder.grading.repair import rebuild
from autograder.grading.results import Execution, Status
from autograder.mistakes.known import KnownAnswer, KnownMistakes, RightAnswer, WrongAnswer
from autograder.mistakes.reading import load
from autograder.mistakes.reference import Reference, needed_cells
from tests.fakes import FakeKernels

__all__ = [
    "ASSIGNMENTS",
    "MARKERS",
    "COURSE",
    "answered",
    "apply",
    "blank",
    "failed",
    "grade_in_process",
    "known",
    "loses",
    "mutants",
    "reference",
    "release",
    "rewrites",
    "source",
    "what_decides",
]

MARKERS = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[^\n]*\n?", re.MULTILINE)
COURSE = Course(Path(__file__).resolve().parents[2])
ASSIGNMENTS = COURSE.assignments()


@functools.cache
def source(assignment: str) -> NotebookNode:
    """The instructor's notebook; do not change it."""
    return nbformat.read(COURSE.source / assignment / f"{assignment}.ipynb", as_version=4)


def release(assignment: str, language: str = "ja") -> NotebookNode:
    """The committed student notebook."""
    path = COURSE.root / "release" / language / assignment / f"{assignment}.ipynb"
    return nbformat.read(path, as_version=4)


def blank(assignment: str, language: str = "ja") -> NotebookNode:
    """What a student submits who has done nothing."""
    return release(assignment, language)


def answered(assignment: str, changes: Mapping[str, str] | None = None, language: str = "ja") -> NotebookNode:
    """The release with the reference's answers in it, some of them changed.

    Args:
        assignment: Its id.
        changes: For some answer cells' ids, another source.
        language: Of the release.
    """
    answers = reference(assignment).answers
    notebook = release(assignment, language)
    for cell in notebook.cells:
        if cells.is_answer(cell):
            cell.source = (changes or {}).get(cell.id, answers[cell.id])
    return notebook


@functools.cache
def reference(assignment: str) -> Reference:
    """What the instructor's notebook says of answers and tests."""
    return Reference.of(source(assignment))


@functools.cache
def known(assignment: str) -> KnownMistakes:
    """All known answers of an assignment."""
    return load(COURSE.root / "mistakes", assignment)


def mutants(assignment: str) -> tuple[WrongAnswer, ...]:
    """The wrong answers of an assignment."""
    return known(assignment).wrong


def rewrites(assignment: str) -> tuple[RightAnswer, ...]:
    """The right answers in other styles."""
    return known(assignment).right


def apply(assignment: str, answer: KnownAnswer) -> NotebookNode:
    """The reference's submission with one answer changed."""
    return answered(assignment, {answer.cell: answer.answer(reference(assignment).answers[answer.cell])})


def loses(assignment: str, mutant: WrongAnswer) -> set[str]:
    """The test cells that a wrong answer must fail."""
    return set(mutant.fails) or {reference(assignment).own_test[mutant.cell]}


def grade_in_process(
    assignment: str, submission: NotebookNode, folder: Path, changed: str | None = None
) -> Execution:
    """Grade through the whole engine but for the processes: rebuilt, executed, judged over the wire format.

    Args:
        assignment: Its id.
        submission: What a student handed in.
        folder: The kernel's working directory.
        changed: The id of the only answer cell that differs from the reference; tests that do not
            use it, directly or through other cells, are left out, for it cannot matter to them.
    """
    rebuilt = rebuild(COURSE.template(assignment), submission).notebook
    importing.install(COURSE.modules(rebuilt))
    return execute(what_decides(rebuilt, changed), FakeKernels(folder=folder))


def what_decides(notebook: NotebookNode, changed: str | None = None) -> NotebookNode:
    """A notebook with its tests and the cells that they need; experiments and pictures decide nothing."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kept: set[str] = set()
    for position, test in enumerate(code):
        if cells.is_test(test):
            needed = {code[place].id for place in needed_cells(code[:position], test)}
            if changed is None or changed in needed:
                kept |= {test.id, *needed}
    return nbformat.v4.new_notebook(
        cells=[cell for cell in code if cell.id in kept], metadata=notebook.metadata
    )


def failed(execution: Execution) -> set[str]:
    """The test cells that did not pass."""
    return {result.cell for result in execution.cells if result.status not in (Status.PASSED, Status.MANUAL)}
