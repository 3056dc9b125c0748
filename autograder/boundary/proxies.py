"""Proxies: what a test cell in the grader has of objects that stay in the student's kernel."""

from __future__ import annotations

import inspect
import operator
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from autograder.boundary import packing, signatures
from autograder.boundary.named_tuples import class_of
from autograder.boundary.operators import Operators, is_code
from autograder.boundary.reply import Reply
from autograder.errors import BoundaryError, StudentError

if TYPE_CHECKING:
    from autograder.boundary.student import Student

__all__ = ["OnlyAsked", "Proxy", "asked"]

READABLE = ("__annotations__", "__defaults__", "__match_args__", "__name__", "__qualname__")
DECIDING = frozenset(
    ["all", "allclose", "any", "array_equal", "dist", "endswith", "eq", "equal", "equals", "ge", "gt", "isclose",
     "isdisjoint", "issubset", "issuperset", "le", "lt", "ne", "startswith"]
)  # fmt: skip
"""Methods of plain data that compare it: an object that has one of them in its place would decide itself."""
CONTENTS: dict[str, tuple[type, Callable]] = {
    **{
        kind.__name__: (kind, kind)
        for kind in (int, float, complex, str, bytes, list, tuple, dict, set, frozenset)
    },
    "deque": (list, deque),
    "PosixPath": (str, PurePosixPath),
    "PurePosixPath": (str, PurePosixPath),
    "SimpleNamespace": (dict, lambda data: SimpleNamespace(**data)),
    "dict_keys": (list, lambda data: dict.fromkeys(data).keys()),
    "dict_items": (list, lambda data: dict(data).items()),
}
"""For Python's own classes, as what their data cross and what these make here; see `autograder.boundary.contents`."""
ITEMS_PER_TRIP = 16
MAX_LENGTH = 10_000_000
"""What a test cell may take for a length: it may make a list of as many items."""


