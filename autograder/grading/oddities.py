"""What is unusual in a piece of Python, for a course; for students' texts, see `autograder.bounded`."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from autograder.course.names import UNREADABLE

__all__ = ["oddities"]

COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__instancecheck__"})
MACHINERY = frozenset({"autograder", "checks", "nbgrader", "solutions", "ctypes", "socket", "subprocess"})
WORTH_PARSING = re.compile(
    "|".join([*COMPARISONS, *MACHINERY, "setattr", "_exit", "/proc/", r"\b(?!self\b)\w+(?:\.\w+)+\s*=[^=]"])
)


def oddities(source: str) -> tuple[str, ...]:
    """Ways in which a source may try to decide its own grade, one phrase each; none where it cannot be read."""
    if not WORTH_PARSING.search(source):
        return ()
    try:
        return tuple(_in_tree(ast.parse(source)))
    except UNREADABLE:
        return ()


def _in_tree(tree: ast.Module) -> list[str]:
    modules = _imported_modules(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            names = sorted(COMPARISONS & _bound_names(node.body))
            if names:
                found.append(f"defines {', '.join(names)} of its own class {node.name}")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            found += [f"imports {name}" for name in names if name.partition(".")[0] in MACHINERY]
        elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
            found += [
                f"replaces {ast.unparse(target)}" for target in node.targets if _root(target) in modules
            ]
        elif isinstance(node, ast.Call) and _replaces(node, modules):
            found.append(f"replaces an attribute of {ast.unparse(node.args[0])}")
        elif isinstance(node, ast.Attribute) and node.attr == "_exit" and _root(node) == "os":
            found.append("calls os._exit")
        elif isinstance(node, ast.Constant) and type(node.value) is str and node.value.startswith("/proc/"):
            found.append("reads in /proc")
    return found


def _imported_modules(tree: ast.Module) -> frozenset[str]:
    """The names that `import` binds to modules; `builtins` and the usual ones of other cells are among them."""
    found = {"builtins", "torch", "np", "numpy", "nn", "F", "random", "math"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return frozenset(found)


def _bound_names(body: Sequence[ast.stmt]) -> set[str]:
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    targets = [target for node in body if isinstance(node, ast.Assign) for target in node.targets]
    return functions | {target.id for target in targets if isinstance(target, ast.Name)}


def _root(node: ast.expr) -> str | None:
    """The first name of `a.b.c`; None of what is no attribute."""
    if not isinstance(node, ast.Attribute):
        return None
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _replaces(call: ast.Call, modules: frozenset[str]) -> bool:
    if not (isinstance(call.func, ast.Name) and call.func.id == "setattr" and call.args):
        return False
    first = call.args[0]
    return (first.id if isinstance(first, ast.Name) else _root(first)) in modules
