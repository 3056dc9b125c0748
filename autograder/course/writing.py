"""The files that a code cell writes, and the folders in which it has modules looked for, as far as it says so."""

from __future__ import annotations

import ast
import posixpath
import re

from autograder.course import names as python

__all__ = ["files_written", "folders_searched", "texts"]

WRITING = re.compile(r"dump|imsave|imwrite|save|savefig|savetxt|savez|savez_compressed|to_\w+|write_\w+")
"""Functions and methods that write what they are given a path of, or are called on one."""
MODES = re.compile(r"[rwaxbt+]*[wax+][rwaxbt+]*")


def files_written(tree: ast.Module) -> frozenset[str]:
    """Relative paths in calls that write, literal or by a name that the cell gives to one."""
    known = _named_paths(tree)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _writes(node):
            places = python.arguments(node)
            if getattr(node.func, "id", "") == "open":
                places = places[:1]
            if isinstance(node.func, ast.Attribute):
                places.append(node.func.value)
            found.update(filter(None, (_path(place, known) for place in places)))
    return frozenset(found)


def folders_searched(tree: ast.Module) -> frozenset[str]:
    """Folders beside the notebook that are put on `sys.path`: `sys.path.append("code")`."""
    known = _named_paths(tree)
    found: set[str | None] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(
                    value=ast.Name(id="path") | ast.Attribute(attr="path"), attr="append" | "insert"
                ),
                args=[*_, place],
            ):
                found.add(_path(place, known))
    return frozenset(path for path in found if path and not path.startswith((".", "/")))


def texts(source: str) -> frozenset[str]:
    """The string literals of a source; none where it is no Python."""
    return frozenset(
        node.value
        for node in ast.walk(python.parsed(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def _named_paths(tree: ast.Module) -> dict[str, str]:
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if path := _path(value, known):
                known[name] = path
    return known


def _writes(call: ast.Call) -> bool:
    if python.called(call) == "open":
        return any(
            isinstance(value, ast.Constant) and isinstance(value.value, str) and MODES.fullmatch(value.value)
            for value in python.arguments(call)
        )
    return bool(WRITING.fullmatch(python.called(call)))


def _path(node: ast.expr, known: dict[str, str]) -> str | None:
    """The path that an expression is, if it tells."""
    match node:
        case ast.Constant(value=str(text)) if text:
            return posixpath.normpath(text)
        case ast.Name(id=name):
            return known.get(name)
        case ast.Call(func=ast.Name(id="Path") | ast.Attribute(attr="Path" | "join"), args=[_, *_] as parts):
            paths = [_path(part, known) for part in parts]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            paths = [_path(left, known), _path(right, known)]
        case _:
            return None
    return None if None in paths else posixpath.normpath(posixpath.join(*filter(None, paths)))
