"""Worked solutions for after the deadline: the texts, the reference's answers, and what they print and draw.

Hidden tests and mark schemes are left out, and nothing says to nbgrader that it is an assignment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import nbformat
from nbformat import NotebookNode

from autograder.course import cells, rubric
from autograder.course.folder import Course
from autograder.course.regions import Regions
from autograder.errors import CourseError
from autograder.feedback import rendering
from autograder.feedback.exporter import FeedbackExporter, pictures_of
from autograder.feedback.page import anchor, title_of
from autograder.feedback.parts import CellKind, Part
from autograder.feedback.rendering import Budget, Pictures
from autograder.grading.task import Task
from autograder.kernel import bubblewrap
from autograder.kernel.limits import Limits

__all__ = ["executed", "html", "worked"]

ROLE = "worked_solution"
"""Where in a cell's metadata its kind on the page is."""
LIMITS = Limits(cell_seconds=1800.0, notebook_seconds=3600.0)
"""The reference may train on all of the data."""


def worked(course: Course, name: str, language: str | None) -> NotebookNode:
    """The notebook with its answers, in one language, without outputs.

    Args:
        language: One of the source's; the first one where it is None.

    Raises:
        CourseError: There is no such notebook, or it is not in this language.
    """
    template = course.template(name)
    language = language or next(iter(template.languages), None)
    if language is not None and language not in template.languages:
        known = ", ".join(template.languages) or "none"
        raise CourseError(f"'{name}' is not in '{language}'; its languages are {known}")
    source = course.source_notebook(name)
    notebook = nbformat.v4.new_notebook(metadata={"language_info": {"name": "python"}})
    if "kernelspec" in source.metadata:
        notebook.metadata.kernelspec = source.metadata.kernelspec
    notebook.metadata[ROLE] = {"notebook": name, "language": language or ""}
    notebook.cells = [
        made
        for cell in source.cells
        if cells.language(cell) in (None, language)
        and (made := _cell(cell, language or "", course.regions)) is not None
    ]
    return notebook


def _cell(cell: NotebookNode, language: str, regions: Regions) -> NotebookNode | None:
    """A cell of the notebook for students; None for one that only takes an answer."""
    if cell.cell_type == "code":
        kind = (
            CellKind.TEST
            if cells.is_test(cell)
            else CellKind.OWN_CODE
            if cells.is_answer(cell)
            else CellKind.GIVEN_CODE
        )
        made = nbformat.v4.new_code_cell(regions.answered(regions.released(cell.source)).rstrip("\n"))
    elif cells.is_written(cell) and not cells.is_answer(cell):
        kind, made = (
            CellKind.TEXT,
            nbformat.v4.new_markdown_cell(rubric.question(cell.source, language, regions)),
        )
    elif "answer" in cell.metadata.get("tags", []):
        return None
    else:
        kind = CellKind.OWN_TEXT if cells.is_answer(cell) else CellKind.TEXT
        text = rubric.question(cell.source, language, regions) if cells.is_written(cell) else cell.source
        made = nbformat.v4.new_markdown_cell(regions.answered(text).strip())
        if "attachments" in cell:
            made.attachments = cell.attachments
    if not made.source.strip():
        return None
    made.id = cell.id
    made.metadata[ROLE] = str(kind)
    return made


def executed(course: Course, notebook: NotebookNode) -> tuple[NotebookNode, str]:
    """The notebook with its outputs, and the first error that a cell raised; "" where none did.

    It runs where students' code runs, with the data of the course; where there is no sandbox, without one.
    """
    from autograder.grading.engine import Engine  # imports torch

    task = Task(
        notebook=notebook,
        files=course.template(notebook.metadata[ROLE]["notebook"]).files,
        setup=replace(course.kernel_setup, preload=()),
        limits=LIMITS,
        sandboxed=bubblewrap.why_unavailable() is None,
    )
    with Engine() as engine:
        execution = engine.execute(task)
    problem = "; ".join(execution.problems)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = execution.outputs.get(cell.id, [])
            for output in cell.outputs:
                if output.output_type == "error":
                    problem = problem or f"cell '{cell.id}' raised {output.ename}: {output.evalue}"
    return notebook, problem


def html(course: Course, notebook: NotebookNode) -> str:
    """The notebook as one page that needs no network."""
    about = notebook.metadata[ROLE]
    template = course.template(about["notebook"])
    files = pictures_of(template)
    exporter = FeedbackExporter(config=course.config)
    return exporter.environment.get_template("worked.html.j2").render(
        language=about["language"] or "en",
        title=title_of(template.in_language(about["language"]), template.regions, about["notebook"]),
        parts=list(_parts(notebook, about["language"] or "en", files)),
    )


def _parts(notebook: NotebookNode, language: str, files: Pictures) -> Iterator[Part]:
    budget = Budget()
    for cell in notebook.cells:
        code = cell.cell_type == "code"
        content = (
            rendering.code(cell.source)
            if code
            else rendering.trusted_text(cell.source, files, cell.get("attachments", {}))
        )
        shown = tuple(rendering.outputs(cell, budget, language)) if code else ()
        yield Part(anchor=anchor(cell), kind=CellKind(cell.metadata[ROLE]), content=content, outputs=shown)
