"""What the student's code raised, as exceptions that a test cell in the grader can meet."""

from __future__ import annotations

import builtins
import collections
import functools
import keyword
import re
from collections.abc import Callable
from typing import Any, cast

from autograder.errors import BoundaryError, StudentError
from autograder.text import clean_text

__all__ = ["StudentClasses", "error_class", "load_error", "tuple_class"]

MAX_CLASSES = 200
_UNSAFE_TO_RAISE = (StopIteration, StopAsyncIteration, GeneratorExit)


def load_error(data: Any, class_of: Callable[[int], type | None] = lambda number: None) -> Exception:
    """An exception from its description: the same builtin type where that is safe, else a `StudentError`.

    Args:
        class_of: The class that stands for one of the student's own classes of exceptions, by its number.
    """
    if not isinstance(data, dict):
        raise BoundaryError.not_understood("an exception is not described")
    fields: dict[str, Any] = {key: data.get(key) for key in ("type", "builtin", "message", "trace")}
    if not all(isinstance(value, str) for value in fields.values()):
        raise BoundaryError.not_understood("an exception is not described")
    kind = getattr(builtins, fields["builtin"], None)
    message = clean_text(fields["message"])
    usable = (
        isinstance(kind, type)
        and issubclass(kind, Exception)
        and not issubclass(kind, _UNSAFE_TO_RAISE)
        and fields["builtin"] == fields["type"]
    )
    error: Any
    numbers = data.get("classes")
    numbers = numbers[:MAX_CLASSES] if isinstance(numbers, list) else []
    known = [found for number in numbers if type(number) is int and (found := class_of(number))]
    try:
        if known:
            error = known[0](message)
        elif kind and usable:
            error = kind(message)
        else:
            error = error_class("StudentError", fields["builtin"])(f"{clean_text(fields['type'])}: {message}")
    except Exception:  # UnicodeDecodeError and others need more arguments
        error = StudentError(f"{clean_text(fields['type'])}: {message}")
    error.student_traceback = clean_text(fields["trace"])
    error.student_type = clean_text(fields["type"])
    return error


class StudentClasses:
    """Classes that stand for the student's own during one test cell: of exceptions, by their numbers, and named tuples.

    Args:
        cell: The source of the test cell. A named tuple has its names where this reads one of them as an attribute,
            and is a tuple otherwise, as which it is compared.
    """

    def __init__(self, cell: str = "") -> None:
        self._known: dict[int, type[StudentError]] = {}
        self._read = frozenset(re.findall(r"\.\s*([^\W\d]\w*)", cell))

    def make(self, number: int, name: str, bases: tuple[str | type, ...]) -> type[StudentError]:
        """The class for a number; one name and the same bases give one class."""
        if len(self._known) >= MAX_CLASSES:
            raise BoundaryError.too_large("classes of exceptions", len(self._known) + 1, MAX_CLASSES)
        return self._known.setdefault(number, error_class(name, *bases))

    def tuple_of(self, name: str, fields: list[str], items: tuple) -> tuple:
        """A named tuple of the student's."""
        if not self._read.intersection(fields):
            return items
        return tuple_class(name, *fields)._make(items)

    def find(self, number: int) -> type[StudentError] | None:
        return self._known.get(number)


class _StandingFor(type):
    """A class that stands for one of the student's, which derives from nothing of the grader's."""

    @property
    def __bases__(cls) -> tuple[type, ...]:  # type: ignore[override]
        return tuple(base for base in type.__dict__["__bases__"].__get__(cls) if base is not StudentError)

    @property
    def __base__(cls) -> type:
        return cls.__bases__[0]

    @property
    def __mro__(cls) -> tuple[type, ...]:
        return tuple(base for base in type.__dict__["__mro__"].__get__(cls) if base is not StudentError)


@functools.lru_cache(maxsize=256)
def error_class(name: str, *bases: str | type) -> type[StudentError]:
    """The class of exceptions of the student's own that derive from others: `except ValueError` meets them.

    Args:
        bases: Names of builtin exceptions, and classes that this function has made; where none can be raised here,
            the class is only a `StudentError`.
    """
    kinds = [base if isinstance(base, type) else getattr(builtins, base, None) for base in bases]
    usable = [
        kind
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, _UNSAFE_TO_RAISE)
    ]
    if not usable and name == StudentError.__name__:
        return StudentError
    is_first = not any(issubclass(kind, StudentError) for kind in usable)
    made: Any = _StandingFor
    try:
        return made(name, (StudentError, *usable) if is_first else tuple(usable), {})
    except TypeError:  # classes that cannot have a common heir
        return StudentError


@functools.lru_cache(maxsize=256)
def tuple_class(name: str, *fields: str) -> Any:
    """A class of named tuples; back in the student's kernel they are tuples.

    Raises:
        BoundaryError: These are no names of fields.
    """
    usable = name if name.isidentifier() and not keyword.iskeyword(name) else "Named"
    try:
        made = cast(Any, collections.namedtuple(usable, fields))
    except ValueError as error:
        raise BoundaryError.not_understood("the fields of a named tuple have no names") from error
    made.__reduce__ = _reduced
    return made


def _reduced(value: tuple) -> tuple:
    return tuple, (tuple(value),)
