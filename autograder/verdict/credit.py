"""Partial credit: points from the value of a test cell's last expression, as nbgrader reads them.

In nbgrader whatever number a cell shows at its end becomes points. Here only a number that the
test itself has counted does: never one that the student's code returned, printed or raised.
"""

from __future__ import annotations

import ast
import functools
import math
import numbers
from dataclasses import dataclass
from types import CodeType
from typing import Any

from autograder.verdict.callbacks import changed_by_callbacks
from autograder.verdict.mutations import changed_in_place
from autograder.verdict.origin import Origin

__all__ = ["INIT", "IS", "PATTERN", "Cell", "NotPoints", "asking", "compiled", "points_of"]

IS = "__is__"
"""The name by which a compiled test cell asks whether two values are the same object."""
INIT = "__init_of__"
"""The name by which it asks for the `__init__` of something."""
PATTERN = "__pattern__"
"""The name by which it has a class as the pattern of a case."""


class NotPoints(ValueError):
    """A test cell ends with a value that cannot be its points; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A test cell, compiled.

    Attributes:
        body: All of it but its last expression.
        last: The last expression; None where it ends with something else, or with a semicolon.
        students: Whether the value of the last expression may be what the student's code gave.
        changed: Names whose values are to be as the student's code leaves them.
        spoilt: Of these the test's own, whose values no later cell may take for the test's.
    """

    body: CodeType
    last: CodeType | None
    students: bool
    changed: frozenset[str]
    spoilt: frozenset[str]


@functools.lru_cache(maxsize=256)
def compiled(
    source: str,
    filename: str,
    prelude: str = "",
    read: tuple[str, ...] = (),
    carried: tuple[str, ...] = (),
    replaced: tuple[str, ...] = (),
) -> Cell:
    """Compile a test cell.

    Args:
        prelude: What the grader gives to it, as source.
        read: Names of the student's that it reads and then assigns.
        carried: Names to which an earlier test cell gave values.
        replaced: Names of the student's in whose place it puts functions.

    Raises:
        SyntaxError: It is not plain Python.
    """
    tree = asking(source, filename)
    whole = f"{prelude}\n{source}"
    origin = Origin(whole, read, carried)
    changed = changed_in_place(origin)
    names = {"changed": changed, "spoilt": changed - origin.students}
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    last = tree.body[-1] if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    if last is None or _is_silenced(source):
        return Cell(
            body=compile(tree, filename, "exec", flags, dont_inherit=True), last=None, students=False, **names
        )
    body = compile(ast.Module(tree.body[:-1], []), filename, "exec", flags, dont_inherit=True)
    shown = compile(ast.Expression(last.value), filename, "eval", flags, dont_inherit=True)
    counting = Origin(whole, (*read, *changed_by_callbacks(origin, replaced)), carried)
    return Cell(body=body, last=shown, students=counting.is_students(last.value), **names)


def asking(source: str, filename: str) -> ast.Module:
    """The tree of a test cell, or of what the grader gives to one, with the questions that the student's objects answer.

    Raises:
        SyntaxError: It is not plain Python.
    """
    return ast.fix_missing_locations(_AskingForObjects().visit(ast.parse(source, filename)))


def points_of(value: Any, students: bool, most: float) -> float:
    """The points that the value of a test cell's last expression gives.

    Args:
        value: None gives all points.
        students: Whether it may be what the student's code gave: then a number is refused, and
            everything else is only shown, as nbgrader has it.
        most: The points of the cell.

    Raises:
        NotPoints: It is no number from 0 to the cell's points that the test itself has counted.
    """
    if value is None:
        return most
    if students:
        if isinstance(value, numbers.Number):
            raise NotPoints(
                "the test cell ends with a number that the student's code gave, or that a function has counted which the "
                "student's code may call at will, and nbgrader takes it for points; count comparisons "
                "(`score += f(2) == 4`) and end with `score`, or end the line with a semicolon"
            )
        return most
    if type(value) not in (int, float):
        raise NotPoints(
            f"the test cell ends with a value of type {type(value).__name__}, which is no number of points; end with "
            f"an int or a float from 0 to {most:g} (`float(score)`), with an assert, or with a semicolon"
        )
    if not math.isfinite(value) or not 0 <= value <= most:
        raise NotPoints(f"the test cell ends with {value!r}: expected points from 0 to {most:g}")
    return float(value)


class _AskingForObjects(ast.NodeTransformer):
    """`p.__class__` is `type(p)`, `P.__init__` and `p is q` are questions, and `case P():` one of what stands for `P`: no object that
    stands for a student's answers these itself."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if node.attr == "__class__" and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Call(ast.Name("type", ast.Load()), [node.value], []), node)
        if node.attr == "__init__" and isinstance(node.ctx, ast.Load):
            return ast.copy_location(ast.Call(ast.Name(INIT, ast.Load()), [node.value], []), node)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        if len(node.ops) > 1 or not isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            return node
        asked: ast.expr = ast.Call(ast.Name(IS, ast.Load()), [node.left, *node.comparators], [])
        if isinstance(node.ops[0], ast.IsNot):
            asked = ast.UnaryOp(ast.Not(), asked)
        return ast.copy_location(asked, node)

    def visit_Match(self, node: ast.Match) -> list[ast.stmt]:
        self.generic_visit(node)
        parts = [part for case in node.cases for part in ast.walk(case.pattern)]
        patterns = [part for part in parts if isinstance(part, ast.MatchClass)]
        before: list[ast.stmt] = []
        for pattern in patterns:
            name = f"{PATTERN}{pattern.lineno}_{pattern.col_offset}__"
            asked = ast.Call(ast.Name(PATTERN, ast.Load()), [pattern.cls], [])
            before.append(ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], asked), pattern.cls))
            pattern.cls = ast.copy_location(ast.Name(name, ast.Load()), pattern.cls)
        return [*before, node]


def _is_silenced(source: str) -> bool:
    lines = [line.split("#")[0].strip() for line in source.splitlines()]
    return next((line for line in reversed(lines) if line), "").endswith(";")
