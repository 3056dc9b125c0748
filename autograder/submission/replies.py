"""Where in a graded notebook the words stand with which a student answers a question."""

from __future__ import annotations

from nbformat import NotebookNode

from autograder.course import cells
from autograder.submission.matching import REPLY_TAG

__all__ = ["is_answered_elsewhere", "replies"]


def replies(notebook: NotebookNode, cell: str) -> list[NotebookNode]:
    """The cells that answer a question: itself, or those after it that are tagged as answers.

    Where these are as they were released, and the student has texts in cells of their own, those, too.

    Args:
        notebook: A rebuilt notebook, or a source.
        cell: The grade_id of the question.
    """
    found: list[NotebookNode] = []
    asked_here = False
    for one in notebook.cells:
        if cells.grade_id(one):
            asked_here = cells.grade_id(one) == cell
            if asked_here and cells.is_answer(one):
                found.append(one)
        elif asked_here and REPLY_TAG in one.metadata.get("tags", []):
            found.append(one)
    if any(is_answered_elsewhere(notebook, one) for one in found):
        texts = notebook.metadata["autograder"]["answered_elsewhere"]["texts"]
        found += [one for one in notebook.cells if one.id in texts]
    return found


def is_answered_elsewhere(notebook: NotebookNode, place: NotebookNode) -> bool:
    """Whether a place for an answer is as released, and the student's words may stand in other cells."""
    noted = notebook.metadata.get("autograder", {}).get("answered_elsewhere", {})
    return place.get("id") in noted.get("places", ())
