"""The student's kernel, as a test cell in the grader sees it."""

from __future__ import annotations

import sys
import warnings
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from autograder.boundary import packing, wire
from autograder.boundary.arguments import take_over
from autograder.boundary.awaiting import Awaiting
from autograder.boundary.channel import Channel
from autograder.boundary.current import current_student
from autograder.boundary.globals import Globals
from autograder.boundary.held import go_on_with, gone
from autograder.boundary.named_files import NamedFiles
from autograder.boundary.operators import Operators
from autograder.boundary.origins import MADE, MIXED, Origins
from autograder.boundary.proxies import OnlyAsked, Proxy, asked
from autograder.boundary.raised import StudentClasses, made
from autograder.boundary.reply import Reply
from autograder.boundary.stand_ins import Callbacks, Handed, Replacements, is_callback
from autograder.boundary.texts import has_text, spells
from autograder.boundary.withheld import kind_of_object, withhold
from autograder.errors import BoundaryError

__all__ = ["Student"]

WITHHELD_KEPT = 3
MAX_BYTES_PER_CELL = 512 * 2**20
MAX_BYTES_OF_FILE = 4 * 2**20
MAX_WARNINGS = 100
MAX_BYTES_KEPT = 32 * 2**20
"""Of what crosses during a test cell, how much is kept to tell what it was."""


