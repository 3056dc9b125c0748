"""What tests expect and an answer could change: values and classes of given cells, which live with the student's code."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.course import cells, names
from autograder.course.given import surroundings
from autograder.course.helpers import JUDGING
from autograder.course.regions import Regions

__all__ = ["changeable"]


def changeable(notebook: NotebookNode, regions: Regions) -> Iterator[tuple[NotebookNode, list[str]]]:
    """The test cells that compare with what given cells compute or define as classes, and these names."""
    given: set[str] = set()
    answered: set[str] = set()  # and what given cells make of answers: `result = f(3)`
    imported: set[str] = set()
    for cell in notebook.cells:
        if cell.cell_type != "code" or cells.is_test(cell):
            continue
        imported |= _imported(cell.source)
        defined = cells.defined_names(cell.source) - _imported(cell.source)
        if cells.is_answer(cell) or answered & cells.used_names(names.plain(cell.source)):
            answered |= defined
        else:
            given |= defined
    around = surroundings(notebook, regions)
    for cell in filter(cells.is_test, notebook.cells):
        theirs = around[str(cells.grade_id(cell))]
        own = cells.defined_names(theirs.prelude).union(theirs.carried)
        found = _expected(cell.source, given - answered - own, frozenset(imported))
        if found:
            yield cell, sorted(found)


def _imported(source: str) -> frozenset[str]:
    tree = names.parsed(names.plain(source))
    imports = (node for node in ast.walk(tree) if isinstance(node, (ast.Import, ast.ImportFrom)))
    return frozenset(alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names)


def _expected(source: str, changing: set[str], imported: frozenset[str]) -> set[str]:
    """Of some names those that are all that one side of a comparison is made of."""
    tree = names.parsed(source)  # where it is no Python, `build` refuses it, and says why
    modules = _imported(source) | imported | names.BUILTINS
    made = {name: {name} for name in changing - _bound(tree)}
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                if (parts := _used(value) - modules) and parts <= made.keys():
                    made[target] = set().union(*(made[part] for part in parts))
            case ast.Compare(left=left, comparators=others):
                found |= _side([left, *others], made, modules)
            case ast.Call(args=[_, _, *_] as arguments) if _judges(names.called(node)):
                found |= _side(arguments, made, modules)
    return found


def _bound(tree: ast.Module) -> set[str]:
    """All names to which a test cell gives values somewhere, those of its functions and loops among them."""
    stored = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return stored | {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}


def _side(parts: list[ast.expr], made: dict[str, set[str]], modules: frozenset[str]) -> set[str]:
    used = [_used(part) - modules for part in parts]
    if all(one <= made.keys() for one in used):  # nothing of an answer's is compared
        return set()
    return {name for one in used if one and one <= made.keys() for part in one for name in made[part]}


def _used(node: ast.expr) -> set[str]:
    return {
        part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }


def _judges(name: str) -> bool:
    return name in JUDGING or name.startswith("assert")
