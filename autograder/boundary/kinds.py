"""What an object and its class are, inside the student's kernel, where no class of the student's has a say in it.

The sandbox contains this file; it imports nothing of the kit.
"""

from __future__ import annotations

import abc
import enum
import sys
import types

__all__ = ["QUESTIONS", "is_named_tuple"]


def derives(kind, other):
    """Whether a class derives from another, by its own bases or as an abstract class of a library has it."""
    if any(base is other for base in type.mro(kind)):
        return True
    library = getattr(other, "__module__", "").partition(".")[0] in sys.stdlib_module_names
    return library and type(other) is abc.ABCMeta and issubclass(kind, other)


def first_with(kind, *names):
    """Of a class and what it derives from the first that has one of these names; None where none has."""
    return next((base for base in type.mro(kind) if not vars(base).keys().isdisjoint(names)), None)


def is_flags(value, *names):
    """Whether it is a combination of flags, and its class says no more of these methods than `enum.Flag`."""
    return enum.Flag in type.mro(type(value)) and all(
        first_with(type(value), name) is enum.Flag for name in names
    )


def is_named_tuple(kind):
    """Whether it is a class of named tuples of which Python's operators ask no more than `collections` has made."""
    made = ("collections", f"namedtuple_{kind.__name__}")
    return (
        "_fields" in vars(kind)
        and kind.__bases__ == (tuple,)
        and not any(
            type(part) is types.FunctionType and name.startswith("_") and part.__module__ not in made
            for name, part in vars(kind).items()
            if not name.startswith("__annotate")
        )
    )


QUESTIONS = {
    "callable": lambda value, _: callable(value),
    "instance": lambda value, kind: derives(type(value), kind),
    "same": lambda value, other: value is other,
    "single": lambda value, _: first_with(type(value), "__eq__", "__hash__") in (object, enum.Enum),
    "true": lambda value, _: first_with(type(value), "__bool__", "__len__") is None,
    "flags": lambda value, _: is_flags(value, "__bool__", "__len__", "__contains__"),
    "any": lambda value, _: enum.Flag.__bool__(value),
    "in": lambda value, flags: is_flags(value) and enum.Flag.__contains__(flags, value),
    "subclass": derives,
}
"""Python's own questions that are answered with yes or no, of an object and what it is compared with."""
