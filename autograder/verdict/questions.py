"""What Python's own modules say of an object is asked of a student's object where it is: in the student's process.

`inspect.isfunction(f)`, `dataclasses.asdict(p)` and their like look into an object, which a proxy does not have.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import typing
from collections.abc import Callable
from typing import Any

from autograder.boundary.proxies import Proxy

__all__ = ["ask_where_objects_are"]

ASKING = {
    dataclasses: ("asdict", "astuple", "fields", "is_dataclass", "replace"),
    inspect: (
        *(name for name in inspect.__all__ if name.startswith("is")),
        "classify_class_attrs", "getattr_static", "getdoc", "getfullargspec", "getgeneratorstate",
        "getmembers", "getmembers_static", "getmro",
    ),
}  # fmt: skip
ANNOTATING = {inspect: ("get_annotations",), typing: ("get_type_hints",)}


def ask_where_objects_are() -> None:
    """For good: of anything but an object of the student's these functions say what they always say."""
    for asked, functions in ((_inquired, ASKING), (Proxy._proxy_annotations, ANNOTATING)):
        for module, names in functions.items():
            for name in names:
                setattr(module, name, _asked(getattr(module, name), asked))


def _inquired(proxy: Proxy, function: Callable, *arguments: Any, **keywords: Any) -> Any:
    return proxy._proxy_student.inquire(function, proxy, *arguments, **keywords)


def _asked(original: Callable, asked: Callable) -> Callable:
    @functools.wraps(original)
    def function(*arguments: Any, **keywords: Any) -> Any:
        if arguments and type(arguments[0]) is Proxy:
            # by its name, as which it goes there
            return asked(arguments[0], function, *arguments[1:], **keywords)
        return original(*arguments, **keywords)

    return function
