"""What the student's code raised, as exceptions that a test cell in the grader can meet."""

from __future__ import annotations

import builtins
import collections
import functools
import re
import sys
from collections.abc import Callable
from typing import Any

from autograder.boundary.current import current_student
from autograder.boundary.named_tuples import tuple_class
from autograder.errors import BoundaryError, StudentError
from autograder.text import clean_text

__all__ = ["StudentClasses", "error_class", "load_error"]

MAX_CLASSES = 200
_COUNTED = re.compile(r" \(\d+ sub-exceptions?\)\Z")
FACTORIES: dict[str, type] = {kind.__name__: kind for kind in (bool, dict, float, int, list, set, str, tuple)}
_UNSAFE_TO_RAISE = (StopIteration, StopAsyncIteration, GeneratorExit, BaseExceptionGroup)
_CONTROLLING = frozenset(["_pytest", "asyncio", "bdb", "doctest", "pdb", "pytest", "test", "unittest"])
"""Modules whose exceptions say to what runs tests what it is to do."""
LIBRARIES = frozenset(
    ["matplotlib", "networkx", "numpy", "pandas", "scipy", "sklearn", "statsmodels", "sympy", "torch"]
)


def load_error(
    data: Any,
    class_of: Callable[[int], type | None] = lambda number: None,
    value_of: Callable[[Any], Any] = lambda part: None,
) -> BaseException:
    """An exception from its description: of the same class where that is safe to raise, else a `StudentError`.

    Args:
        class_of: The class that stands for one of the student's own classes of exceptions, by its number.
        value_of: Decodes its arguments, and the attributes that it has.
    """
    if not isinstance(data, dict):
        raise BoundaryError.not_understood("an exception is not described")
    fields: dict[str, Any] = {key: data.get(key) for key in ("type", "builtin", "message", "trace")}
    if not all(isinstance(value, str) for value in fields.values()):
        raise BoundaryError.not_understood("an exception is not described")
    message, name = clean_text(fields["message"]), clean_text(fields["type"])
    numbers = data.get("classes")
    numbers = numbers[:MAX_CLASSES] if isinstance(numbers, list) else []
    known = [found for number in numbers if type(number) is int and (found := class_of(number))]
    state = value_of(data.get("state"))
    state = state if type(state) is dict else {}
    error: Any = None
    kind = known[0] if known else _usable(data.get("module"), fields["type"])
    members = data.get("members")
    if isinstance(members, list) and members and fields["builtin"] == ExceptionGroup.__name__:
        error = _group(message, [load_error(member, class_of, value_of) for member in members])
    elif kind is not None:
        error = _of_kind(kind, value_of(data.get("args")), state, message)
    if error is None:
        try:
            error = made(error_class("StudentError", fields["builtin"]), f"{name}: {message}")
        except Exception:
            error = StudentError(f"{name}: {message}")
        _give(error, state)
    if data.get("cause") is not None:
        error.__cause__ = load_error(data["cause"], class_of, value_of)
    error.student_traceback = clean_text(fields["trace"])
    error.student_type = name
    return error


def made(kind: type, *arguments: Any) -> Any:
    """An exception of a class that may stand for one of the student's."""
    return type.__call__(kind, *arguments)


def _usable(module: Any, name: str) -> type | None:
    """A class of exceptions of Python's or a library's, where it is safe to raise in the grader."""
    if not isinstance(module, str) or module.partition(".")[0] in _CONTROLLING:
        return None
    if module.partition(".")[0] not in sys.stdlib_module_names | LIBRARIES:
        return None
    kind = getattr(sys.modules.get(module), "__dict__", {}).get(name)
    if kind in (SystemExit, KeyboardInterrupt):  # a test may expect it; whatever runs a test cell stops it
        return kind
    usable = isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, _UNSAFE_TO_RAISE)
    return kind if usable and kind.__module__ == module else None


