"""The names that a piece of Python needs and defines; for students' texts, see `autograder.bounded`."""

from __future__ import annotations

import ast
import builtins
import re
import symtable

__all__ = [
    "BUILTINS",
    "UNREADABLE",
    "arguments",
    "called",
    "defined",
    "filled",
    "free",
    "names_in",
    "of_test",
    "parsed",
    "plain",
    "source_of",
    "used_inside",
]

UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
"""What Python's parser raises; the last two for code that is nested too deeply."""

_MAGIC = re.compile(r"^([ \t]*)(?:[%!?]|[\w.*]+\?{1,2}[ \t]*$).*$", re.MULTILINE)
_CAUGHT = re.compile(r"^([ \t]*\w[\w, ]*=)[ \t]*[%!].*$", re.MULTILINE)
_PYTHON_BELOW = re.compile(r"\s*%%(?:time|prun|capture)\b([^\n]*)(?:\n|\Z)")
_IDLE = re.compile(
    r"^([ \t]*)%(?:%time[ \t]*$|%capture[ \t]*$|time[ \t]+(?=\S)|(?:autoreload|config|load_ext|matplotlib)\b.*$)",
    re.MULTILINE,
)
"""Magics that change nothing of what a test cell does."""
FILLS = frozenset(["add", "append", "extend", "insert", "setdefault", "update"])
"""Methods of lists, dicts and sets that put something in."""
BUILTINS = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}


def plain(source: str) -> str:
    """A code cell without the magics, shell commands and questions of IPython; as it is where it has none."""
    try:
        ast.parse(source)
    except UNREADABLE:
        if found := _PYTHON_BELOW.match(source):
            caught = [word for word in found[1].split() if word.isidentifier()]
            lines = found[0].count("\n")
            return f"{f'{caught[0]} = None' if caught else 'pass'}{chr(10) * lines}{plain(source[found.end() :])}"
        if source.lstrip().startswith("%%"):
            return ""
        return _MAGIC.sub(r"\1pass", _CAUGHT.sub(r"\1 None", source))
    return source


def of_test(source: str) -> str:
    """A test cell without the magics that change nothing of what it does; as it is where it has none, or others."""
    try:
        ast.parse(source)
    except UNREADABLE:
        return _IDLE.sub(
            lambda found: f"{found[1]}{'' if found[0].endswith((' ', chr(9))) else 'pass'}", source
        )
    return source


def parsed(source: str) -> ast.Module:
    """The tree of a source; an empty one where it is no Python."""
    try:
        return ast.parse(source)
    except UNREADABLE:
        return ast.Module([], [])


def names_in(node: ast.AST) -> set[str]:
    """The names that stand in a piece of code."""
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def called(call: ast.Call) -> str:
    """The last name of what is called: `allclose` of `np.allclose(a, b)`; "" where it has none."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def arguments(call: ast.Call) -> list[ast.expr]:
    """What a call is given, by position and by name."""
    return [*call.args, *(item.value for item in call.keywords)]


def source_of(source: str, name: str) -> str | None:
    """The text of the function or class of this name that a code cell defines; None where the name gets another value last.

    Raises:
        UNREADABLE: It is no Python.
    """
    text = plain(source)
    for node in reversed(ast.parse(text).body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.name == name:
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            return "".join(text.splitlines(keepends=True)[first - 1 : node.end_lineno])
        if name in defined(ast.unparse(node)):
            return None
    return None


def defined(source: str) -> frozenset[str]:
    """Top-level names that a source defines: functions, classes, assignments, imports.

    Raises:
        UNREADABLE: It is no Python.
    """
    return frozenset(_own(symtable.symtable(plain(source), "<cell>", "exec")))


def filled(source: str) -> frozenset[str]:
    """Names of lists, dicts and objects of which the top level of a source changes parts: `curves[k] = []`, `rows.append(row)`.

    Raises:
        UNREADABLE: It is no Python.
    """
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(plain(source))]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                continue
            case ast.Subscript(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store()):
                found |= _whole(node)
            case ast.Call(func=ast.Attribute(attr=name)) if name in FILLS:
                found |= _whole(node.func)
        waiting += ast.iter_child_nodes(node)
    return frozenset(found)


def _whole(part: ast.expr) -> set[str]:
    """The name of which this is a part: `curves` of `curves["pruning"].append`."""
    while isinstance(part, (ast.Subscript, ast.Attribute)):
        part = part.value
    return {part.id} if isinstance(part, ast.Name) else set()


def free(source: str) -> frozenset[str]:
    """Names that a source uses and neither imports nor assigns at its top level.

    Raises:
        UNREADABLE: It is no Python.
    """
    ast.parse(source)
    table = symtable.symtable(source, "<cell>", "exec")
    used = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    return frozenset((used | _used_inside(table)) - _own(table) - BUILTINS)


def used_inside(source: str) -> frozenset[str]:
    """Global names, Python's own among them, that the functions and classes of a source use whenever they are called.

    Raises:
        UNREADABLE: It is no Python.
    """
    ast.parse(source)
    return frozenset(_used_inside(symtable.symtable(source, "<cell>", "exec")))


def _own(table: symtable.SymbolTable) -> set[str]:
    return {
        symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()
    }


def _used_inside(table: symtable.SymbolTable) -> set[str]:
    used: set[str] = set()
    pending = list(table.get_children())
    while pending:
        scope = pending.pop()
        pending.extend(scope.get_children())
        used |= {
            symbol.get_name()
            for symbol in scope.get_symbols()
            if symbol.is_global() and symbol.is_referenced()
        }
    return used
