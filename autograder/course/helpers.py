"""Helper functions of given cells: which of them a test has in the grader, and which stay with the student's code."""

from __future__ import annotations

import ast

from autograder.course import names as python
from autograder.course.definitions import Definition
from autograder.course.rebinding import CALLABLE

__all__ = ["helpers_that_stay", "judges"]

JUDGING = frozenset(
    ["all", "allclose", "any", "array_equal", "equal", "equals", "fail", "isclose", "isinstance"]
)
"""Calls by which a helper decides something."""


def helpers_that_stay(source: str, known: list[Definition], functions: set[str]) -> set[str]:
    """Helpers that stay in the student's process for one test cell.

    They are handed on there, or called with a function of the student's and only compute: what that
    function changes, it changes in its own process. A helper that compares is never the student's.
    """
    helpers = {item.name: item for item in known if item.helper is not None}
    tree = python.parsed(source)
    trusted = CALLABLE | {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    trusted |= {item.name for item in known if item.by_test}
    kept_here: set[ast.expr] = set()
    stay: set[str] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        kept_here.add(node.func)
        values = python.arguments(node)
        if isinstance(node.func, ast.Name) and node.func.id in trusted:
            kept_here.update(values)
        elif isinstance(node.func, ast.Name) and node.func.id in helpers:
            gets = {value.id for value in values if isinstance(value, ast.Name)}
            if gets & functions and not _decides(node.func.id, helpers):
                stay.add(node.func.id)
    return stay | {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in helpers and node not in kept_here
    }


def _decides(name: str, helpers: dict[str, Definition]) -> bool:
    """Whether a helper decides something, itself or by another helper."""
    pending, seen = [name], set()
    while pending:
        item = helpers.get(pending.pop())
        if item is None or item.helper is None or item.name in seen:
            continue
        seen.add(item.name)
        pending += item.needs
        for node in ast.walk(item.helper):
            if isinstance(node, (ast.Assert, ast.Compare, ast.Raise)):
                return True
            if isinstance(node, ast.Call) and judges(node):
                return True
    return False


def judges(call: ast.Call) -> bool:
    """Whether a call decides something: `np.allclose(a, b)`, `case.assertEqual(a, b)`."""
    name = python.called(call)
    return name in JUDGING or name.startswith("assert")
