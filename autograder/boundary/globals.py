"""The global names of a student's notebook, as its kernel says what they are."""

from __future__ import annotations

from typing import Any

from autograder.errors import BoundaryError

__all__ = ["Globals"]


class Globals:
    """What a test cell asks of the names of a notebook, beside those that it was given at its beginning."""

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
