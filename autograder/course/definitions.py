"""What statements define that the grader can have, too: imports, functions, constants, a test's classes."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.course import names as python
from autograder.course.rebinding import bound_by

__all__ = ["STAR", "STATEFUL", "Definition", "definitions", "imports", "needs"]

STATEFUL = ("matplotlib.pyplot", "pylab", "IPython")
"""Modules that stand for the state of a process, which is the student's: figures, the shell."""
STAR = "*"
CONSTRUCTORS = frozenset(
    ["array", "arange", "asarray", "eye", "full", "linspace", "ones", "tensor", "zeros", "DataFrame",
     "Fraction", "Decimal", "Series", "complex", "dict", "float", "frozenset", "int", "list", "range", "set",
     "str", "tuple"]
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One name that a statement outside the answers defines, and what that statement needs."""

    name: str
    source: str
    position: int
    needs: frozenset[str] = frozenset()
    by_test: bool = False
    mutable: bool = False
    helper: ast.FunctionDef | None = None


def needs(source: str) -> frozenset[str]:
    try:
        return python.free(source)
    except python.UNREADABLE:
        return frozenset()


def definitions(statement: ast.stmt, position: int, test: bool, locked: bool) -> Iterator[Definition]:
    definition = functools.partial(Definition, position=position, by_test=test)
    source = ast.unparse(statement)
    if isinstance(statement, ast.Try) and all(
        isinstance(item, (ast.Import, ast.ImportFrom)) for item in statement.body
    ):
        for name in bound_by(statement):
            yield definition(name=name, source=source)
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        for alias in statement.names:
            module = alias.name if isinstance(statement, ast.Import) else f"{statement.module}.{alias.name}"
            if test or not module.startswith(STATEFUL):
                name = alias.asname or alias.name.partition(".")[0]
                yield definition(name=name, source=ast.unparse(_single(statement, alias)))
    elif isinstance(statement, ast.FunctionDef) or test and isinstance(statement, ast.ClassDef):
        helper = statement if isinstance(statement, ast.FunctionDef) and not test else None
        yield definition(name=statement.name, source=source, needs=needs(source), helper=helper)
    elif (
        isinstance(statement, ast.Assign)
        and (test or locked)
        and all(isinstance(target, ast.Name) for target in statement.targets)
        and _is_constant(statement.value)
    ):
        mutable = not _is_immutable(statement.value)
        for target in statement.targets:
            yield definition(name=ast.unparse(target), source=source, needs=needs(source), mutable=mutable)


def imports(statement: ast.stmt) -> Iterator[tuple[str, str, str]]:
    """The names that a statement imports, from where, and what they are called there."""
    if isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
        for alias in statement.names:
            yield alias.asname or alias.name, statement.module, alias.name
    elif isinstance(statement, ast.Import):
        for alias in statement.names:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, alias.name if alias.asname else top, ""


def _single(statement: ast.Import | ast.ImportFrom, alias: ast.alias) -> ast.stmt:
    if isinstance(statement, ast.Import):
        return ast.Import([alias])
    return ast.ImportFrom(statement.module, [alias], statement.level)


def _is_constant(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return python.called(node) in CONSTRUCTORS and all(map(_is_constant, python.arguments(node)))
    if isinstance(node, ast.Dict):
        return all(key is not None and _is_constant(key) for key in node.keys) and all(
            map(_is_constant, node.values)
        )
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(map(_is_constant, node.elts))
    if isinstance(node, ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    return isinstance(node, ast.Constant)


def _is_immutable(node: ast.expr) -> bool:
    if isinstance(node, ast.Tuple):
        return all(map(_is_immutable, node.elts))
    if isinstance(node, ast.BinOp):
        return _is_immutable(node.left) and _is_immutable(node.right)
    if isinstance(node, ast.UnaryOp):
        return _is_immutable(node.operand)
    return isinstance(node, ast.Constant)
