"""The course's own assignments, answered: by the reference, by mutants of it, or not at all."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import Course
from autograder.grading import cells
from autograder.grading.execution import execute
from autograder.grading.repair import rebuild
from autograder.grading.results import Execution, Status
from autograder.grading.tasks import install_solutions
from tests.course.mutants import Mutant
from tests.fakes import FakeKernels

__all__ = [
    "ASSIGNMENTS",
    "MARKERS",
    "COURSE",
    "answered",
    "blank",
    "failed",
    "grade_in_process",
    "mutants",
    "release",
    "rewrites",
    "source",
    "without_experiments",
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
    reference = {cell.id: MARKERS.sub("", cell.source).rstrip() for cell in source(assignment).cells}
    notebook = release(assignment, language)
    for cell in notebook.cells:
        if cells.is_answer(cell):
            cell.source = (changes or {}).get(cell.id, reference[cell.id])
    return notebook


def mutants(assignment: str) -> list[Mutant]:
    """The wrong answers of an assignment."""
    return importlib.import_module(f"tests.course.mutants.{assignment}").MUTANTS


def rewrites(assignment: str) -> list[Mutant]:
    """The right answers in other styles."""
    return importlib.import_module(f"tests.course.mutants.{assignment}").REWRITES


def apply(assignment: str, mutant: Mutant) -> NotebookNode:
    """The reference's submission with one answer changed."""
    [original] = [cell.source for cell in source(assignment).cells if cell.id == mutant.cell]
    return answered(assignment, {mutant.cell: mutant.apply(original)})


def grade_in_process(assignment: str, submission: NotebookNode, folder: Path) -> Execution:
    """Grade through the whole engine but for the processes: rebuilt, executed, judged over the wire format.

    Experiments and pictures, which decide nothing, are left out.
    """
    install_solutions(((assignment, (COURSE.solutions / f"{assignment}.py").read_text(encoding="utf-8")),))
    rebuilt = rebuild(COURSE.template(assignment), submission).notebook
    return execute(without_experiments(rebuilt), FakeKernels(folder=folder))


def without_experiments(notebook: NotebookNode) -> NotebookNode:
    """A notebook with only those code cells that tests and answers need, directly or through others."""
    needed: set[str] = set()
    kept = []
    for cell in reversed(notebook.cells):
        if cell.cell_type != "code":
            continue
        graded = cells.is_test(cell) or cells.is_answer(cell)
        if graded or cells.defined_names(cell.source) & needed:
            kept.append(cell)
            needed |= cells.free_names(cell.source)
    return nbformat.v4.new_notebook(cells=kept[::-1], metadata=notebook.metadata)


def failed(execution: Execution) -> set[str]:
    """The test cells that did not pass."""
    return {result.cell for result in execution.cells if result.status not in (Status.PASSED, Status.MANUAL)}
