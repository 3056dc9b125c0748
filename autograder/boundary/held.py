"""The student's objects that values of the grader's hold, and with which a later test cell goes on."""

from __future__ import annotations

import copy
import gc
import types
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from autograder.boundary.named_tuples import class_of
from autograder.boundary.origins import MIXED
from autograder.boundary.proxies import Proxy
from autograder.errors import BoundaryError

if TYPE_CHECKING:
    from autograder.boundary.student import Student

__all__ = ["copied", "go_on_with", "gone", "objects_in"]

MOST = 1_000_000
"""Values that are looked at."""
_LEADING_ELSEWHERE = (type, types.ModuleType, types.FunctionType, types.FrameType, types.TracebackType)
"""What leads to all of a library, or of the engine."""


def objects_in(values: Iterable[Any]) -> list[Proxy]:
    """The proxies in some values, in lists, dictionaries and objects of any class; each of them once."""
    found, todo = [], list(values)
    seen: dict[int, Any] = {}  # kept, so that no other value comes to lie in the place of one of them
    while todo and len(seen) < MOST:
        value = todo.pop()
        if (kind := class_of(value)) is not None:
            todo.append(kind)
        if id(value) in seen or not gc.is_tracked(value) or isinstance(value, _LEADING_ELSEWHERE):
            continue
        seen[id(value)] = value
        if type(value) is Proxy:
            found.append(value)
        else:
            todo += gc.get_referents(value)
    return found


def copied(value: Any, known: dict[int, Any] | None = None) -> Any:
    """A copy of a value, whatever is made of it later; the student's objects in it are what they are.

    Args:
        known: What has been copied already, by where it lies.
    """
    known = {} if known is None else known
    known.update((id(proxy), proxy) for proxy in objects_in([value]))
    return copy.deepcopy(value, known)


def go_on_with(student: Student, before: Student, values: Iterable[Any]) -> list[int]:
    """Give a test cell the objects of the one before that some values hold.

    Whatever has been done with them since is not known: none of them is compared as its own class says.

    Returns:
        Their numbers.
    """
    numbers = []
    todo = objects_in(values)
    while todo:
        proxy = todo.pop()
        if proxy._proxy_student is not before:
            continue
        number = proxy._proxy_number
        numbers.append(number)
        proxy._proxy_student = student
        proxy._proxy_origin = min(proxy._proxy_origin, MIXED)
        student.origins.change(number)
        student.measured |= before.measured & {number}
        if number in before.ahead:
            student.ahead[number] = before.ahead.pop(number)
            todo += objects_in(student.ahead[number])
    return numbers


def gone(student: Student, now: Student | None) -> BoundaryError:
    """An object of an earlier test cell's is not there in the one that is running now."""
    if now is not None and now.channel is not student.channel:
        return BoundaryError(
            "a student's object that an earlier test cell made is gone, as the process of the student's code has ended "
            "since then: make it in this cell, too"
        )
    return BoundaryError(
        "a student's object is gone after the test cell that made it: make it in this cell, too"
    )
