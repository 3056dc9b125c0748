"""What Python's own modules say of an object is asked of a student's object where it is: in the student's process.

`inspect.isfunction(f)`, `dataclasses.asdict(p)` and their like look into an object, which a proxy does not have.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from autograder.boundary.proxies import Proxy

__all__ = ["ask_where_objects_are"]

ASKING = {
    dataclasses: ("asdict", "astuple", "fields", "is_dataclass", "replace"),
    inspect: (
        *(name for name in inspect.__all__ if name.startswith("is")),
        "classify_class_attrs", "get_annotations", "getattr_static", "getdoc", "getfullargspec", "getgeneratorstate",
        "getmembers", "getmembers_static", "getmro",
    ),
    typing: ("get_type_hints",),
}  # fmt: skip


def ask_where_objects_are() -> None:
    """For good: of anything but an object of the student's these functions say what they always say."""
    for module, name in _functions():
        setattr(module, name, _asked(getattr(module, name)))


def _functions() -> Iterator[tuple[ModuleType, str]]:
    for module, names in ASKING.items():
        yield from ((module, name) for name in names)


def _asked(original: Callable) -> Callable:
    @functools.wraps(original)
    def function(*arguments: Any, **keywords: Any) -> Any:
        if arguments and type(arguments[0]) is Proxy:
            # by its name, as which it goes there
            return arguments[0]._proxy_student.inquire(function, *arguments, **keywords)
        return original(*arguments, **keywords)

    return function
