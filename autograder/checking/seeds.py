"""The seed from which hidden tests make their data: one of a few that come from the course's secret."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

__all__ = ["DEFAULT_SEED", "derived_seed", "generator", "grading_seed", "seeded"]

DEFAULT_SEED = 20260401
"""Where nobody has set another: under stock nbgrader, and in tests of checks."""

_SEED: ContextVar[int] = ContextVar("grading_seed", default=DEFAULT_SEED)


def grading_seed() -> int:
    """The seed of this grading. A check derives all its random data from it, so two gradings agree."""
    return _SEED.get()


def generator(offset: int = 0) -> torch.Generator:
    """A random generator of this grading.

    Args:
        offset: Tells apart the generators of one course; each check uses one of its own.
    """
    import torch  # takes seconds, and whoever only grades draws nothing

    return torch.Generator().manual_seed(grading_seed() + offset)


def derived_seed(*parts: object) -> int:
    """A seed below 2**32 of this grading and of these parts; other parts, or another grading, give another.

    Args:
        parts: Whatever has a `repr` that says all that counts.
    """
    content = repr((grading_seed(), *parts))
    return int.from_bytes(hashlib.sha256(content.encode()).digest()[:4], "big")


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Grade with a seed inside the block."""
    token = _SEED.set(seed)
    try:
        yield
    finally:
        _SEED.reset(token)
