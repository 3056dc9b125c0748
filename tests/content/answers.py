"""The course's own assignments, answered: by the reference, by mutants of it, or not at all."""

from __future__ import annotations

import functools
import importlib
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
from tests.content.mutants import Mutant
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
    reference = {cell.id: MARKERS.sub("", cell.source).rstrip() for cell in source(assignment).cells}
    notebook = release(assignment, language)
    for cell in notebook.cells:
        if cells.is_answer(cell):
            cell.source = (changes or {}).get(cell.id, reference[cell.id])
    return notebook


def mutants(assignment: str) -> list[Mutant]:
    """The wrong answers of an assignment."""
    return importlib.import_module(f"tests.content.mutants.{assignment}").MUTANTS


def rewrites(assignment: str) -> list[Mutant]:
    """The right answers in other styles."""
    return importlib.import_module(f"tests.content.mutants.{assignment}").REWRITES


def apply(assignment: str, mutant: Mutant) -> NotebookNode:
    """The reference's submission with one answer changed."""
    [original] = [cell.source for cell in source(assignment).cells if cell.id == mutant.cell]
    return answered(assignment, {mutant.cell: mutant.apply(original)})


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
            needed = needed_cells(code[:position], test)
            if changed is None or changed in needed:
                kept |= {test.id, *needed}
    return nbformat.v4.new_notebook(
        cells=[cell for cell in code if cell.id in kept], metadata=notebook.metadata
    )


def needed_cells(before: list[NotebookNode], test: NotebookNode) -> set[str]:
    """The ids of the cells that define what a test uses, and what those use, and so on."""
    names = set(cells.free_names(test.source))
    found: set[str] = set()
    while True:
        more = [
            cell
            for cell in before
            if cell.id not in found and not cells.is_test(cell) and cells.defined_names(cell.source) & names
        ]
        if not more:
            return found
        for cell in more:
            found.add(cell.id)
            names |= names_used(cell.source)


def names_used(source: str) -> frozenset[str]:
    """Names that a cell needs from others; all words of one that does not parse."""
    try:
        return cells.free_names(source)
    except SyntaxError:
        return frozenset(re.findall(r"[^\W\d]\w*", source))


def failed(execution: Execution) -> set[str]:
    """The test cells that did not pass."""
    return {result.cell for result in execution.cells if result.status not in (Status.PASSED, Status.MANUAL)}
