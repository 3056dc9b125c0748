"""The part of a course's modules that a test cell can reach: what decides its verdict, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from autograder.course.modules import Module

__all__ = ["code", "used"]

Name = tuple[str, str]
"""A module's dotted name, and that of something it defines."""


def code(source: str) -> str:
    """The code without what decides nothing: comments, docstrings, layout, and the words of errors."""
    return ast.dump(_deciding(source))


def used(modules: Iterable[Module], sources: Iterable[str]) -> str:
    """The definitions that some sources use, directly or through others, as `code` gives them.

    A name stands for every definition of it in its module; what a module does beside definitions counts where any
    of these is used.

    Args:
        modules: Path and source of each, all that the sources import and these in turn.
    """
    files = {_dotted(path): _File(source) for path, source in modules}
    found: dict[Name, str] = {}
    pending = [name for source in sources for name in _imported(_deciding(source), "", files)]
    while pending:
        module, name = pending.pop()
        if (module, name) in found or module not in files:
            continue
        statements = files[module].defining(name)
        found[module, name] = "\n".join(map(ast.dump, statements))
        pending.append((module, ""))
        for statement in statements:
            pending += _imported(statement, module, files)
            pending += [(module, each.id) for each in ast.walk(statement) if isinstance(each, ast.Name)]
    return "\n".join(f"{module} {name} {text}" for (module, name), text in sorted(found.items()) if text)


class _File:
    """One module, by what its statements define."""

    def __init__(self, source: str) -> None:
        self._statements: dict[str, list[ast.stmt]] = {}
        for statement in _one_by_one(_deciding(source).body):
            for name in set(_defined(statement)) or {""}:
                self._statements.setdefault(name, []).append(statement)

    def defining(self, name: str) -> list[ast.stmt]:
        """The statements that define a name; those that define none for the empty name, all for `*`."""
        if name == "*":
            return [statement for each in self._statements.values() for statement in each]
        return self._statements.get(name, [])


def _deciding(source: str) -> ast.Module:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
            and ast.get_docstring(node) is not None
        ):
            del node.body[0]
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            node.exc.args, node.exc.keywords = [], []
    return tree


def _one_by_one(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, an import of several names as one for each."""
    for statement in statements:
        if isinstance(statement, ast.ImportFrom):
            for alias in statement.names:
                yield ast.ImportFrom(module=statement.module, names=[alias], level=statement.level)
        else:
            yield statement


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in statement.names)
    elif isinstance(statement, (ast.Assign, ast.AnnAssign)):
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id


def _imported(node: ast.AST, package: str, files: dict[str, _File]) -> Iterator[Name]:
    """What the imports in a piece of code bring in of these files; all of a file that is imported as a module."""
    for each in ast.walk(node):
        if isinstance(each, ast.Import):
            yield from ((alias.name, "*") for alias in each.names)
        elif isinstance(each, ast.ImportFrom):
            above = package.split(".")[: -each.level] if each.level else []
            base = ".".join([*above, *filter(None, [each.module])])
            for alias in each.names:
                whole = f"{base}.{alias.name}"
                yield (whole, "*") if whole in files else (base, alias.name)


def _dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