class Proxy(Operators):
    # Stands for a function or an object that stays in the student's kernel.
    #
    # Calling it, reading or setting a public attribute, indexing, `len` and iteration are round trips, and so are
    # those operators that may be asked of it. (No docstring: `f.__doc__` in a test cell is that of the student's
    # function. Its own names are such as no student's object has.)

    __slots__ = ("_proxy_type_name",)

    def __init__(self, student: Student, number: int, type_name: str) -> None:
        super().__init__(student, number)
        self._proxy_type_name = type_name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._proxy_student.call(self, arguments, keywords)

    def _proxy_call_many(self, argument_lists: Sequence[Sequence]) -> list[Reply]:
        """Call it once for each list of arguments, in one round trip."""
        return self._proxy_student.call_many(self, argument_lists)

    def _proxy_fetch(self) -> Any:
        """Its value as plain data, where it is of a type that crosses; otherwise a handle."""
        return self._proxy_student.call(operator.itemgetter(0), ([self],))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") and name not in READABLE and not self._proxy_student.may_read(name):
            raise AttributeError(f"private attribute '{name}' of a student's object is not read")
        if name == "__annotations__":
            return self._proxy_annotations(getattr, name)
        value = self._proxy_student.read(getattr, self, name)
        if name == "close":
            self._proxy_student.ahead.pop(self._proxy_number, None)
        if name in DECIDING and type(value) is Proxy:
            raise TypeError(
                f"expected plain data for '{name}', got an object of class {self._proxy_type_name}"
            )
        return value

    def __getitem__(self, key: Any) -> Any:
        return self._proxy_student.read(operator.getitem, self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._proxy_student.call(operator.setitem, (self, key, value))

    def __delitem__(self, key: Any) -> None:
        self._proxy_student.call(operator.delitem, (self, key))

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_proxy_"):
            object.__setattr__(self, name, value)
        elif name.startswith("_") and not self._proxy_student.may_read(name):
            raise AttributeError(f"private attribute '{name}' of a student's object is not set")
        else:
            self._proxy_student.call(setattr, (self, name, value))

    def __delattr__(self, name: str) -> None:
        if name.startswith("_") and not self._proxy_student.may_read(name):
            raise AttributeError(f"private attribute '{name}' of a student's object is not deleted")
        self._proxy_student.call(delattr, (self, name))

    def __enter__(self) -> Any:
        return self._proxy_student.call(operator.methodcaller("__enter__"), (self,))

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: Any) -> None:
        # what it makes of an error is not asked: an assertion of the test's may be that error
        self._proxy_student.call(operator.methodcaller("__exit__", _told(kind), None, None), (self,))

    def __await__(self) -> Generator[Any, None, Any]:
        return self._proxy_student.wait_for(self)

    def __aiter__(self) -> Any:
        return self._proxy_student.read(aiter, self)

    async def __anext__(self) -> Any:
        try:
            return await self._proxy_student.read(anext, self)
        except StudentError as error:
            if getattr(error, "student_type", None) != StopAsyncIteration.__name__:
                raise
        raise StopAsyncIteration

    async def __aenter__(self) -> Any:
        return await self._proxy_student.call(operator.methodcaller("__aenter__"), (self,))

    async def __aexit__(self, kind: type[BaseException] | None, error: Any, trace: Any) -> None:
        await self._proxy_student.call(operator.methodcaller("__aexit__", _told(kind), None, None), (self,))

    def __next__(self) -> Any:
        ahead = self._proxy_student.ahead.setdefault(self._proxy_number, deque())
        for item in [ahead.popleft()] if ahead else self._proxy_next(1):
            return item
        raise StopIteration

    def _proxy_next(self, count: int) -> list:
        """Up to so many further items of an iterator; fewer mean that it is at its end."""
        items = self._proxy_student.next_of(self, count)
        if type(items) is not list or len(items) > count:
            raise BoundaryError.not_understood("an iterator gave something else than items")
        return items

    def __len__(self) -> int:
        length = self._proxy_student.inquire(len, self)
        if type(length) is not int or not 0 <= length <= MAX_LENGTH:
            raise TypeError(f"the length of a student's {self._proxy_type_name} is not a usable number")
        self._proxy_student.measured.add(self._proxy_number)
        return length

    def __iter__(self) -> Iterator:
        if self._proxy_number not in self._proxy_student.measured:
            return self._proxy_items()
        return self._proxy_as_many(len(self))

    def _proxy_as_many(self, length: int) -> Iterator:
        """Its items, where a test has asked how many there are: `zip` would take fewer for all of them."""
        given = 0
        for item in self._proxy_items():
            given += 1
            yield item
        if given != length:
            raise TypeError(
                f"a student's {self._proxy_type_name} has a length of {length} and gives {given} items"
            )

    def _proxy_items(self) -> Iterator:
        iterator = self._proxy_student.read(iter, self)
        if not isinstance(iterator, Proxy):
            raise TypeError(f"a student's {self._proxy_type_name} cannot be iterated")
        # what was asked for ahead stays for the next one who goes on with the same iterator
        ahead = self._proxy_student.ahead.setdefault(iterator._proxy_number, deque())
        more = True
        while ahead or more:
            if not ahead:
                items = iterator._proxy_next(ITEMS_PER_TRIP)
                more = len(items) == ITEMS_PER_TRIP
                ahead.extend(items)
            if ahead:
                yield ahead.popleft()

    @property
    def __doc__(self) -> Any:  # type: ignore[override]
        return self._proxy_student.read(getattr, self, "__doc__")

    @property
    def __signature__(self) -> inspect.Signature:
        """Of the student's function, as `inspect.signature` shows it."""
        return signatures.signature_of(self._proxy_student.ask("signature", self))

    def _proxy_annotations(self, function: Callable, *arguments: Any, **keywords: Any) -> dict[str, Any]:
        """What a function that gives annotations gives of it, such as `typing.get_type_hints`."""
        how = {"function": function, "arguments": arguments, "keywords": keywords}
        return signatures.annotations_of(self._proxy_student.ask("annotations", self, **how))

    def __str__(self) -> str:
        return self._proxy_apply(str)

    def __format__(self, how: str) -> str:
        return self._proxy_apply(format, how)

    def __instancecheck__(self, instance: Any) -> bool:
        kind = class_of(instance)
        if type(kind) is Proxy:
            return kind._proxy_asks("subclass", self)
        return type(instance) is Proxy and instance._proxy_asks("instance", self)

    def __subclasscheck__(self, kind: Any) -> bool:
        return type(kind) is Proxy and kind._proxy_asks("subclass", self)

    def __mro_entries__(self, bases: tuple) -> tuple:
        raise TypeError(
            "expected a class of the test's own to derive from, got a student's: derive from it in a given cell"
        )

    def _proxy_asks(self, question: str, kind: Any = None) -> bool:
        """One of Python's questions about it that is answered with yes or no, as the student's kernel says."""
        answer = self._proxy_student.ask("is", self, question=question, kind=packing.named(kind))
        if type(answer) is not bool:
            raise BoundaryError.not_understood("neither yes nor no")
        return answer

    def _proxy_apply(self, question: Callable, *details: Any) -> Any:
        """Its type, its text, its names: `type`, `repr`, `dir`, `vars`."""
        ask = self._proxy_student.read if question is vars else self._proxy_student.inquire
        answer = ask(question, self, *details)
        if question is vars and type(answer) is Proxy:  # of a class they are no dict
            answer = ask(dict, answer)
        if question in (repr, str, format) and type(answer) is not str:
            raise BoundaryError.not_understood("a text is none")
        return answer

    def _proxy_content(self, *names: str) -> Any:
        """What it is as data, if these methods of it are those of data; otherwise itself."""
        match self._proxy_student.ask("content", self, names=names):
            case (str(kind), data) if kind in CONTENTS and type(data) is CONTENTS[kind][0]:
                return CONTENTS[kind][1](data)
            case (str(), Proxy()) | None:  # too large, or none
                return self
        raise BoundaryError.not_understood("what an object is as data is none")

    def _proxy_is(self, other: Any) -> bool:
        """Whether it is the same object, as the student's kernel says."""
        if type(other) is Proxy:
            return other._proxy_number == self._proxy_number and other._proxy_student is self._proxy_student
        return is_code(other) and self._proxy_asks("same", other)

    def _proxy_refuse(self, comparing: bool = False) -> Any:
        if comparing:
            raise TypeError(f"expected plain data to compare, got an object of class {self._proxy_type_name}")
        raise TypeError(f"expected plain data, got an object of class {self._proxy_type_name}")

    def __repr__(self) -> str:
        # a library that only shows what it has met is not told
        if self._proxy_student.is_own(sys._getframe(1).f_code.co_filename):
            return self._proxy_apply(repr)
        return f"<{self._proxy_type_name} in the student's kernel>"


def _told(kind: type[BaseException] | None) -> type[BaseException] | None:
    """The class of an error as the student's code is told it."""
    return kind if kind is None or kind.__module__ == "builtins" else Exception


del Operators.__slots__, Proxy.__slots__  # a test may read those of a student's class


@dataclass(frozen=True, kw_only=True)
class OnlyAsked:
    """A proxy that goes into the kernel for a question only."""

    proxy: Proxy


def asked(value: Any) -> Any:
    """A value as it goes into the kernel for a question only."""
    return OnlyAsked(proxy=value) if type(value) is Proxy else value
