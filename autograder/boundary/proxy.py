"""Proxies: the student's functions and objects, as a test cell in the grader sees them."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from autograder.boundary import wire
from autograder.boundary.withheld import withhold
from autograder.errors import BoundaryError

__all__ = ["Channel", "Proxy", "Student", "current_student", "use_student"]

_student: ContextVar[Student | None] = ContextVar("student", default=None)

ITEMS_PER_TRIP = 16
WITHHELD_KEPT = 3
MAX_BYTES_PER_CELL = 512 * 2**20
MAX_BYTES_KEPT = 32 * 2**20
"""Of what crosses during a test cell, how much is kept to tell what it was."""
MAX_LENGTH = 10_000_000
"""What a test cell may take for a length: it may make a list of as many items."""


class Channel(ABC):
    """Carries one request to the agent in the student's kernel and its reply back.

    Attributes:
        broken: Why the kernel is of no further use, where it is; a test cell that went on
            after such an error has not passed.
    """

    broken: Exception | None = None

    @abstractmethod
    def request(self, payload: bytes) -> list[bytes]:
        """Called by `Student` for each round trip.

        Raises:
            CellTimeout: The student's code did not answer within the cell's time limit.
            KernelDied: The student's process ended.
        """


class Student:
    """The student's kernel, seen from one test cell.

    Args:
        channel: The way into the kernel.
        cell: The source of the test cell, which decides the inputs that it draws.
        withholds: Says whether what the student's code raises now may carry hidden inputs.

    Attributes:
        searches: How many searches for inputs the test cell has begun.
        withheld: What the student's code raised and is for markers only, the last few.
        crossed: What has come back, in its order, up to a bound; None for each name that did not exist.
    """

    def __init__(
        self, channel: Channel, cell: str = "", withholds: Callable[[], bool] = lambda: False
    ) -> None:
        self.cell = cell
        self.searches = 0
        self.withheld: deque[str] = deque(maxlen=WITHHELD_KEPT)
        self.crossed: list[wire.Reply | None] = []
        self._withholds = withholds
        self._channel = channel
        self._received = 0

    def look_up(self, names: Sequence[str]) -> dict[str, Any]:
        """The values of global names, plain data or proxies; names that do not exist are left out."""
        names = list(names)
        buffers = self._request({"op": "look_up", "names": names})
        found = wire.decode_names(buffers, self._make_proxy, names)
        self._keep(*(wire.Reply(found[name]) if name in found else None for name in names))
        return found

    def call(self, function: Callable, arguments: Sequence = (), keywords: dict | None = None) -> Any:
        """Call a function in the kernel: a proxy, or a library function.

        Raises:
            BoundaryError: An argument may not be sent, or the reply is not plain data.
            Exception: What the function raised.
        """
        [reply] = self.call_many(function, [arguments], keywords, after=False)
        return reply.result()

    def call_many(
        self,
        function: Callable,
        argument_lists: Sequence[Sequence],
        keywords: dict | None = None,
        after: bool = True,
    ) -> list[wire.Reply]:
        """Call a function once for each list of arguments, in one round trip."""
        calls = [self._pack((list(arguments), keywords or {})) for arguments in argument_lists]
        if not calls:
            return []
        request = {"op": "call", "function": function, "calls": calls, "after": after, "keep": False}
        received = wire.decode_replies(self._request(request), self._make_proxy, len(calls))
        self._keep(*received)
        replies = [self._told(reply) for reply in received]
        if after:
            for reply, arguments in zip(replies, argument_lists, strict=True):
                # left out or shortened, a check that pairs them with its own would have nothing to compare
                if reply.error is None and len(reply.arguments_after) != len(arguments):
                    raise BoundaryError.not_understood("the arguments after a call are missing")
        return replies

    def send(self, value: Any) -> Proxy:
        """Put an object into the kernel; the handle to it."""
        return self._value({"op": "keep", "value": value})

    def ask(self, op: str, proxy: Proxy, **details: Any) -> Any:
        """One of the agent's operations on an object that a proxy stands for."""
        return self._value({"op": op, "object": proxy, **details})

    def _value(self, request: dict) -> Any:
        reply = wire.decode_reply(self._request(request), self._make_proxy)
        self._keep(reply)
        return self._told(reply).result()

    def _keep(self, *replies: wire.Reply | None) -> None:
        if self._received <= MAX_BYTES_KEPT:
            self.crossed += replies

    def _told(self, reply: wire.Reply) -> wire.Reply:
        """A reply without what a raised exception may carry of hidden inputs."""
        if reply.error is None or not self._withholds():
            return reply
        error: Any = reply.error  # `wire.load_error` gives it these attributes
        told = withhold(error)
        full = f"{error.student_traceback}\n{error.student_type}: {error}".strip()
        self.withheld.append(full)
        return replace(reply, error=told)

    def _request(self, request: dict) -> list[bytes]:
        buffers = self._channel.request(self._pack(request))
        self._received += sum(map(len, buffers))
        if self._received > MAX_BYTES_PER_CELL:
            raise BoundaryError.too_large("bytes in one test cell", self._received, MAX_BYTES_PER_CELL)
        return buffers

    def _pack(self, value: Any) -> bytes:
        return wire.pack(value, _handle_of)

    def _make_proxy(self, number: int, type_name: str) -> Proxy:
        return Proxy(self, number, type_name)


