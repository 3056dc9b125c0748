"""What kind of cell a cell is, and which names it needs and defines."""

from __future__ import annotations

import functools
import re

from nbformat import NotebookNode

from autograder.bounded import bounded
from autograder.course import names
from autograder.text import clean_text

__all__ = [
    "ADDED",
    "FOLLOW_THROUGH",
    "called",
    "defined_names",
    "follows_through",
    "free_names",
    "grade_id",
    "headlines",
    "is_answer",
    "is_own_code",
    "is_test",
    "is_written",
    "language",
    "language_of",
    "points",
    "used_names",
]

FOLLOW_THROUGH = "follow-through"
"""The tag of a test that costs nothing where only earlier answers are wrong; see `autograder.grading.follow_through`."""
ADDED = "added-"
"""What the ids of cells begin with that a student added."""
_INVISIBLE = r"[\ufeff\u200b]*"
_HEADLINE = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_DEFINITION = re.compile(
    rf"^{_INVISIBLE}(?:(?:async\s+def|def|class)\s+(\w+)|(\w+)[ \t]*=(?!=))", re.MULTILINE
)


def grade_id(cell: NotebookNode) -> str:
    """nbgrader's id of the cell; empty where it has none."""
    return cell.metadata.get("nbgrader", {}).get("grade_id") or ""


def points(cell: NotebookNode) -> float:
    """The cell's points."""
    return float(cell.metadata.nbgrader.get("points", 0))


def is_test(cell: NotebookNode) -> bool:
    """Whether it is an autograder test: a code cell that gives points and takes no answer."""
    return cell.cell_type == "code" and _says(cell, "grade") and not _says(cell, "solution")


def follows_through(cell: NotebookNode) -> bool:
    """Whether it is a test that is made again with the reference's answers in the place of earlier wrong ones."""
    return is_test(cell) and FOLLOW_THROUGH in cell.metadata.get("tags", [])


def is_answer(cell: NotebookNode) -> bool:
    """Whether the student answers in it (code, or a graded text)."""
    return _says(cell, "solution")


def is_written(cell: NotebookNode) -> bool:
    """Whether a person gives its points."""
    return _says(cell, "task") or (_says(cell, "grade") and _says(cell, "solution"))


def _says(cell: NotebookNode, what: str) -> bool:
    """Of nbgrader's entry (schema 3); `nbgrader.utils` says it, too, and takes half a second to be imported."""
    return bool(cell.metadata.get("nbgrader", {}).get(what, False))


def is_own_code(cell: NotebookNode) -> bool:
    """Whether the code in it is the student's: an answer, an experiment, or a cell that they added."""
    return cell.cell_type == "code" and (is_answer(cell) or "nbgrader" not in cell.metadata)


def headlines(source: str) -> list[tuple[int, str]]:
    """The headlines of a text, each with its level; in a block of code there are none."""
    return [(len(found[1]), found[2]) for found in _HEADLINE.finditer(_FENCED.sub("", source))]


def called(cell: NotebookNode) -> str:
    """What people find a cell by: its id, or the first line of one that a student added."""
    if not cell.id.startswith(ADDED):
        return cell.id
    lines = cell.source.strip().splitlines()
    return f"added cell '{clean_text(lines[0], 40) if lines else ''}'"


def language(cell: NotebookNode) -> str | None:
    """'ja' of a cell tagged lang-ja, and so on; None for a cell of all languages."""
    tags = cell.metadata.get("tags", [])
    return next((tag.removeprefix("lang-") for tag in tags if tag.startswith("lang-")), None)


def language_of(notebook: NotebookNode) -> str:
    """The language of a notebook's tagged cells, of which a student's has one; 'en' where there are none."""
    found = [one for cell in notebook.cells if (one := language(cell))]
    return max(set(found), key=found.count, default="en")


@functools.lru_cache(maxsize=4096)
def defined_names(source: str) -> frozenset[str]:
    """Top-level names that a code cell defines: functions, classes, assignments, imports.

    Cells that cannot be read (a syntax error, more than a person writes) are read line by line, for
    functions, classes and plain assignments only.
    """
    try:
        return bounded(names.defined, source)
    except names.UNREADABLE:
        return frozenset(found[1] or found[2] for found in _DEFINITION.finditer(source))


@functools.lru_cache(maxsize=4096)
def free_names(source: str) -> frozenset[str]:
    """Names that a cell uses and neither imports nor assigns; of a test cell they are the student's.

    Raises:
        SyntaxError: The cell is not plain Python, or more than a person writes.
    """
    try:
        return bounded(names.free, names.of_test(source))
    except names.UNREADABLE as error:
        raise error if isinstance(error, SyntaxError) else SyntaxError(str(error)) from None


def used_names(source: str) -> frozenset[str]:
    """`free_names`; all words of a cell that is not plain Python."""
    try:
        return free_names(source)
    except SyntaxError:
        return frozenset(re.findall(r"[^\W\d]\w*", source))
