"""The world of a test cell: Python's own functions that also answer for the student's objects."""

from __future__ import annotations

import builtins
import contextlib
import inspect
import random
import sys
import types
import typing
import unittest.case
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from typing import Any
from unittest import mock

import numpy as np
import torch

from autograder.boundary.current import current_student
from autograder.boundary.named_tuples import class_of
from autograder.boundary.proxies import Proxy
from autograder.boundary.student import Student
from autograder.bounded import bounded
from autograder.course import names
from autograder.verdict.credit import INIT, IS, PATTERN
from autograder.verdict.event_loop import take_those_of_students
from autograder.verdict.questions import ask_where_objects_are

__all__ = ["OF_MODULES", "OVERRIDES", "seeding_both", "showing_sources", "standing_for_main"]


def _of_proxies(original: Callable) -> Callable:
    def function(*arguments: Any) -> Any:
        if len(arguments) == 1 and builtins.type(arguments[0]) is Proxy:
            return arguments[0]._proxy_apply(original)
        return original(*arguments)

    return function


def _of_kinds(original: Callable, question: str) -> Callable:
    def function(value: Any, kind: Any) -> Any:
        kinds = _kinds(kind)
        if builtins.type(value) is not Proxy:
            return original(value, kinds)
        return any(_asks(value, question, item) for item in kinds)

    return function


def _type(*arguments: Any) -> Any:
    kind = class_of(arguments[0]) if len(arguments) == 1 else None
    return _of_proxies(builtins.type)(*arguments) if kind is None else kind


def _kinds(kind: Any) -> tuple:
    """The classes of which one is asked for: a class, a tuple of them, `int | float`."""
    if builtins.type(kind) is tuple:
        return tuple(item for part in kind for item in _kinds(part))
    if builtins.type(kind) is types.UnionType:
        return typing.get_args(kind)
    return (builtins.type if kind is _type else kind,)


def _asks(value: Proxy, question: str, kind: Any) -> bool:
    # a class of the test cell's own stays here, and nothing of the student's is of it
    if getattr(kind, "__module__", "") == "__main__" and builtins.type(kind) is not Proxy:
        return getattr(kind, "_is_protocol", False) and all(
            hasattr(value, name)
            for name in typing._get_protocol_attrs(kind)  # type: ignore[attr-defined]
        )
    return value._proxy_asks(question, kind)


def _callable(value: Any) -> bool:
    return value._proxy_asks("callable") if builtins.type(value) is Proxy else builtins.callable(value)


def _display(*values: Any, **options: Any) -> None:
    """IPython's, which shows nothing here."""


