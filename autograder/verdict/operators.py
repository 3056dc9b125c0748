"""Operators between objects that a test cell has made of the student's classes and what is its own: `Vector(1, 2) * 3`.

A value that a test expects to be data is never calculated with where the student's code runs: an object in its
place could answer what it likes. What the test itself has made by calling a class that cells define is no such value.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Collection
from typing import Any

from autograder.boundary.proxies import Proxy
from autograder.boundary.student import current_student

__all__ = ["CALCULATE", "calculate", "calculated"]

CALCULATE = "__calculate__"
"""The name by which a compiled test cell has such an operator applied."""
_OPERATORS = {
    ast.Add: "add", ast.BitAnd: "and_", ast.BitOr: "or_", ast.BitXor: "xor", ast.Div: "truediv",
    ast.FloorDiv: "floordiv", ast.LShift: "lshift", ast.MatMult: "matmul", ast.Mod: "mod", ast.Mult: "mul",
    ast.Pow: "pow", ast.RShift: "rshift", ast.Sub: "sub",
}  # fmt: skip


def calculate(name: str, left: Any, right: Any) -> Any:
    """Apply one of the module `operator`'s functions; in the student's kernel where an object of it is one of both."""
    function = getattr(operator, name)
    student = current_student()
    if student is None or (type(left) is Proxy) == (type(right) is Proxy):
        return function(left, right)
    return student.call(function, (left, right))


def calculated(tree: ast.Module, classes: Collection[str]) -> ast.Module:
    """A test cell in which such operators call `calculate`.

    Args:
        tree: The test cell.
        classes: Names of classes that the notebook's other cells define.
    """
    if not classes:
        return tree
    return _Calculating(_Made(tree, frozenset(classes))).visit(tree)


class _Made:
    """Which expressions are objects that a test cell has made of classes, without doubt."""

    def __init__(self, tree: ast.Module, classes: frozenset[str]) -> None:
        self.classes = classes
        values: dict[str, list[ast.expr]] = {}
        given: set[str] = set()
        for node in ast.walk(tree):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    values.setdefault(name, []).append(value)
                case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=items)) if len(
                    names
                ) == len(items):
                    for target, value in zip(names, items, strict=True):
                        if isinstance(target, ast.Name):
                            values.setdefault(target.id, []).append(value)
                case ast.AugAssign(target=ast.Name(id=name)):
                    values.setdefault(name, []).append(node.target)  # as it was
                case ast.arg(arg=name):
                    given.add(name)
        stored: dict[str, int] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                stored[node.id] = stored.get(node.id, 0) + 1
        candidates = {
            name: made for name, made in values.items() if stored[name] == len(made) and name not in given
        }
        self.names: set[str] = set()
        before = -1
        while before != len(self.names):
            before = len(self.names)
            for name, made in candidates.items():
                others = [value for value in made if not (isinstance(value, ast.Name) and value.id == name)]
                if others and all(map(self.is_made, others)):
                    self.names.add(name)

    def is_made(self, node: ast.expr) -> bool:
        match node:
            case ast.Call(func=ast.Name(id=name)):
                return name in self.classes
            case ast.Name(id=name):
                return name in self.names
            case ast.BinOp(left=left, right=right):
                return self.is_made(left) or self.is_made(right)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Invert(), operand=operand):
                return self.is_made(operand)
        return False


class _Calculating(ast.NodeTransformer):
    def __init__(self, made: _Made) -> None:
        self.is_made = made.is_made

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        made = self.is_made(node)
        self.generic_visit(node)
        return _call(node, node.op, "", node.left, node.right) if made else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        made = isinstance(node.target, ast.Name) and self.is_made(node.target)
        self.generic_visit(node)
        if not made or not isinstance(node.target, ast.Name):
            return node
        left = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
        return ast.copy_location(ast.Assign([node.target], _call(node, node.op, "i", left, node.value)), node)


def _call(node: ast.AST, kind: ast.operator, prefix: str, left: ast.expr, right: ast.expr) -> ast.expr:
    name = prefix + _OPERATORS[type(kind)].removesuffix("_" if prefix else "")
    made = ast.Call(ast.Name(CALCULATE, ast.Load()), [ast.Constant(name), left, right], [])
    return ast.copy_location(made, node)
