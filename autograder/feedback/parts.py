"""The notebook itself on the page: texts, code and outputs, the student's own set apart from the course's."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup
from nbformat import NotebookNode

from autograder.course import cells, rubric
from autograder.course.regions import Regions
from autograder.feedback import rendering
from autograder.feedback.page import anchor, is_given
from autograder.feedback.rendering import Budget, Pictures
from autograder.gradebook.messages import message_of
from autograder.verdict.verdict import Status

__all__ = ["CellKind", "Part", "parts"]


class CellKind(StrEnum):
    """Whose a cell is."""

    TEXT = "text"
    OWN_TEXT = "own-text"
    OWN_CODE = "own-code"
    GIVEN_CODE = "given-code"
    TEST = "test"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One cell.

    Attributes:
        anchor: Its name on the page.
        kind: Whose it is.
        content: Of a text its HTML, of code its coloured lines.
        outputs: What it has printed and drawn.
    """

    anchor: str
    kind: CellKind
    content: Markup
    outputs: tuple[Markup, ...] = ()


def parts(notebook: NotebookNode, language: str, files: Pictures) -> Iterator[Part]:
    """All cells of an autograded notebook; hidden tests and mark schemes are left out.

    Args:
        notebook: The autograded notebook, as `autograder.verdict.disclosure.for_students` leaves it.
    """
    budget, notes = Budget(), notebook.metadata.get("autograder", {})
    regions = Regions.of_notes(notes)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield _code(cell, budget, language, regions)
        elif is_given(cell, notes):
            source = (
                rubric.question(cell.source, language, regions) if cells.is_written(cell) else cell.source
            )
            content = rendering.trusted_text(source, files, cell.get("attachments", {}))
            yield Part(anchor=anchor(cell), kind=CellKind.TEXT, content=content)
        else:
            source = regions.released(cell.source)
            content = rendering.student_text(source, cell.get("attachments", {}), budget)
            yield Part(anchor=anchor(cell), kind=CellKind.OWN_TEXT, content=content)


def _code(cell: NotebookNode, budget: Budget, language: str, regions: Regions) -> Part:
    if cells.is_test(cell):
        shown = rendering.outputs(_told(cell, language), budget, language)
        source = rendering.code(regions.released(cell.source))
        return Part(anchor=anchor(cell), kind=CellKind.TEST, content=source, outputs=tuple(shown))
    own = cells.is_own_code(cell)
    return Part(
        anchor=anchor(cell),
        kind=CellKind.OWN_CODE if own else CellKind.GIVEN_CODE,
        content=rendering.code(cell.source, budget if own else None),
        outputs=tuple(rendering.outputs(cell, budget, language)),
    )


def _told(test: NotebookNode, language: str) -> NotebookNode:
    """A test with what grading said of it in the page's language only; what nbgrader alone said stays."""
    told = deepcopy(test)
    for output in told.get("outputs", []):
        if output.get("output_type") == "error" and output.get("ename") in set(Status):
            output.traceback = [*output.traceback[:-1], message_of(test, {}, language)]
    return told