class _Globals(MutableMapping, dict):  # type: ignore[misc, metaclass]
    """What `globals()` is in a test cell: its own names, and behind them those of the notebook.

    A dictionary, as only in such code is executed; nothing is in it but by these methods.
    """

    are_names = True  # where a text is evaluated, and not what is

    def __init__(self, own: dict[str, Any]) -> None:
        self.own = own

    def __getitem__(self, name: str) -> Any:
        student = current_student()
        if name in self.own or student is None or type(name) is not str:
            return self.own[name]
        return student.value_of(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.own[name] = value

    def __delitem__(self, name: str) -> None:
        del self.own[name]

    def names(self) -> list[str]:
        student = current_student()
        return list(dict.fromkeys([*self.own, *(student.names() if student else ())]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self.names()


def _globals() -> _Globals:
    return _Globals(sys._getframe(1).f_globals)


def _here(frame: types.FrameType) -> Any:
    """The names at a place of a test cell: of a function its own, else those of the notebook."""
    return _Globals(frame.f_globals) if frame.f_locals is frame.f_globals else frame.f_locals


def _locals() -> MutableMapping:
    return _here(sys._getframe(1))


def _vars(*arguments: Any) -> Any:
    return _of_proxies(vars)(*arguments) if arguments else _here(sys._getframe(1))


def _dir(*arguments: Any) -> list[str]:
    return _of_proxies(dir)(*arguments) if arguments else sorted(_here(sys._getframe(1)))


def _id(value: Any) -> int:
    return -value._proxy_number if builtins.type(value) is Proxy else builtins.id(value)


def _is(left: Any, right: Any) -> bool:
    """What `left is right` means where one of them may stand for a student's object."""
    for value, other in ((left, right), (right, left)):
        if builtins.type(value) is Proxy:
            return value._proxy_is(builtins.type if other is _type else other)
    return left is right


def _init(value: Any) -> Any:
    if builtins.type(value) is Proxy:
        return value._proxy_student.read(getattr, value, "__init__")
    return value.__init__


class _Pattern(type):
    """A class that stands for one of the student's in `case P(x=1):`; whether an object is of it is asked there."""

    def __new__(cls, kind: Proxy) -> _Pattern:
        return super().__new__(cls, kind._proxy_type_name, (), {})

    def __init__(cls, kind: Proxy) -> None:
        cls.kind = kind

    def __instancecheck__(cls, value: Any) -> bool:
        return OVERRIDES["isinstance"](value, cls.kind)

    @property
    def __match_args__(cls) -> Any:
        return cls.kind.__match_args__


def _pattern(kind: Any) -> Any:
    return _Pattern(kind) if builtins.type(kind) is Proxy else kind


OVERRIDES: dict[str, Any] = {
    "callable": _callable,
    "dir": _dir,
    "display": _display,
    "globals": _globals,
    "id": _id,
    "isinstance": _of_kinds(isinstance, "instance"),
    "issubclass": _of_kinds(issubclass, "subclass"),
    "locals": _locals,
    "type": _type,
    "vars": _vars,
    INIT: _init,
    IS: _is,
    PATTERN: _pattern,
}


OF_MODULES = {name: OVERRIDES[name] for name in ("callable", "display", "isinstance", "issubclass")}
"""Those that a module beside a notebook has, too: they ask nothing about the place where they are called."""

ask_where_objects_are()
take_those_of_students()
# for good: of anything but an object of the student's they say what Python's own say
vars(unittest.case).update({name: OVERRIDES[name] for name in ("isinstance", "issubclass")})


@contextlib.contextmanager
def standing_for_main(namespace: types.ModuleType) -> Iterator[None]:
    """`__main__` is the test cell's module, for `mock.patch("__main__.f")`."""
    before = sys.modules["__main__"]
    sys.modules["__main__"] = namespace
    try:
        yield
    finally:
        sys.modules["__main__"] = before


@contextlib.contextmanager
def seeding_both(student: Student, filename: str) -> Iterator[None]:
    """A seed that the test cell itself sets is also set where the student's code draws."""

    def both(name: str, original: Callable) -> Callable:
        def seed(*arguments: Any, **keywords: Any) -> Any:
            values = (*arguments, *keywords.values())
            if sys._getframe(1).f_code.co_filename == filename and all(
                type(value) in (int, float, str, bytes) for value in values
            ):
                student.seed(name, values)
            return original(*arguments, **keywords)

        return seed

    with (
        mock.patch.object(random, "seed", both("random.seed", random.seed)),
        mock.patch.object(np.random, "seed", both("numpy.random.seed", np.random.seed)),
        mock.patch.object(torch, "manual_seed", both("torch.manual_seed", torch.manual_seed)),
    ):
        yield


@contextlib.contextmanager
def showing_sources(student: Student, sources: Sequence[str]) -> Iterator[None]:
    """`inspect.getsource` of a student's function or class gives what stands in the submitted notebook."""
    original = inspect.getsourcelines

    def lines(value: Any) -> tuple[list[str], int]:
        if type(value) is not Proxy:
            return original(value)
        found = _source_of(student.name_of(value), sources)
        student.heard = True
        if found is None:
            raise OSError("could not get source code: it is no function or class of the notebook's own")
        return found, 0

    def source(value: Any) -> str:
        return "".join(lines(value)[0])

    with mock.patch.object(inspect, "getsourcelines", lines), mock.patch.object(inspect, "getsource", source):
        yield


def _source_of(name: str | None, sources: Sequence[str]) -> list[str] | None:
    """The text of the definition that was the last to give a name its value; None where something else did."""
    for text in reversed(sources):
        with contextlib.suppress(*names.UNREADABLE):
            if name in bounded(names.defined, text):
                found = bounded(names.source_of, text, name)
                return found.splitlines(keepends=True) if found is not None else None
    return None
