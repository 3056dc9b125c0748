"""The names that a piece of Python needs and defines; for students' texts, see `autograder.bounded`."""

from __future__ import annotations

import ast
import builtins
import symtable

__all__ = ["UNREADABLE", "defined", "free"]

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What Python's parser raises; the last two for code that is nested too deeply."""

_BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}


def defined(source: str) -> frozenset[str]:
    """Top-level names that a source defines: functions, classes, assignments, imports.

    Raises:
        UNREADABLE: It is no Python.
    """
    table = symtable.symtable(source, "<cell>", "exec")
    return frozenset(
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    )


def free(source: str) -> frozenset[str]:
    """Names that a source uses and neither imports nor assigns at its top level.

    Raises:
        UNREADABLE: It is no Python.
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
