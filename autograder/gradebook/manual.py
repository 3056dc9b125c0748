"""What a person entered in the gradebook: nothing of it is lost when a submission is recorded again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nbformat import NotebookNode
from nbgrader.api import SubmittedNotebook

from autograder.course import cells
from autograder.submission.replies import replies
from autograder.text import points

__all__ = ["Entered", "entered", "review", "written"]


@dataclass(frozen=True)
class Entered:
    """What a person entered for one cell, and what it was entered for.

    Attributes:
        auto_score: The autograder's points then; None for a written answer.
        waits: Whether formgrader still asks for it.
    """

    auto_score: float | None
    waits: bool


def entered(submitted: SubmittedNotebook) -> dict[str, Entered]:
    """The cells of a submitted notebook for which a person has entered points, extra credit or a comment."""
    commented = {comment.name for comment in submitted.comments if comment.manual_comment}
    return {
        grade.name: Entered(grade.auto_score, grade.needs_manual_grade)
        for grade in submitted.grades
        if grade.manual_score is not None or grade.extra_credit or grade.name in commented
    }


def written(notebook: NotebookNode) -> dict[str, str]:
    """For each cell whose points a person gives, what the student has written."""
    return {
        cells.grade_id(cell): "\n".join(one.source for one in replies(notebook, cells.grade_id(cell)))
        for cell in notebook.cells
        if cells.grade_id(cell) and cells.is_written(cell)
    }


def review(
    submitted: SubmittedNotebook, before: Mapping[str, Entered], changed: frozenset[str]
) -> tuple[str, ...]:
    """Ask for a cell again only where what a person entered may fit no more; says which, and why.

    nbgrader asks for all of them again, and for a task, whose answer stands in another cell, for none.

    Args:
        submitted: The notebook, as it has just been recorded.
        before: What had been entered before.
        changed: Written cells whose answer is another now.
    """
    found = [_review(submitted, name, old, name in changed) for name, old in before.items()]
    return tuple(filter(None, found))


def _review(notebook: SubmittedNotebook, name: str, old: Entered, changed: bool) -> str:
    grade = next((grade for grade in notebook.grades if grade.name == name), None)
    if grade is None:
        return ""
    other_points = grade.auto_score != old.auto_score
    most, given = grade.cell.max_score, grade.manual_score
    if not most:
        grade.manual_score, grade.needs_manual_grade = None, False
        if not given:
            return ""
        return f"'{name}' is worth nothing now: a person's mark of {points(given)} no longer counts"
    too_many = given is not None and given > most
    grade.needs_manual_grade = old.waits or changed or other_points or too_many
    if changed:
        return (
            f"the answer to '{name}' has changed since it was marked; points and comment were kept, "
            "and count once the new answer is marked"
        )
    if other_points:
        return (
            f"the autograder gives '{name}' {points(grade.auto_score)} now, and {old.auto_score:g} when a "
            f"person gave {given or 0:g}; the person's were kept, and count once they are confirmed"
        )
    if too_many:
        return f"'{name}' has {points(given)}, and is worth {most:g} now; mark it again"
    return ""
