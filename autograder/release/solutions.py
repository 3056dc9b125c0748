"""The reference implementations of an assignment, taken from the answer cells of its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nbformat import NotebookNode

from autograder.course import cells, names
from autograder.course.regions import Regions

__all__ = ["solutions_module"]


def solutions_module(notebook: NotebookNode, name: str, regions: Regions) -> str:
    """The text of solutions/<assignment>.py: imports, given definitions, and the reference's answers.

    Experiments, plots and predictions are left out, so that importing it computes nothing.
    """
    imports: dict[str, None] = {}
    definitions: list[str] = []
    for cell in notebook.cells:
        if cell.cell_type != "code" or cells.is_test(cell) or "nbgrader" not in cell.metadata:
            continue
        source = names.plain(regions.answered(cell.source))
        for statement in ast.parse(source).body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                imports[ast.unparse(statement)] = None
            elif _is_definition(statement):
                definitions.append("\n".join(_lines_of(statement, source)))
    head = (
        f'"""Reference implementations of {name}: built from its answer cells by `autograder build`, '
        'not edited."""'
    )
    return "\n".join([head, "", *sorted(imports), "", ""]) + "\n\n\n".join(definitions) + "\n"


def _is_definition(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return True
    return isinstance(statement, ast.Assign) and all(
        isinstance(target, ast.Name) and target.id.isupper() for target in statement.targets
    )


def _lines_of(statement: ast.stmt, source: str) -> Iterator[str]:
    first = min([statement.lineno, *(item.lineno for item in getattr(statement, "decorator_list", []))])
    yield from (line.rstrip() for line in source.splitlines()[first - 1 : statement.end_lineno])
