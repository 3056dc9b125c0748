"""Operators of objects that a test cell has made of the student's classes: `Vector(1, 2) * 3`, `v < w`, `2 in Set(1, 2)`.

A value that a test expects to be data is never asked these where the student's code runs: an object in its place
could answer what it likes. What the test itself has made by calling a class that cells define is no such value.
"""

from __future__ import annotations

import ast
import builtins
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


_ORDERS = {ast.Gt: "gt", ast.GtE: "ge", ast.Lt: "lt", ast.LtE: "le"}
_ASKED = frozenset(["abs", "bool", "float", "hash", "int", "reversed", "round"])
"""Of Python's own functions those that ask a method of an object."""


def calculate(name: str, *values: Any) -> Any:
    """Apply a function of the module `operator`, or a builtin one; in the student's kernel where an object of it is among the values."""
    function = getattr(builtins, name) if name in _ASKED else getattr(operator, name)
    student = current_student()
    if student is None or not any(type(value) is Proxy for value in values):
        return function(*values)
    return student.call(function, values)


def calculated(tree: ast.Module, classes: Collection[str]) -> ast.Module:
    """A test cell in which these call `calculate`.

    Args:
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
        self.own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
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
        self.made = made

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        made = self.made.is_made(node)
        self.generic_visit(node)
        return _call(node, _OPERATORS[type(node.op)], node.left, node.right) if made else node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        made = isinstance(node.target, ast.Name) and self.made.is_made(node.target)
        self.generic_visit(node)
        if not made or not isinstance(node.target, ast.Name):
            return node
        left = ast.copy_location(ast.Name(node.target.id, ast.Load()), node)
        value = _call(node, f"i{_OPERATORS[type(node.op)].removesuffix('_')}", left, node.value)
        return ast.copy_location(ast.Assign([node.target], value), node)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        left, right = node.left, node.comparators[0]
        is_made = self.made.is_made
        order = _ORDERS.get(type(node.ops[0])) if is_made(left) or is_made(right) else None
        contains = isinstance(node.ops[0], (ast.In, ast.NotIn)) and is_made(right)
        self.generic_visit(node)
        left, right = node.left, node.comparators[0]
        if len(node.ops) > 1 or not (order or contains):
            return node
        if order:
            return _call(node, order, left, right)
        asked = _call(node, "contains", right, left)
        return (
            asked
            if isinstance(node.ops[0], ast.In)
            else ast.copy_location(ast.UnaryOp(ast.Not(), asked), node)
        )

    def visit_Call(self, node: ast.Call) -> ast.expr:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        asked = name in _ASKED - self.made.own and node.args and self.made.is_made(node.args[0])
        self.generic_visit(node)
        return _call(node, name, *node.args) if asked and not node.keywords else node


def _call(node: ast.AST, name: str, *values: ast.expr) -> ast.expr:
    made = ast.Call(ast.Name(CALCULATE, ast.Load()), [ast.Constant(name), *values], [])
    return ast.copy_location(made, node)
