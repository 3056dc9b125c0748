"""A form of test cell, judged as this engine judges an answer."""

from __future__ import annotations

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from autograder.course.given import surroundings
from autograder.course.regions import DEFAULT, Regions
from autograder.course.template import Template
from autograder.grading.execution import execute
from autograder.grading.reference import EVERYTHING_SHOWN
from autograder.grading.results import CellResult
from autograder.grading.task import Task
from autograder.kernel.limits import Limits
from autograder.submission.repair import rebuild
from tests.fakes import FakeKernels

__all__ = ["judged"]


def source_of(form: dict) -> NotebookNode:
    """The instructor's notebook."""
    cells = []
    if "given" in form:
        cells.append(cell("given", form["given"], locked=True))
    cells.append(cell("answer", f"### BEGIN SOLUTION\n{form['right']}\n### END SOLUTION", solution=True))
    if "earlier" in form:
        cells.append(cell("earlier", form["earlier"], grade=True, locked=True, points=1))
    cells.append(cell("test", form["test"], grade=True, locked=True, points=form.get("points", 1)))
    return nbformat.v4.new_notebook(cells=cells)


def cell(name: str, source: str, **flags) -> NotebookNode:
    entry = {
        "grade_id": name,
        "grade": False,
        "solution": False,
        "locked": False,
        "schema_version": 3,
        **flags,
    }
    return nbformat.v4.new_code_cell(source, id=name, metadata={"nbgrader": entry})


def judged(
    form: dict,
    answer: str | None,
    open_kernel=None,
    shown: Regions = EVERYTHING_SHOWN,
    limits: Limits | None = None,
) -> CellResult:
    """What this engine makes of an answer; None is a notebook in which nothing was answered.

    Args:
        form: The test cell and what stands before it.
        answer: The source of the answer cell.
        open_kernel: Gives a kernel; a fake one where it is not given.
        shown: What of its messages is hidden; nothing, as for the instructor, where it is not given.
        limits: Of the test.
    """
    notebook = source_of(form)
    given = surroundings(notebook, DEFAULT)
    cleared, _ = ClearSolutions().preprocess(notebook, {})
    template = Template(
        notebook=cleared, files=(), languages=(), answered_names={"answer": frozenset()}, surroundings=given
    )
    submitted = template.in_language(None)
    if answer is not None:
        [there] = [cell for cell in submitted.cells if cell.id == "answer"]
        there.source = answer
    rebuilt = rebuild(template, submitted).notebook
    rebuilt.metadata["autograder"]["regions"] = shown.noted()
    execution = execute(Task(notebook=rebuilt, limits=limits or Limits()), open_kernel or FakeKernels())
    return execution.cells[-1]
