"""The course's own assignments, answered (`benchmarks.answers`), and graded in this process."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.grading.execution import execute
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.mistakes.known import WrongAnswer
from autograder.mistakes.reference import needed_cells
from autograder.submission.repair import rebuild
from autograder.verdict import importing
from autograder.verdict.verdict import Status
from benchmarks.answers import (
    ASSIGNMENTS,
    COURSE,
    answered,
    apply,
    blank,
    known,
    languages,
    mutants,
    proven,
    reference,
    release,
    rewrites,
    source,
)
from tests.fakes import FakeKernels

__all__ = [
    "ASSIGNMENTS",
    "COURSE",
    "MARKERS",
    "answered",
    "apply",
    "blank",
    "failed",
    "grade_in_process",
    "known",
    "languages",
    "loses",
    "mutants",
    "proven",
    "reference",
    "release",
    "rewrites",
    "source",
    "what_decides",
]

MARKERS = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[^\n]*\n?", re.MULTILINE)


def loses(assignment: str, mutant: WrongAnswer) -> set[str]:
    """The test cells that a wrong answer must fail."""
    return set(mutant.fails) or {reference(assignment).own_test[mutant.cell]}


def grade_in_process(
    assignment: str,
    submission: NotebookNode,
    folder: Path,
    changed: str | None = None,
    test: str | None = None,
) -> Execution:
    """Grade through the whole engine but for the processes: rebuilt, executed, judged over the wire format.

    Args:
        assignment: Its id.
        submission: What a student handed in.
        folder: The kernel's working directory.
        changed: The id of the only answer cell that differs from the reference; tests that do not
            use it, directly or through other cells, are left out, for it cannot matter to them.
        test: The id of the only test cell to run; by default all.
    """
    rebuilt = rebuild(COURSE.template(assignment), submission).notebook
    importing.install(COURSE.modules(rebuilt))
    return execute(Task(notebook=what_decides(rebuilt, changed, test)), FakeKernels(folder=folder))


def what_decides(
    notebook: NotebookNode, changed: str | None = None, wanted: str | None = None
) -> NotebookNode:
    """A notebook with its tests and the cells that they need; experiments and pictures decide nothing."""
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kept: set[str] = set()
    for position, test in enumerate(code):
        if cells.is_test(test) and wanted in (None, test.id):
            needed = {code[place].id for place in needed_cells(code[:position], test)}
            if changed is None or changed in needed:
                kept |= {test.id, *needed}
    return nbformat.v4.new_notebook(
        cells=[cell for cell in code if cell.id in kept], metadata=notebook.metadata
    )


def failed(execution: Execution) -> set[str]:
    """The test cells that did not pass."""
    return {result.cell for result in execution.cells if result.status not in (Status.PASSED, Status.MANUAL)}
