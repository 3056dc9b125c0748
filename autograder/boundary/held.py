"""The student's objects that a value of the grader's holds, in whatever Python can look into."""

from __future__ import annotations

import copy
import gc
import types
from collections.abc import Iterable
from typing import Any

from autograder.boundary.proxies import Proxy

__all__ = ["copied", "objects_in"]

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
