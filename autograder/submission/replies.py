"""Where in a graded notebook the words stand with which a student answers a question."""

from __future__ import annotations

from nbformat import NotebookNode

from autograder.course import cells
from autograder.submission.matching import REPLY_TAG

__all__ = ["is_answered_elsewhere", "replies"]


def replies(notebook: NotebookNode, cell: str) -> list[NotebookNode]:
    """The cells that answer a question: itself, those after it that are tagged as answers, and texts below these.

    Where the places are as they were released, and the student has texts in other cells, those, too.

    Args:
        notebook: A rebuilt notebook, or a source.
    """
    found: list[NotebookNode] = []
    asked_here = directly_below = False
    for one in notebook.cells:
        is_question = cells.grade_id(one) == cell
        if cells.grade_id(one):
            asked_here = is_question
            is_place = is_question and cells.is_answer(one)
        else:
            is_place = asked_here and REPLY_TAG in one.metadata.get("tags", [])
        is_added = one.get("id", "").startswith(cells.ADDED)
        directly_below = is_question or is_place or (directly_below and is_added)
        if is_place or (directly_below and is_added and one.cell_type == "markdown"):
            found.append(one)
    if any(is_answered_elsewhere(notebook, one) for one in found):
        texts = notebook.metadata["autograder"]["answered_elsewhere"]["texts"]
        found += [one for one in notebook.cells if one.id in texts and one not in found]
    return found


def is_answered_elsewhere(notebook: NotebookNode, place: NotebookNode) -> bool:
    """Whether a place for an answer is as released, and the student's words may stand in other cells."""
    noted = notebook.metadata.get("autograder", {}).get("answered_elsewhere", {})
    return place.get("id") in noted.get("places", ())
