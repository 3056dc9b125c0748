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
    "plain_python",
    "points",
]

_DEFINITION = re.compile(r"^(?:async\s+def|def|class)\s+(\w+)", re.MULTILINE)
_MAGIC = re.compile(r"^([ \t]*)(?:[%!]|\w[\w, ]*=[ \t]*[%!]).*$", re.MULTILINE)
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


@functools.lru_cache(maxsize=4096)
def plain_python(source: str) -> str:
    """A code cell without the magics and shell commands of IPython; as it is where it has none."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if source.lstrip().startswith("%%"):
            return ""
        return _MAGIC.sub(r"\1pass", source)
    return source


@functools.lru_cache(maxsize=4096)
def defined_names(source: str) -> frozenset[str]:
    """Top-level names that a code cell defines: functions, classes, assignments, imports.

    Cells that cannot be read (a syntax error) are read line by line, for functions and classes only.
    """
    try:
        table = symtable.symtable(plain_python(source), "<cell>", "exec")
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