class Proxy:
    """Stands for a function or an object that stays in the student's kernel.

    Calling it, reading a public attribute, indexing, `len` and iteration are round trips.
    It is never compared and has no truth value: that would let the student decide.
    """

    __slots__ = ("_number", "_student", "_type_name")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, student: Student, number: int, type_name: str) -> None:
        self._student = student
        self._number = number
        self._type_name = type_name

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        return self._student.call(self, arguments, keywords)

    def call_many(self, argument_lists: Sequence[Sequence]) -> list[wire.Reply]:
        """Call it once for each list of arguments, in one round trip."""
        return self._student.call_many(self, argument_lists)

    def fetch(self) -> Any:
        """Its value as plain data, where it is of a type that crosses; otherwise a handle."""
        return self._student.ask("fetch", self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"private attribute '{name}' of a student's object is not read")
        return self._student.ask("attribute", self, name=name)

    def __getitem__(self, key: Any) -> Any:
        return self._student.ask("item", self, key=key)

    def __len__(self) -> int:
        length = self._student.ask("length", self)
        if type(length) is not int or not 0 <= length <= MAX_LENGTH:
            raise TypeError(f"the length of a student's {self._type_name} is not a usable number")
        return length

    def __iter__(self) -> Iterator:
        iterator = self._student.ask("iterate", self)
        if not isinstance(iterator, Proxy):
            raise TypeError(f"a student's {self._type_name} cannot be iterated")
        while True:
            items = self._student.ask("next", iterator, count=ITEMS_PER_TRIP)
            if type(items) is not list or len(items) > ITEMS_PER_TRIP:
                raise BoundaryError.not_understood("an iterator gave something else than items")
            yield from items
            if len(items) < ITEMS_PER_TRIP:
                return

    def __bool__(self) -> bool:
        raise TypeError(f"expected plain data, got an object of class {self._type_name}")

    def _refuse(self, other: Any) -> bool:
        raise TypeError(f"expected plain data to compare, got an object of class {self._type_name}")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse

    def __repr__(self) -> str:
        return f"<{self._type_name} in the student's kernel>"


def _handle_of(value: Any) -> int | None:
    return value._number if type(value) is Proxy else None


def current_student() -> Student | None:
    """The student's kernel of the test cell that is running; None under stock nbgrader."""
    return _student.get()


@contextlib.contextmanager
def use_student(student: Student) -> Iterator[None]:
    """While a test cell runs: its `send` and `in_kernel` reach this kernel."""
    token = _student.set(student)
    try:
        yield
    finally:
        _student.reset(token)
