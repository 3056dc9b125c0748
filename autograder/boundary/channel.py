"""The way into the student's kernel, whatever it is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.boundary.student import Student

__all__ = ["Channel"]


class Channel(ABC):
    """Carries one request to the agent in the student's kernel and its reply back.

    Attributes:
        broken: Why the kernel is of no further use, where it is; a test cell that went on
            after such an error has not passed.
    """

    broken: Exception | None = None
    serve: Callable[[list[bytes]], bytes] | None = None
    """Answers the calls of the student's code while a request is on its way; set by `Student`."""
    student: Student | None = None
    """What the last test cell had of the kernel, whose objects the next one may go on with; set by `Student`."""

    @abstractmethod
    def request(self, payload: bytes) -> list[bytes]:
        """Called by `Student` for each round trip, also while it answers a call of the student's code.

        Raises:
            CellTimeout: The student's code did not answer within the cell's time limit.
            KernelDied: The student's process ended.
        """

    def take_printed(self) -> str:
        """What the student's code has printed since the last time."""
        return ""
