"""The course's own assignments, answered: by the reference, by known answers, or not at all."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.regions import DEFAULT
from autograder.grading.engine import Engine
from autograder.grading.task import Task
from autograder.kernel import bubblewrap
from autograder.mistakes.known import KnownAnswer, KnownMistakes, RightAnswer, WrongAnswer
from autograder.mistakes.reading import load
from autograder.mistakes.reference import Reference
from autograder.submission.repair import rebuild

__all__ = [
    "ASSIGNMENTS",
    "COURSE",
    "answered",
    "apply",
    "blank",
    "known",
    "languages",
    "mutants",
    "proven",
    "reference",
    "release",
    "rewrites",
    "source",
    "with_outputs",
]

COURSE = Course(Path(__file__).resolve().parents[1])
ASSIGNMENTS = COURSE.assignments()


@functools.cache
def source(assignment: str) -> NotebookNode:
    """The instructor's notebook; do not change it."""
    return nbformat.read(COURSE.source / assignment / f"{assignment}.ipynb", as_version=4)


def languages(assignment: str) -> tuple[str, ...]:
    """Those of its texts, the first one first."""
    return tuple(dict.fromkeys(filter(None, map(cells.language, source(assignment).cells))))


def proven() -> list[str]:
    """The assignments of which known answers are written; a new one has none at first."""
    return [name for name in ASSIGNMENTS if (COURSE.root / "mistakes" / f"{name}.yaml").is_file()]


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
        if cells.is_answer(cell):  # the reference has none to what a person marks
            cell.source = (changes or {}).get(cell.id, answers.get(cell.id, cell.source))
    return notebook


@functools.cache
def reference(assignment: str) -> Reference:
    """What the instructor's notebook says of answers and tests."""
    return Reference.of(source(assignment), DEFAULT)


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


def with_outputs(assignment: str, notebook: NotebookNode) -> NotebookNode:
    """A notebook with the outputs that its cells have where the answers are right."""
    outputs = reference_outputs(assignment)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(output) for output in outputs.get(cell.id, ())]
            cell.execution_count = 1
    return notebook


@functools.cache
def reference_outputs(assignment: str) -> dict[str, list]:
    """What each cell of the reference puts out, by cell id; tests put out nothing."""
    template = COURSE.template(assignment)
    notebook = rebuild(template, answered(assignment)).notebook
    notebook.cells = [cell for cell in notebook.cells if not cells.is_test(cell)]
    sandboxed = bubblewrap.why_unavailable() is None
    task = Task(notebook=notebook, files=template.files, setup=COURSE.kernel_setup, sandboxed=sandboxed)
    with Engine() as engine:
        return engine.execute(task).outputs
