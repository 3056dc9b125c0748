"""Signs that a submission tries to decide its own grade; each is a reason to look, and no proof."""

from __future__ import annotations

import ast
import functools
import re
import warnings
from collections.abc import Iterable, Sequence

from nbformat import NotebookNode

from autograder.course import cells
from autograder.grading.results import CellResult

__all__ = ["signs_in_results", "signs_in_source"]

TAMPERED = "sent something that is not plain data"
"""In the message of a cell whose kernel answered with what the kit's own code in it never sends."""
COMPARISONS = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__instancecheck__"})
MACHINERY = frozenset({"autograder", "checks", "nbgrader", "solutions", "ctypes", "socket", "subprocess"})
SHOWN = 3
WORTH_PARSING = re.compile(
    "|".join([*COMPARISONS, *MACHINERY, "setattr", "_exit", "/proc/", r"\b(?!self\b)\w+(?:\.\w+)+\s*=[^=]"])
)


def signs_in_source(notebook: NotebookNode) -> list[str]:
    """What makes the student's code in a rebuilt submission worth a look, one phrase each."""
    found: dict[str, list[str]] = {}
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cells.is_test(cell):
            for what in dict.fromkeys(_in_source(cell.source)):
                found.setdefault(what, []).append(cell.id)
    return [f"{what} (in cell {_some(places)})" for what, places in found.items()]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def signs_in_results(results: Iterable[CellResult]) -> list[str]:
    """What makes the results of its grade cells worth a look, one phrase each."""
    return [
        f"in {result.cell} the kernel {result.message[result.message.index(TAMPERED) :]}"
        for result in results
        if TAMPERED in result.message
    ]


@functools.lru_cache(maxsize=4096)
def _in_source(source: str) -> tuple[str, ...]:
    """What is unusual in a cell's source; nothing where it cannot be read."""
    if not WORTH_PARSING.search(source):
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tuple(_in_tree(ast.parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: nested too deeply
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
