"""What a function that is running was handed, as far as it is text: what it evaluates may be made of it."""

from __future__ import annotations

import ast
import inspect
import io
import os
import sys
from collections.abc import Iterable, Mapping
from types import FrameType
from typing import Any

__all__ = ["file_of", "given_to", "lines_in", "lines_of", "texts_in"]

DEFAULTS = frozenset(["pass"])
"""What `timeit` runs where a test cell leaves it out."""


def given_to(frame: FrameType) -> list[Any]:
    """The arguments of a function that is running, but for those that can only be named, and for defaults."""
    code = frame.f_code
    names = list(code.co_varnames[: code.co_argcount])
    last = code.co_argcount + code.co_kwonlyargcount
    for flag in (inspect.CO_VARARGS, inspect.CO_VARKEYWORDS):
        if code.co_flags & flag:
            names.append(code.co_varnames[last])
            last += 1
    values = [frame.f_locals.get(name) for name in names]
    defaults = _defaults(frame, values[:1])
    return [value for value in values if not any(value is default for default in defaults)]


def _defaults(frame: FrameType, first: list[Any]) -> tuple:
    """Of a function that is running, where it is found under its name in its module, or in its object's class."""
    kinds = [one if isinstance(one, type) else type(one) for one in first]
    for place in (frame.f_globals, *(vars(base) for kind in kinds for base in kind.__mro__)):
        found = place.get(frame.f_code.co_name)
        function = inspect.unwrap(found) if callable(found) else getattr(found, "__func__", None)
        if getattr(function, "__code__", None) is frame.f_code:
            return getattr(function, "__defaults__", None) or ()
    return ()


def texts_in(values: Iterable[Any]) -> list[str]:
    """The texts in some values, and in what these hold."""
    found = []
    for value in values:
        if isinstance(value, (bytes, bytearray, memoryview)):
            found.append(bytes(value).decode("utf-8", "replace"))
        elif isinstance(value, str):
            found.append(value)
        elif isinstance(value, (io.StringIO, io.BytesIO)) and not value.closed:
            found += texts_in([value.getvalue()])
        elif isinstance(value, (list, tuple, set, frozenset)):
            found += texts_in(value)
        elif isinstance(value, Mapping) and not getattr(value, "are_names", False):
            found += texts_in([*value.keys(), *value.values()])
    return [text for text in found if text != sys.executable]


def file_of(value: Any) -> str | None:
    """The path of the file that a value names, or has open; None where it is something else."""
    value = getattr(value, "name", None) if isinstance(value, io.IOBase) else value
    if isinstance(value, (str, os.PathLike)):
        path = os.path.abspath(os.fspath(value))
        return path if os.path.isfile(path) else None
    return None


def lines_in(source: str) -> frozenset[str]:
    """The lines of all texts that a source has in it."""
    constants = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    return DEFAULTS.union(line for text in constants if isinstance(text, str) for line in lines_of(text))


def lines_of(text: str) -> list[str]:
    """The lines of a text that are not empty, without what stands around them."""
    return [line.strip() for line in text.splitlines() if line.strip()]
