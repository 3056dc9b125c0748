"""The seed from which hidden tests make their data: always the same one, except where they are measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["grading_seed", "seeded"]

_SEED: ContextVar[int] = ContextVar("grading_seed", default=20260401)


def grading_seed() -> int:
    """The seed of this grading. A check derives all its random data from it, so two gradings agree."""
    return _SEED.get()


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Grade with another seed inside the block: to measure how often a correct answer fails.

    Args:
        seed: Any integer.
    """
    token = _SEED.set(seed)
    try:
        yield
    finally:
        _SEED.reset(token)
