"""One command at a time changes a course."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import GraderBusy
from autograder.files import make_private

__all__ = ["working_alone"]


@contextlib.contextmanager
def working_alone(state: Path) -> Iterator[None]:
    """Hold the course's lock.

    Raises:
        GraderBusy: Another grader holds it.
    """
    make_private(state)
    with open(state / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise GraderBusy(
                f"another grader is at work in {state.parent}; wait until it has finished"
            ) from None
        yield