class Student(Awaiting, Globals):
    """The student's kernel, seen from one test cell.

    Args:
        cell: The source of the test cell, which decides the inputs that it draws.
        withholds: Says whether what the student's code raises now may carry hidden inputs.
        files: The file names of its code: functions from there can be called by the student's code.
        shipped: What the file names of modules begin with that the student has, too; None where there are none.
        classes: Names of classes that the notebook's other cells define: what the test cell makes of them is its own.

    Attributes:
        searches: How many searches for inputs the test cell has begun.
        wrong_call: Of the last search that found something wrong, which of its calls that was, counted from 1; or 0.
        withheld: What the student's code raised and is for markers only, the last few.
        files: Those that cross before and after each request, where the test cell names some.
        filters: Of warnings, as they are where the test cell wants to know of none.
        ahead: Of the student's iterators, by their numbers, the items that were asked for before they were needed.
        origins: What the test cell has done with the student's objects.
        measured: The numbers of those that were asked for their length.
        channel: The way into the kernel.
        crossed: What has come back, in its order, up to a bound; None for each name that did not exist.
        heard: Whether a text of the student's has come in another way: printed, called back with, written, as source.
    """

    def __init__(
        self,
        channel: Channel,
        cell: str = "",
        withholds: Callable[[], bool] = lambda: False,
        files: frozenset[str] = frozenset(),
        shipped: str | None = None,
        classes: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(classes)
        self.cell = cell
        self.searches = 0
        self.wrong_call = 0
        self.withheld: deque[str] = deque(maxlen=WITHHELD_KEPT)
        self.files: NamedFiles | None = None
        self.filters: Sequence | None = None
        self.ahead: dict[int, deque] = {}
        self.measured: set[int] = set()
        self.origins = Origins()
        self.crossed: list[Reply | None] = []
        self.heard = False
        self._withholds = withholds
        self.channel = channel
        self._files = files
        self._shipped = shipped
        self._received = 0
        self._listens = False
        self._classes = StudentClasses(cell)
        self._callbacks = Callbacks(files, documented="__doc__" in cell)
        self._replacements: Replacements | None = None
        self._handed: Handed | None = None
        self._changing: Collection[str] = ()
        self._namespace: dict = {}
        self._seeds: list[tuple[str, tuple]] = []
        channel.serve = self._serve

    def go_on_with(self, values: Iterable[Any]) -> None:
        """Begin with the objects of the last test cell that some values hold, where the kernel is still the same."""
        before, self.channel.student = self.channel.student, self
        self._kept = go_on_with(self, before, values) if before is not None else []

    def has_told(self, spelled: bool = False) -> bool:
        """Whether any text has come from the student's code; `spelled`: or a number, of which one can be made."""
        return self.heard or self._received > MAX_BYTES_KEPT or has_text(self.crossed, spelled)

    def may_read(self, name: str) -> bool:
        """Whether the course's own code asks for this private attribute; libraries only try what an object is."""
        if name.startswith("__"):  # they try these from C, where no frame tells who asks
            return name in self.cell
        return self.is_own(sys._getframe(2).f_code.co_filename)

    def is_own(self, filename: str) -> bool:
        """Whether code of this file name is the test cell's, or of a module that the assignment ships."""
        return filename in self._files or self._shipped is not None and filename.startswith(self._shipped)

    def watch(self, names: Sequence[str], namespace: dict) -> None:
        """From now on what the test cell puts in the place of these names is there for the student's code, too."""
        self._replacements = Replacements(
            names, namespace, lambda value: type(value) is Proxy or is_callback(value, self._files)
        )

    def change(self, names: Collection[str], namespace: dict) -> None:
        """From now on the values of these names are, behind each call that gets them, as the student's code left them."""
        self._changing, self._namespace = names, namespace

    def hand_over(self, names: Sequence[str], namespace: dict, known: Sequence[str]) -> None:
        """From now on the data that the test cell gives to these names are there for the student's code, too."""
        self._handed = Handed(names, namespace, self._pack, known)

    def leave(self, names: Sequence[str], namespace: dict) -> None:
        """Give the data that the test cell has given to these names, and those handed over, to later cells."""
        if self.channel.broken is None:
            self._define(self._handed)
            self._define(Handed(names, namespace, self._pack))

    def seed(self, function: str, arguments: tuple) -> None:
        """Seed a random generator in the kernel before the next request, with the function of this name."""
        self._seeds.append((function, arguments))

    def finish(self) -> None:
        """Take back what was put in the place of the student's names.

        Raises:
            AssertionError: A function of the test cell's has failed, though the student's code caught that.
        """
        if self._replacements is not None and self._replacements.used:
            self._replacements = None
            self._value({"op": "restore"})
        if self._callbacks.failed is not None:
            raise self._callbacks.failed

    def call(self, function: Callable, arguments: Sequence = (), keywords: dict | None = None) -> Any:
        """Call a function in the kernel: a proxy, or a library function.

        Raises:
            BoundaryError: An argument may not be sent, or the reply is not plain data.
            Exception: What the function raised.
        """
        changing = [
            (number, argument)
            for number, argument in enumerate(arguments)
            if any(argument is self._namespace.get(name) for name in self._changing)
        ]
        makes = type(function) is Proxy and function._proxy_makes
        before = len(self.origins.changed)
        [reply] = self.call_many(
            asked(function) if makes else function,
            [arguments],
            keywords,
            after=bool(changing),
            handles=bool(changing),
            make=self._make_proxy if makes else None,
        )
        for number, argument in changing if reply.arguments_after else ():
            take_over(argument, reply.arguments_after[number])
        result = reply.result()
        if makes and type(result) is Proxy:
            result._proxy_origin = MADE
            for part in set(self.origins.changed[before:]):
                self.origins.join(part, [result._proxy_number])
        elif type(function) is Proxy and type(result) is Proxy:
            result._proxy_origin = min(function._proxy_origin, MIXED)
        return result

    def inquire(self, function: Callable, *values: Any, **keywords: Any) -> Any:
        """Call a library function that only asks something of objects, which are behind it what they were."""
        return self._inquire(function, values, self._make_proxy, keywords)

    def read(self, function: Callable, *values: Any) -> Any:
        """The same where what comes back are parts of these objects: what is done with a part is done with the whole."""
        return self._inquire(function, values, self._part_of(values))

    def _inquire(
        self,
        function: Callable,
        values: Sequence,
        make: Callable[[int, str], Proxy],
        keywords: dict | None = None,
    ) -> Any:
        [reply] = self.call_many(function, [list(map(asked, values))], keywords, after=False, make=make)
        return reply.result()

    def call_many(
        self,
        function: Callable,
        argument_lists: Sequence[Sequence],
        keywords: dict | None = None,
        after: bool = True,
        handles: bool = False,
        make: Callable[[int, str], Proxy] | None = None,
    ) -> list[Reply]:
        """Call a function once for each list of arguments, in one round trip.

        Args:
            make: Makes the proxies of what comes back; where it is not given, they are of objects that the function had.
        """
        calls = [self._pack((list(arguments), keywords or {})) for arguments in argument_lists]
        if not calls:
            return []
        settings = {"calls": calls, "after": after, "handles": handles}
        request = {"op": "call", "function": function, **settings}
        replies = [self._told(reply) for reply in self._results(request, len(calls), make)]
        if after:
            for reply, arguments in zip(replies, argument_lists, strict=True):
                # left out or shortened, a check that pairs them with its own would have nothing to compare
                if reply.error is None and len(reply.arguments_after) != len(arguments):
                    raise BoundaryError.not_understood("the arguments after a call are missing")
        return replies

    def make_error(self, kind: Any, arguments: tuple, keywords: dict) -> BaseException:
        """An exception of the student's own class, made there."""
        if (number := self._classes.number_of(kind)) is None:
            return made(kind, *arguments)
        try:
            self._value({"op": "make_error", "class": number, "arguments": (arguments, keywords)})
        except kind as error:
            return error
        raise BoundaryError.not_understood("no exception was made")

    def send(self, value: Any) -> Proxy:
        """Put an object into the kernel; the handle to it."""
        return self._value({"op": "keep", "value": value})

    def ask(self, op: str, proxy: Operators, **details: Any) -> Any:
        """One of the agent's operations on an object that a proxy stands for, which is behind it what it was."""
        details = {name: asked(value) for name, value in {"object": proxy, **details}.items()}
        return self._value({"op": op, **details})

    def next_of(self, iterator: Proxy, count: int) -> Any:
        """Up to so many further items of an iterator; fewer mean that it is at its end."""
        self.origins.move_on(iterator._proxy_number)
        request = {"op": "next", "object": asked(iterator), "count": count}
        return self._value(request, self._part_of([iterator]))

    def _results_of(self, awaitables: Sequence) -> list[Reply]:
        return self._results({"op": "await", "objects": awaitables}, len(awaitables))

    def _results(
        self, request: dict, count: int, make: Callable[[int, str], Proxy] | None = None
    ) -> list[Reply]:
        received = wire.decode_replies(self._request(request), make or self._given, count, self._classes)
        self._keep(*received)
        return received

    def _value(self, request: dict, make: Callable[[int, str], Proxy] | None = None) -> Any:
        reply = wire.decode_reply(self._request(request), make or self._make_proxy, self._classes)
        self._keep(reply)
        return self._told(reply).result()

    def _keep(self, *replies: Reply | None) -> None:
        if self._received <= MAX_BYTES_KEPT:
            self.crossed += replies

    def _told(self, reply: Reply) -> Reply:
        """A reply without what a raised exception may carry of hidden inputs."""
        if reply.error is None or not self._withholds():
            return reply
        error: Any = reply.error  # `load_error` gives it these attributes
        told = withhold(error)
        full = f"{error.student_traceback}\n{error.student_type}: {error}".strip()
        self.withheld.append(full)
        return replace(reply, error=told)

    def _request(self, request: dict) -> list[bytes]:
        if request["op"] != "look_up":
            self._bring_up_to_date()
        listens = self.filters is not None and self.filters != warnings.filters
        if listens is not self._listens:
            self._listens = listens
            self._plain({"op": "listen", "on": listens})
        buffers = self._exchange(request)
        if listens:
            self._warn()
        if self.files is not None:
            wanted = {"op": "take_files", "names": self.files.names, "most": MAX_BYTES_OF_FILE}
            self.files.receive(files := self._plain(wanted))
            self.heard = self.heard or bool(files)
        return buffers

    def _warn(self) -> None:
        """Warn here of what the student's code warns of there."""
        buffers = self._exchange({"op": "take_warnings", "most": MAX_WARNINGS})
        for error in wire.decode_errors(buffers, self._make_proxy, self._classes, MAX_WARNINGS):
            self._keep(Reply(error=error))
            if isinstance(error, Warning):
                told: Any = withhold(error) if self._withholds() else error
                warnings.warn_explicit(told, type(error), "<student>", 1)

    def _plain(self, request: dict) -> Any:
        """What the kernel answers of itself, not of what it was asked to do for the test."""
        return wire.decode_reply(self._exchange(request), self._make_proxy).result()

    def _bring_up_to_date(self) -> None:
        """Carry over what the test cell has replaced and seeded."""
        for function, arguments in self._seeds:
            self._exchange({"op": "seed", "function": function, "arguments": arguments})
        self._seeds.clear()
        if self.files is not None and (written := self.files.written()):
            self._plain({"op": "put_files", "files": written})
        self._define(self._handed)
        if self._replacements is not None and (values := self._replacements.changes()):
            self._plain({"op": "replace", "values": values})

    def _define(self, handed: Handed | None) -> None:
        if handed is not None and (values := handed.changes()):
            self._plain({"op": "define", "values": values})

    def _exchange(self, request: dict) -> list[bytes]:
        if (now := current_student()) not in (None, self):
            raise gone(self, now)
        buffers = self.channel.request(self._pack(request))
        self._received += sum(map(len, buffers))
        if self._received > MAX_BYTES_PER_CELL:
            raise BoundaryError.too_large("bytes in one test cell", self._received, MAX_BYTES_PER_CELL)
        self._show_printed()
        return buffers

    def _show_printed(self) -> None:
        if printed := self.channel.take_printed():
            self.heard = True
            sys.stdout.write(printed)

    def _serve(self, buffers: list[bytes]) -> bytes:
        """Answer a call of the student's code to a function of the test cell's."""
        called = wire.decode_reply(buffers, self._given, self._classes).result()
        match called:
            case (int(number), tuple(arguments), dict(keywords)) if self._callbacks.has(number):
                self._show_printed()
            case _:
                raise BoundaryError.not_understood("not a call of a function that it was given")
        self.heard = self.heard or has_text((arguments, list(keywords.values())), spells(self.cell))
        answer = self._callbacks.call(number, arguments, keywords, self._pack)
        if self.channel.broken is not None:
            raise self.channel.broken
        return answer

    def _pack(self, value: Any) -> bytes:
        return packing.pack(value, self._handle_of, self._shipped)

    def _handle_of(self, value: Any) -> Any:
        proxy = value.proxy if type(value) is OnlyAsked else value
        if type(proxy) is not Proxy:
            return self._callbacks.handle_of(value)
        if proxy._proxy_student is not self:
            raise gone(proxy._proxy_student, self)
        if proxy is value:
            self.origins.change(proxy._proxy_number)  # whoever has it may change it
        return proxy._proxy_number

    def _make_proxy(self, number: int, type_name: str) -> Proxy:
        return Proxy(self, number, kind_of_object(type_name) if self._withholds() else type_name)

    def _given(self, number: int, type_name: str) -> Proxy:
        """Of an object that a function of the student's had, and may have changed."""
        self.origins.change(number)
        return self._make_proxy(number, type_name)

    def _part_of(self, values: Sequence) -> Callable[[int, str], Proxy]:
        wholes = [value for value in values if type(value) is Proxy]
        origin = min([MIXED, *(whole._proxy_origin for whole in wholes)])

        def make(number: int, type_name: str) -> Proxy:
            self.origins.join(number, [whole._proxy_number for whole in wholes])
            part = self._make_proxy(number, type_name)
            part._proxy_origin = origin
            return part

        return make
