"""The files that a code cell writes, and the folders in which it has modules looked for, as far as it says so."""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Mapping

from autograder.course import names as python

__all__ = ["files_named", "files_written", "folders_searched", "paths_by_name"]

WRITING = re.compile(r"dump|imsave|imwrite|save|savefig|savetxt|savez|savez_compressed|to_\w+|write_\w+")
"""Functions and methods that write what they are given a path of, or are called on one."""
MODES = re.compile(r"[rwaxbt+]*[wax+][rwaxbt+]*")


def files_written(tree: ast.Module, known: Mapping[str, str] | None = None) -> frozenset[str]:
    """Relative paths in calls that write, literal or by a name that has one.

    Args:
        known: What `paths_by_name` gives of other cells.
    """
    known = paths_by_name(tree, known)
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
    known = paths_by_name(tree)
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


def files_named(source: str, known: Mapping[str, str] | None = None) -> frozenset[str]:
    """The texts of a source, and the paths that it joins of some: `os.path.join(folder, "a.csv")`; none where it is no Python.

    Args:
        known: What `paths_by_name` gives of other cells.
    """
    tree = python.parsed(source)
    known = paths_by_name(tree, known)
    found = (_path(node, known) for node in ast.walk(tree) if isinstance(node, ast.expr))
    return frozenset(filter(None, found))


def paths_by_name(tree: ast.Module, known: Mapping[str, str] | None = None) -> dict[str, str]:
    """The paths that a cell gives to names, and those that are known already."""
    found = dict(known or {})
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if path := _path(value, found):
                found[name] = path
    return found


def _writes(call: ast.Call) -> bool:
    if python.called(call) == "open":
        return any(
            isinstance(value, ast.Constant) and isinstance(value.value, str) and MODES.fullmatch(value.value)
            for value in python.arguments(call)
        )
    return bool(WRITING.fullmatch(python.called(call)))


def _path(node: ast.expr, known: Mapping[str, str]) -> str | None:
    """The path that an expression is, if it tells."""
    match node:
        case ast.Constant(value=str(text)) if text:
            return posixpath.normpath(text)
        case ast.Name(id=name):
            return known.get(name)
        case ast.Call(func=ast.Attribute(attr="cwd" | "getcwd"), args=[]):
            return "."
        case ast.Call(func=ast.Name(id="Path") | ast.Attribute(attr="Path" | "join"), args=[_, *_] as parts):
            paths = [_path(part, known) for part in parts]
        case ast.Call(func=ast.Attribute(attr="joinpath", value=first), args=parts):
            paths = [_path(part, known) for part in (first, *parts)]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            paths = [_path(left, known), _path(right, known)]
        case ast.BinOp(op=ast.Add()) | ast.JoinedStr():
            return _text(node, known)
        case _:
            return None
    return None if None in paths else posixpath.normpath(posixpath.join(*filter(None, paths)))


def _text(node: ast.expr, known: Mapping[str, str]) -> str | None:
    """The path that is put together of texts: `folder + "/a.csv"`, `f"{folder}/a.csv"`."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return known.get(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            parts = [_text(left, known), _text(right, known)]
        case ast.FormattedValue(value=value, format_spec=None):
            return _text(value, known)
        case ast.JoinedStr(values=values):
            parts = [_text(value, known) for value in values]
        case _:
            return None
    return None if None in parts else posixpath.normpath("".join(filter(None, parts)))
