"""Arguments that a test cell looks at after the student's code has had them: `f(xs)`, then `assert xs == [1]`.

Arguments are copies, so that nothing a student's function does to them changes what is expected. Where a test
cell only compares an argument with what is nobody's but its own, it is afterwards as the student's code left it,
as in nbgrader, whether the test made it or the student's code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from autograder.course.helpers import judges
from autograder.course.names import arguments
from autograder.verdict.origin import Origin

__all__ = ["changed_in_place", "handed_again"]

_KEPT = ("device", "dtype", "ndim", "shape", "size")
"""What no call changes of an array or tensor that is carried over: see `autograder.boundary.arguments`."""
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def changed_in_place(origin: Origin) -> frozenset[str]:
    """The names of a test cell whose values are to be as the student's code leaves them."""
    parents = _parents(origin)
    handed = _handed(origin, parents)
    return frozenset(name for name in handed if _is_only_compared(name, handed, origin, parents))


def handed_again(source: str) -> list[str]:
    """Names that a test cell hands to a function of the student's, and reads again behind that."""
    origin = Origin(source, (), ())
    first = {
        name: min(node.lineno for node in nodes) for name, nodes in _handed(origin, _parents(origin)).items()
    }
    return sorted(
        {
            node.id
            for node in ast.walk(origin.tree)
            if isinstance(node, ast.Name)
            and isinstance(node.ctx, ast.Load)
            and node.lineno > first.get(node.id, node.lineno)
        }
    )


def _parents(origin: Origin) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(origin.tree) for child in ast.iter_child_nodes(node)}


def _handed(origin: Origin, parents: dict[ast.AST, ast.AST]) -> dict[str, list[ast.Name]]:
    """The names that calls of the student's functions have as arguments."""
    handed: dict[str, list[ast.Name]] = {}
    for node in ast.walk(origin.tree):
        if isinstance(node, ast.Call) and _is_surely_students(node.func, origin, parents):
            for argument in node.args:
                if isinstance(argument, ast.Name):
                    handed.setdefault(argument.id, []).append(argument)
    return handed


def _is_surely_students(function: ast.expr, origin: Origin, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether what is called is the student's without doubt: `small.f` of the reference is called like theirs."""
    while isinstance(function, (ast.Attribute, ast.Subscript, ast.Call)):
        function = function.func if isinstance(function, ast.Call) else function.value
    if not isinstance(function, ast.Name):
        return False
    stores = [
        node
        for node in ast.walk(origin.tree)
        if isinstance(node, ast.Name) and node.id == function.id and isinstance(node.ctx, ast.Store)
    ]
    return (
        (function.id in origin.surely)
        if not stores
        else all(_is_made(node, origin, parents) for node in stores)
    )


def _is_made(target: ast.Name, origin: Origin, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether a name is given what one of the student's functions returns: `grid = Grid()`."""
    above = parents[target]
    made = above.value if isinstance(above, ast.Assign) and above.targets == [target] else None
    return isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id in origin.surely


def _is_only_compared(
    name: str, handed: dict[str, list[ast.Name]], origin: Origin, parents: dict[ast.AST, ast.AST]
) -> bool:
    """Whether each use of a name behind the first call that gets it is a comparison with the test's own."""
    first = min(_begin(node, parents) for node in handed[name])
    judged = False
    for node in ast.walk(origin.tree):
        if not (isinstance(node, ast.Name) and node.id == name) or node in handed[name]:
            continue
        if isinstance(node.ctx, ast.Store):
            if any(isinstance(above, _SCOPES) for above in _above(node, parents)):
                return False
        elif (isinstance(above := parents[node], ast.Attribute) and above.attr in _KEPT) or _is_shown(
            node, parents
        ):
            continue
        elif node.lineno >= first:
            if not _is_compared(node, handed, origin, parents):
                return False
            judged = True
        elif isinstance(parents[node], (ast.Assign, ast.List, ast.Tuple, ast.Set, ast.Dict)):
            return False  # another name for it: `before = xs`
    return judged


def _is_shown(node: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether the test only prints it: `print("sorted:", xs)`."""
    for above in _above(node, parents):
        if isinstance(above, ast.Call):
            name = above.func.id if isinstance(above.func, ast.Name) else ""
            return name in ("display", "print") and isinstance(parents[above], ast.Expr)
        if not isinstance(above, (ast.Starred, ast.FormattedValue, ast.JoinedStr)):
            return False
    return False


def _begin(node: ast.expr, parents: dict[ast.AST, ast.AST]) -> int:
    """The line from which on a call may have been made: in a loop the loop's, in a function any."""
    line = node.lineno
    for above in _above(node, parents):
        if isinstance(above, _SCOPES):
            return 0
        if isinstance(above, (ast.For, ast.AsyncFor, ast.While)):
            line = above.lineno
    return line


def _is_compared(
    node: ast.expr, handed: dict[str, list[ast.Name]], origin: Origin, parents: dict[ast.AST, ast.AST]
) -> bool:
    below: ast.AST = node
    for above in _above(node, parents):
        if isinstance(above, ast.Compare) or isinstance(above, ast.Call) and judges(above):
            parts = [above.left, *above.comparators] if isinstance(above, ast.Compare) else arguments(above)
            others = [part for part in parts if part is not below]
            return not any(_is_open(part, handed, origin) for part in others)
        if isinstance(above, ast.Call) and below is not above.func and origin.is_students(above.func):
            return False
        if not isinstance(above, (ast.Attribute, ast.Subscript, ast.Call)):
            return False
        below = above
    return False


def _is_open(node: ast.expr, handed: dict[str, list[ast.Name]], origin: Origin) -> bool:
    """Whether the student's code may have a hand in the value of an expression."""
    return any(
        isinstance(part, ast.Name) and (part.id in origin.students or part.id in handed)
        for part in ast.walk(node)
    )


def _above(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> Iterator[ast.AST]:
    while node in parents:
        node = parents[node]
        yield node
