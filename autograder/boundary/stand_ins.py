"""What a test cell changes of the names in the student's kernel.

In nbgrader a test cell that assigns `squares = ...`, deletes it, or uses `mock.patch`, changes what the
student's code calls. Here such a change is carried into the kernel before the next request, and taken back
at the end of the test cell. Only functions, mocks and objects of the student's own are carried, never data:
what a test expects must not get there by having a name of the student's.

Data, and objects of the student's, are handed over under names that the instructor's own answers read and only test cells set.
"""

from __future__ import annotations

import asyncio
import builtins
import contextlib
import importlib
import inspect
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any
from unittest.mock import NonCallableMock

from autograder.boundary.proxies import Proxy
from autograder.errors import BoundaryError

__all__ = ["MISSING", "Callbacks", "Handed", "Replacements", "is_callback"]

MISSING = object()
_MUTATING = (list, dict, set)


def is_callback(value: Any, files: frozenset[str]) -> bool:
    """Whether the student's code may call this without having it: it then runs in the grader.

    Args:
        files: The file names of code that is the test cell's own.
    """
    if isinstance(value, types.MethodType):
        value = value.__func__
    if isinstance(value, types.FunctionType):
        return value.__code__.co_filename in files
    if isinstance(value, types.BuiltinMethodType):
        return isinstance(value.__self__, _MUTATING)  # `calls.append`
    return isinstance(value, NonCallableMock)


class Callbacks:
    """Functions of the test cell's that the student's code was given: they are called here.

    Args:
        files: The file names of code that is the test cell's own.
        documented: Whether the student's code gets their docstrings, too.

    Attributes:
        failed: The first assertion that has failed in one of them, though the student's code may have caught that.
    """

    def __init__(self, files: frozenset[str], documented: bool = False) -> None:
        self.failed: AssertionError | None = None
        self._files = files
        self._documented = documented
        self._functions: list[Callable] = []

    def has(self, number: int) -> bool:
        return 0 <= number < len(self._functions)

    def handle_of(self, value: Any) -> tuple[int, str, str | None, bool] | None:
        """What the student's kernel knows a function by; None for what is no such function."""
        if not is_callback(value, self._files):
            return None
        known = [number for number, function in enumerate(self._functions) if function is value]
        if not known:
            self._functions.append(value)
        number = known[0] if known else len(self._functions) - 1
        text = getattr(value, "__doc__", None) if self._documented else None
        name = str(getattr(value, "__name__", "function"))[:100]
        return (number, name, text, asyncio.iscoroutinefunction(value))

    def call(self, number: int, arguments: tuple, keywords: dict, pack: Callable[[Any], bytes]) -> bytes:
        """Call one of them: packed, what it gives or what the student's code is told."""
        try:
            return pack(("value", _finished(self._functions[number](*arguments, **keywords))))
        except AssertionError as error:
            self.failed = self.failed or error
            return pack(("error", AssertionError()))
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            kind = type(error) if type(error).__module__ == "builtins" else RuntimeError
            return pack(("error", kind(*map(str, error.args))))


def _finished(value: Any) -> Any:
    """What a function gives; of a coroutine function's what it comes to."""
    if not inspect.iscoroutine(value):
        return value
    try:
        value.send(None)
    except StopIteration as end:
        return end.value
    value.close()
    raise BoundaryError(
        "a coroutine of the test's that waits for something is not sent to the student's code: define it in a given cell"
    )


class Replacements:
    """Compares names with what they were at the beginning of a test cell.

    Args:
        names: Global names of the notebook, and dotted names of attributes of modules.
        usable: Whether a value may be carried into the kernel.
    """

    def __init__(self, names: Iterable[str], namespace: dict, usable: Callable[[Any], bool]) -> None:
        self.namespace = namespace
        self.usable = usable
        self.used = False
        self.sent: dict[str, Any] = {name: self.value(name) for name in names}

    def changes(self) -> list[tuple[str, bool, Any]]:
        """Names whose value has changed since the last time, whether they exist, and what they are now."""
        changed = []
        for name, before in self.sent.items():
            now = self.value(name)
            if now is not before and (now is MISSING or self.usable(now) or now is self.original(name)):
                self.sent[name] = now
                changed.append((name, now is not MISSING, None if now is MISSING else now))
                self.used = True
        return changed

    def value(self, name: str) -> Any:
        module, _, attribute = name.rpartition(".")
        if module:
            return getattr(_module(module), attribute, MISSING)
        if name in self.namespace:
            return self.namespace[name]
        return getattr(builtins, name, MISSING)

    def original(self, name: str) -> Any:
        return getattr(builtins, name, None) if "." not in name else None


class Handed:
    """The data and objects of the student's that a test cell gives to some names, as they are now.

    Args:
        names: Global names of the notebook to which only test cells give values.
        pack: Makes bytes of a value; raises `BoundaryError` where it may not be sent.
        known: Those of the names whose values came from there.
    """

    def __init__(
        self, names: Iterable[str], namespace: dict, pack: Callable[[Any], bytes], known: Iterable[str] = ()
    ) -> None:
        self.names = tuple(names)
        self.namespace = namespace
        self.pack = pack
        self.sent: dict[str, bytes] = {}
        self._changes(set(self.names).intersection(known))

    def changes(self) -> dict[str, Any]:
        """Names whose value is another one than the last time, or was changed in place."""
        return self._changes(self.names)

    def _changes(self, names: Iterable[str]) -> dict[str, Any]:
        changed = {}
        for name in names:
            value = self.namespace.get(name, MISSING)
            if value is MISSING or isinstance(value, types.ModuleType):
                continue
            if callable(value) and type(value) is not Proxy:
                continue
            with contextlib.suppress(BoundaryError):
                packed = self.pack(value)
                if packed != self.sent.get(name):
                    self.sent[name] = packed
                    changed[name] = value
        return changed


def _module(name: str) -> Any:
    """A module of the standard library or one that is imported; None where there is no such module."""
    if name not in sys.modules and name.partition(".")[0] in sys.stdlib_module_names:
        try:
            return importlib.import_module(name)
        except ImportError:
            return None
    return sys.modules.get(name)
