"""Gradescope's results.json of one submission, with nothing that students' feedback does not show.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbformat import NotebookNode

from autograder.course import cells
from autograder.gradebook.database import CellMark
from autograder.gradebook.marks import Mark
from autograder.gradebook.messages import message_of
from autograder.text import points
from autograder.words import words

__all__ = ["VISIBILITIES", "is_result_of", "messages_of", "result"]

_WORDS = words(__file__)
VISIBILITIES = ("visible", "after_due_date", "after_published", "hidden")


def messages_of(notebook: NotebookNode) -> dict[str, str]:
    """For each test cell of an autograded notebook, the message that the student's feedback shows."""
    results = notebook.metadata.get("autograder", {}).get("cells", {})
    language = cells.language_of(notebook)
    return {
        name: message_of(cell, results.get(name, {}), language)
        for cell in notebook.cells
        if (name := cells.grade_id(cell)) and cells.is_test(cell)
    }


def result(
    mark: Mark,
    messages: Mapping[str, str],
    visibility: str = "after_published",
    language: str = "en",
) -> dict[str, Any]:
    """The content of results.json: the score after penalties, and each grade cell with its message.

    Args:
        mark: Of a submission that was graded.
        messages: For each test cell, in the order of the notebook, the message for the student.
    """
    say = _WORDS.get(language, _WORDS["en"])
    grades, penalty = (mark.graded.cells, mark.graded.penalty) if mark.graded else ({}, 0.0)
    notes = [say["late"].format(points=points(penalty, language))] if penalty else []
    if mark.unfinished:
        notes.append(say["unfinished"])
    if mark.early:
        notes.append(say["early"])
    order = {name: place for place, name in enumerate(messages)}
    names = sorted(grades, key=lambda name: (order.get(name, len(order)), name))
    return {
        "score": mark.total,
        "output": "\n".join(notes),
        "output_format": "text",
        "visibility": visibility,
        "stdout_visibility": "hidden",
        "extra_data": {"student": mark.student, "assignment": mark.assignment},
        "tests": [_test(name, grades[name], messages.get(name, ""), say["waits"]) for name in names],
    }


def is_result_of(content: Any, student: str, assignment: str) -> bool:
    """Whether the content of a results.json is what `result` made for this submission."""
    extra = content.get("extra_data") if isinstance(content, dict) else None
    return extra == {"student": student, "assignment": assignment}


def _test(name: str, one: CellMark, message: str, waits: str) -> dict[str, Any]:
    output = "\n".join(filter(None, (message, one.comment)))
    test = {"name": name, "max_score": one.max_points, "output_format": "text"}
    if one.waits:
        return {**test, "output": output or waits}
    status = "passed" if one.points >= one.max_points else "failed"
    return {**test, "score": one.points, "status": status, "output": output}
