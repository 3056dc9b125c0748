"""What a test cell does with the names of other cells: reads, replaces, leaves behind."""

from __future__ import annotations

import ast
import builtins
import functools
import re
from collections.abc import Iterator

from autograder.course import names as python

__all__ = ["CALLABLE", "bound_by", "left_behind", "read_first", "replaced"]

CALLABLE = frozenset(name for name, value in vars(builtins).items() if callable(value))
_DOTTED = re.compile(r"[a-z_]\w*(?:\.\w+)+")


def bound_by(statement: ast.stmt) -> frozenset[str]:
    """Names that a statement at the top of a cell defines."""
    return python.defined(ast.unparse(statement))


def left_behind(source: str, bound: set[str]) -> str:
    """What a cell imports and defines, and no other cell does, as source."""
    kept = [
        ast.unparse(statement)
        for statement in python.parsed(source).body
        if isinstance(statement, (ast.Import, ast.ImportFrom, ast.FunctionDef))
        and bound_by(statement) - bound
    ]
    return "\n".join(kept)


def read_first(source: str) -> frozenset[str]:
    """Names that a cell reads and assigns, in the order in which its statements are written."""
    bound: set[str] = set()
    found: set[str] = set()
    for statement in _one_by_one(python.parsed(source).body):
        binds = bound_by(statement)
        read = {
            node.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Name)
            and (isinstance(node.ctx, ast.Load) or isinstance(statement, ast.AugAssign))
        }
        if not isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr, ast.Assert)):
            read -= binds
        found |= read - bound
        bound |= binds
    return frozenset(found & bound)


def _one_by_one(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a block, those within loops and branches behind what these begin with."""
    for statement in body:
        match statement:
            case ast.For(target=target, iter=read) | ast.AsyncFor(target=target, iter=read):
                yield ast.copy_location(ast.Assign([target], read), statement)
            case ast.If(test=read) | ast.While(test=read):
                yield ast.Expr(read)
            case ast.With(items=items):
                for item in items:
                    bound = item.optional_vars
                    read = item.context_expr
                    yield ast.copy_location(ast.Assign([bound], read) if bound else ast.Expr(read), statement)
            case ast.Try():
                pass
            case _:
                yield statement
                continue
        for block in ("body", "handlers", "orelse", "finalbody"):
            for part in getattr(statement, block, ()):
                yield from _one_by_one(part.body if isinstance(part, ast.ExceptHandler) else [part])


def replaced(source: str, functions: set[str]) -> set[str]:
    """What a test cell puts others in the place of: the student's functions, Python's own, those of modules."""
    names, dotted = _rebound(source)
    return {name for name in names if name in functions or name in CALLABLE} | dotted


@functools.lru_cache(maxsize=1024)
def _rebound(source: str) -> tuple[frozenset[str], frozenset[str]]:
    """Names that a cell assigns, deletes or patches; and dotted names that it patches."""
    tree = python.parsed(source)
    names: set[str] = set()
    dotted: set[str] = set()
    counting = {
        item.id
        for node in ast.walk(tree)
        if isinstance(node, (ast.For, ast.comprehension))
        for item in ast.walk(node.target)
        if isinstance(item, ast.Name)
    }
    patches = "patch" in source
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and patches:
            text = node.value.removeprefix("__main__.").removeprefix("builtins.")
            if text.isidentifier():
                names.add(text)
            elif _DOTTED.fullmatch(text):
                dotted.add(text)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("object", "setattr")
        ):
            match node.args:
                case [ast.Name(id=module), ast.Constant(value=str(name)), *_] if name.isidentifier():
                    dotted.add(f"{module}.{name}")
    names -= counting & CALLABLE  # `for id in ids` puts no function in the place of Python's
    return frozenset(names), frozenset(text.removeprefix("builtins.") for text in dotted)
