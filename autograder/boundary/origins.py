"""Where the student's objects are from, and which of them a test cell has done something with."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["CALCULATED", "GIVEN", "MADE", "MIXED", "Origins"]

GIVEN, MIXED, CALCULATED, MADE = range(4)
"""Where an object is from: a function gave it; it was read from such as the test has, or calculated of what had been calculated
and of data; it was calculated of what the test has made; the test has made it by calling a class."""


class Origins:
    """What a test cell has done with the student's objects.

    Attributes:
        changed: The numbers of those that may be others than they were, each as often as something was done.
    """

    def __init__(self) -> None:
        self.changed: list[int] = []
        self._changed: set[int] = set()
        self._wholes: dict[int, set[int]] = {}

    def is_unchanged(self, number: int) -> bool:
        return number not in self._changed

    def change(self, number: int) -> None:
        """Something is done with an object, and so with all that it is a part of."""
        found, todo = {number}, [number]
        while todo:
            wholes = self._wholes.get(todo.pop(), set()) - found
            found |= wholes
            todo += wholes
        self.changed += found
        self._changed |= found

    def move_on(self, number: int) -> None:
        """An iterator goes on; what it was made of stays what it was."""
        self._changed.add(number)

    def join(self, part: int, wholes: Iterable[int]) -> None:
        """An object was read from others, or went into them."""
        self._wholes.setdefault(part, set()).update(wholes)
