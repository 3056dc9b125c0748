"""Annotations of the student's functions and classes as plain data, inside the student's kernel.

`int`, `list[int]` and `float | None` go by their names, so that a test has what it compares them with. The sandbox contains
this file; it imports nothing of the kit. See `autograder.boundary.signatures` for the other end.
"""

from __future__ import annotations

import builtins
import copyreg
import functools
import inspect
import operator
import sys
import types

__all__ = ["NAMED", "signature_of", "told"]

NAMED = frozenset(
    ["builtins", "collections", "datetime", "decimal", "fractions", "numbers", "numpy", "pandas", "pathlib", "torch", "types", "typing"]
)  # fmt: skip
"""Top-level modules whose classes an annotation names."""

_MADE = {types.GenericAlias: "subscript", operator.getitem: "subscript", functools.reduce: "union"}
"""What makes an annotation of others, as pickles have it."""


def signature_of(function):
    """The parameters of a function and its annotation, as plain data."""
    signature = inspect.signature(function)
    parameters = [
        (
            item.name,
            int(item.kind),
            item.default is not item.empty,
            None if item.default is item.empty else item.default,
            told(item.annotation),
        )
        for item in signature.parameters.values()
    ]
    return parameters, told(signature.return_annotation)


def told(annotation):
    """One annotation as plain data: what it is called and made of, or the object itself."""
    try:
        return _described(annotation)
    except Exception:  # something of the student's
        return ("value", annotation)


def _described(part):
    if part is inspect.Signature.empty:
        return ("empty",)
    if part is None or type(part) in (bool, int, str, bytes):
        return ("value", part)
    if part is Ellipsis:
        return ("named", "builtins", "Ellipsis")
    if type(part) in (list, tuple):
        return (type(part).__name__, [_described(item) for item in part])
    name = getattr(part, "__qualname__", None) or getattr(part, "_name", None)
    for module in (part.__module__, "types"):
        if (
            module.partition(".")[0] in NAMED
            and getattr(sys.modules.get(module, builtins), name or "", None) is part
        ):
            return ("named", module, name)
    if type(part).__module__ not in ("collections.abc", "types", "typing"):
        raise TypeError("an object")
    kind = type(part)
    function, arguments = (copyreg.dispatch_table.get(kind, kind.__reduce__))(part)
    how = "subscript" if function is kind else _MADE[function]
    return (how, [_described(item) for item in arguments[how == "union" :]])
