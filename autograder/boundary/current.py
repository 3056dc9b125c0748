"""The student's kernel of the test cell that is running."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.boundary.student import Student

__all__ = ["current_student", "use_student"]

_student: ContextVar[Student | None] = ContextVar("student", default=None)


def current_student() -> Student | None:
    """The student's kernel of the test cell that is running; None under stock nbgrader."""
    return _student.get()


@contextlib.contextmanager
def use_student(student: Student) -> Iterator[None]:
    """While a test cell runs: its `send` and `in_kernel` reach this kernel."""
    token = _student.set(student)
    try:
        yield
    finally:
        _student.reset(token)
