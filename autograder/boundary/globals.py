"""The global names of a student's notebook, as its kernel says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.boundary import wire
from autograder.boundary.proxies import Proxy
from autograder.boundary.raised import StudentClasses
from autograder.boundary.reply import Reply
from autograder.errors import BoundaryError

__all__ = ["Globals"]


class Globals:
    """What a test cell asks of the names of a notebook: at its beginning, and in its midst.

    Args:
        classes: Names of classes that the notebook's other cells define: what the test cell makes of them is its own.
    """

    def __init__(self, classes: frozenset[str]) -> None:
        self._classes = StudentClasses()
        self._kept: list[int] = []
        self._made_by = classes
        self._names: dict[int, str] = {}

    def look_up(self, names: Sequence[str]) -> dict[str, Any]:
        """The values of global names, plain data or proxies; names that do not exist are left out."""
        names = list(names)
        buffers = self._request({"op": "look_up", "names": names, "kept": self._kept})
        values = wire.decode_names(buffers, self._make_proxy, names, self._classes)
        self._names = {value._proxy_number: name for name, value in values.items() if type(value) is Proxy}
        for name in self._made_by & values.keys():
            if type(values[name]) is Proxy:
                values[name]._proxy_makes = True
        self._keep(*(Reply(value=values[name]) if name in values else None for name in names))
        return values

    def name_of(self, proxy: Proxy) -> str | None:
        """The global name under which it was looked up."""
        return self._names.get(proxy._proxy_number)

    def names(self) -> list[str]:
        """All global names of the notebook, as the kernel says."""
        found = self._value({"op": "names"})
        if type(found) is not list or not all(type(name) is str for name in found):
            raise BoundaryError.not_understood("the names of a notebook are none")
        return found

    def value_of(self, name: str) -> Any:
        """The value of one global name, in the midst of a test cell; raises `KeyError` where it does not exist."""
        return self._value({"op": "global", "name": name})

    def has(self, name: str, module: str, attribute: str) -> bool:
        """Whether a global name of the notebook is what is called so in a module, as the kernel says.

        Args:
            attribute: What it is called there; empty for the module itself.
        """
        try:
            return self._value({"op": "same", "name": name, "module": module, "attribute": attribute}) is True
        except BoundaryError:
            raise
        except Exception:  # there is no such module
            return False

    def _value(self, request: dict) -> Any:
        raise NotImplementedError

    def _request(self, request: dict) -> list[bytes]:
        raise NotImplementedError

    def _keep(self, *replies: Reply | None) -> None:
        raise NotImplementedError

    def _make_proxy(self, number: int, type_name: str) -> Proxy:
        raise NotImplementedError