def _group(message: str, members: list[BaseException]) -> BaseException | None:
    """A group of exceptions; None where it holds one that is none of `Exception`."""
    try:
        return ExceptionGroup(_COUNTED.sub("", message), members)  # type: ignore[type-var]
    except TypeError:
        return None


def _of_kind(kind: type, arguments: Any, state: dict[Any, Any], message: str) -> BaseException | None:
    """An exception of a class with a message; with its arguments, where these give that; None where neither does."""
    for given in ([arguments] if type(arguments) is tuple and _is_data(arguments) else []) + [(message,)]:
        try:
            error = (
                made(kind, *given) if kind.__module__ == "builtins" else BaseException.__new__(kind, *given)
            )
            _give(error, state)
            if str(error) == message:
                return error
        except Exception:  # UnicodeDecodeError and others need more arguments
            continue
    return None


def _is_data(value: Any) -> bool:
    """Whether nothing in it is an object of the student's, which would be asked for its text."""
    if type(value) in (list, tuple, set, frozenset):
        return all(map(_is_data, value))
    if type(value) is dict:
        return all(map(_is_data, (*value.keys(), *value.values())))
    return value is None or type(value) in (bool, int, float, complex, str, bytes)


def _give(error: BaseException, state: dict[Any, Any]) -> None:
    for name, value in state.items():
        readable = type(name) is str and name.isidentifier() and not hasattr(type(error), name)
        if readable and (not name.startswith("_") or name == "__notes__" and type(value) is list):
            vars(error)[name] = value


class StudentClasses:
    """Classes that stand for the student's own during one test cell: of exceptions, by their numbers, and named tuples.

    Args:
        cell: The source of the test cell.
    """

    def __init__(self, cell: str = "") -> None:
        self._known: dict[int, type[StudentError]] = {}
        self._tuples: dict[tuple, Any] = {}
        self._plain = re.search(r"\bchecks\b", cell) is not None
        self._read = frozenset(re.findall(r"\.\s*([^\W\d]\w*)", cell))

    def make(self, number: int, name: str, bases: tuple[str | type, ...]) -> type[StudentError]:
        """The class for a number; one name and the same bases give one class."""
        if len(self._known) >= MAX_CLASSES:
            raise BoundaryError.too_large("classes of exceptions", len(self._known) + 1, MAX_CLASSES)
        return self._known.setdefault(number, error_class(name, *bases))

    def tuple_of(self, name: str, fields: list[str], items: tuple, kind: Any = None) -> tuple:
        """A named tuple of the student's; for checks, which compare what is in it, a plain one but where they read a name.

        Args:
            kind: The proxy of its class.
        """
        if self._plain and not self._read.intersection(fields):
            return items
        found = getattr(kind, "_proxy_number", None), name, tuple(fields)
        if found not in self._tuples:
            self._tuples[found] = tuple_class(name, tuple(fields), kind)
        return self._tuples[found]._make(items)

    def dictionary_of(self, kind: str, factory: str | None, items: dict) -> dict:
        """A dictionary of one of the kinds of `collections`; a plain one for checks, which compare what is in it."""
        if self._plain or factory is not None and factory not in FACTORIES:
            return items
        if kind == "defaultdict":
            return collections.defaultdict(FACTORIES.get(factory or ""), items)
        kinds = {"Counter": collections.Counter, "OrderedDict": collections.OrderedDict}
        if kind not in kinds:
            raise BoundaryError.not_understood("an unknown kind of dictionary")
        made: dict = kinds[kind]()
        for key, item in items.items():
            made[key] = item
        return made

    def number_of(self, kind: type) -> int | None:
        """The number of a class that stands for one of the student's."""
        return next((number for number, known in self._known.items() if known is kind), None)

    def find(self, number: int) -> type[StudentError] | None:
        return self._known.get(number)


class _StandingFor(type):
    """A class that stands for one of the student's, which derives from nothing of the grader's."""

    def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
        student = current_student()
        return student.make_error(cls, arguments, keywords) if student else made(cls, *arguments)

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
