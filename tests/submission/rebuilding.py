"""Submissions of the small course to be rebuilt, and what must have become of them."""

from __future__ import annotations

from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.regions import DEFAULT
from autograder.course.template import Template
from autograder.submission.repair import Rebuilt
from tests.small_course import ANSWERS

__all__ = ["GRADED", "answered", "assert_complete", "assert_structure", "sources"]

GRADED = ["scale", "test_scale", "total", "test_total", "task"]


def answered(template: Template, language: str = "en", **answers: str) -> NotebookNode:
    notebook = template.in_language(language)
    for cell in notebook.cells:
        cell.source = DEFAULT.public(cell.source)
        cell.source = {**ANSWERS, **answers}.get(cell.id, cell.source)
    return notebook


def sources(rebuilt: Rebuilt) -> dict[str, str]:
    return {cell.id: cell.source for cell in rebuilt.notebook.cells}


def assert_structure(rebuilt: Rebuilt, template: Template, language: str = "en") -> None:
    """All that is the instructor's is as in the template, in the same order."""
    wanted = template.in_language(language).cells
    kept = [cell for cell in rebuilt.notebook.cells if cells.grade_id(cell)]
    expected = [cell for cell in wanted if cells.grade_id(cell)]
    assert [cell.id for cell in kept] == [cell.id for cell in expected]
    for cell, original in zip(kept, expected, strict=True):
        assert cell.metadata == original.metadata
        assert cell.cell_type == original.cell_type
        if not cells.is_answer(cell):
            assert cell.source == original.source


def assert_complete(rebuilt: Rebuilt, template: Template) -> None:
    """Nothing of a correct submission is lost."""
    assert_structure(rebuilt, template)
    found = sources(rebuilt)
    assert {name: found[name] for name in ANSWERS} == ANSWERS
    assert rebuilt.questions == ()
