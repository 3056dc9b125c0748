"""What kind of cell a cell is, and which names it needs and defines."""

from __future__ import annotations

import ast
import builtins
import functools
import re
import symtable

from nbformat import NotebookNode
from nbgrader import utils

__all__ = [
    "defined_names",
    "free_names",
    "is_answer",
    "is_test",
    "is_written",
    "grade_id",
    "language",
    "points",
    "release_source",
]

HIDDEN = re.compile(
    r"^[^\n]*(?:BEGIN HIDDEN TESTS.*?END HIDDEN TESTS|BEGIN MARK SCHEME.*?END MARK SCHEME)[^\n]*\n?",
    re.MULTILINE | re.DOTALL,
)
_DEFINITION = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}


def grade_id(cell: NotebookNode) -> str | None:
    """nbgrader's id of the cell, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def points(cell: NotebookNode) -> float:
    """The cell's points."""
    return float(cell.metadata.nbgrader.get("points", 0))


def is_test(cell: NotebookNode) -> bool:
    """Whether it is an autograder test: a code cell that gives points and takes no answer."""
    return cell.cell_type == "code" and utils.is_grade(cell) and not utils.is_solution(cell)


def is_answer(cell: NotebookNode) -> bool:
    """Whether the student answers in it (code, or a graded text)."""
    return utils.is_solution(cell)


def is_written(cell: NotebookNode) -> bool:
    """Whether a person gives its points."""
    return utils.is_task(cell) or (utils.is_grade(cell) and utils.is_solution(cell))


def language(cell: NotebookNode) -> str | None:
    """'ja' of a cell tagged lang-ja, and so on; None for a cell of all languages."""
    tags = cell.metadata.get("tags", [])
    return next((tag.removeprefix("lang-") for tag in tags if tag.startswith("lang-")), None)


def release_source(cell: NotebookNode) -> str:
    """The source without its hidden tests or its mark scheme, as students get it."""
    return HIDDEN.sub("", cell.source).rstrip("\n")


@functools.lru_cache(maxsize=4096)
def defined_names(source: str) -> frozenset[str]:
    """Top-level names that a code cell defines: functions, classes, assignments, imports.

    Cells that cannot be read (a syntax error, a magic) are read line by line, for functions
    and classes only.
    """
    try:
        table = symtable.symtable(source, "<cell>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested too deeply
        return frozenset(_DEFINITION.findall(source))
    return frozenset(
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    )


@functools.lru_cache(maxsize=4096)
def free_names(source: str) -> frozenset[str]:
    """Names that a test cell uses and neither imports nor assigns: the student's.

    Raises:
        SyntaxError: The cell is not plain Python.
    """
    ast.parse(source)
    table = symtable.symtable(source, "<cell>", "exec")
    own = {
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    }
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    pending = list(table.get_children())
    while pending:
        scope = pending.pop()
        pending.extend(scope.get_children())
        used |= {
            symbol.get_name()
            for symbol in scope.get_symbols()
            if symbol.is_global() and symbol.is_referenced()
        }
    return frozenset(used - own - _BUILTINS)
