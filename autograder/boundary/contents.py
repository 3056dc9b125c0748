"""What an object is as data, inside the student's kernel, where no class of the student's has a say in it.

A member of an `IntEnum` is an int, `class Stack(list)` makes lists, a path or a `deque` is what it holds. Where the class says
no more of an operator than what it derives from, that operator may be applied to the data instead: these are read here by
Python's own methods. The sandbox contains this file; it imports nothing of the kit.
"""

from __future__ import annotations

import collections
import pathlib
import types

__all__ = ["content_of"]

_READING: dict = {
    int: lambda value: int.__add__(value, 0),
    float: float.__pos__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda value: bytes.__add__(value, b""),
    list: lambda value: list(list.__iter__(value)),
    tuple: lambda value: tuple(tuple.__iter__(value)),
    dict: lambda value: dict(dict.items(value)),
    set: lambda value: set(set.__iter__(value)),
    frozenset: lambda value: frozenset(frozenset.__iter__(value)),
    collections.deque: lambda value: list(collections.deque.__iter__(value)),
}
_EXACT: dict = {
    pathlib.PosixPath: str,
    pathlib.PurePosixPath: str,
    types.SimpleNamespace: lambda value: dict(vars(value)),
    type({}.keys()): list,
    type({}.items()): list,
}
"""Of these the classes that derive from them are not asked."""


def content_of(value, names):
    """The name of Python's own class and the data that an object of it has.

    Args:
        names: Methods of which the object's class says no more than that class.

    Returns:
        None where there is no such class, or its own class says more.
    """
    kind = type(value)
    if kind in _EXACT:
        return kind.__name__, _EXACT[kind](value)
    bases = type.mro(kind)
    plain = next((base for base in bases if base in _READING), None)
    if plain is None or plain is kind and plain is not collections.deque:
        return None
    for name in names:
        first = next((base for base in bases if name in vars(base)), object)
        if first not in type.mro(plain):
            return None
    return plain.__name__, _READING[plain](value)
