"""Named tuples of the student's: data in the grader, and objects of their own class where the student's code gets them back."""

from __future__ import annotations

import collections
import functools
import keyword
from typing import Any, cast

from autograder.errors import BoundaryError

__all__ = ["class_of", "reduced", "tuple_class"]


def tuple_class(name: str, fields: tuple[str, ...], kind: Any = None) -> Any:
    """A class of named tuples.

    Args:
        kind: The proxy of the student's class: it is asked for what is no field, such as a method.

    Raises:
        BoundaryError: These are no names of fields.
    """
    plain = _plain_class(name, fields)
    return type(plain.__name__, (plain,), {"__slots__": (), "__getattr__": _asked, "_proxy_class": kind})


@functools.lru_cache(maxsize=256)
def _plain_class(name: str, fields: tuple[str, ...]) -> Any:
    usable = name if name.isidentifier() and not keyword.iskeyword(name) else "Named"
    try:
        return cast(Any, collections.namedtuple(usable, fields))
    except ValueError as error:
        raise BoundaryError.not_understood("the fields of a named tuple have no names") from error


def class_of(value: Any) -> Any:
    """The proxy of the class of a student's named tuple; None of anything else."""
    return getattr(type(value), "_proxy_class", None)


def reduced(value: tuple) -> tuple | None:
    """How a named tuple of the student's is pickled for the student's kernel; None of anything else."""
    if not hasattr(type(value), "_proxy_class"):
        return None
    kind = class_of(value)
    return (tuple, (tuple(value),)) if kind is None else (tuple.__new__, (kind, tuple(value)))


def _asked(value: Any, name: str) -> Any:
    kind = class_of(value)
    if kind is None or name.startswith("_"):
        raise AttributeError(f"'{type(value).__name__}' object has no attribute '{name}'")
    return getattr(kind._proxy_student.send(value), name)
