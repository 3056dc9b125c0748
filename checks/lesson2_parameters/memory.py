"""Checks for the memory that parameters take, in bytes and gigabytes."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from autograder.checking.search import Judge, search
from autograder.checking.values import describe, form

__all__ = ["check_bytes", "check_gigabytes"]


def check_bytes(function: Callable) -> None:
    """`function(n_parameters, bits)` is n·bits/8 as int or float, not rounded."""

    def size(n, bits):
        return Fraction(n * bits, 8)

    search(
        function,
        st.tuples(st.integers(0, 10**6), st.integers(1, 64)),
        _quantities(size),
        names=("n_parameters", "bits"),
        always=[
            *[(1, 8), (2, 16), (3, 4), (5, 1), (7, 12), (7 * 10**9, 16), (0, 32), (3, 128), (5, 1000)],
            *((1_000_003, bits) for bits in range(1, 65)),
        ],
    )


def check_gigabytes(function: Callable) -> None:
    """`function(n_bytes)` is in units of 1000³ bytes, as int or float, not rounded."""
    search(
        function,
        st.tuples(st.integers(0, 10**12)),
        _quantities(lambda n: Fraction(n) / 10**9),
        names=("n_bytes",),
        always=[
            *[(0,), (10**9,), (3_141_592_653,), (407_080,), (1_234_567_890_123,), (10**18,)],
            *[(1.5e9,), (1234.5,), (1.5,), (0.375,), (2**30,)],
        ],
    )


def _quantities(expected: Callable[..., Fraction]) -> Judge:
    """A judge of amounts, int or float, equal up to rounding errors of float64."""

    def close(value: int | float, other: Any) -> bool:
        return abs(Fraction(value) - Fraction(other)) <= abs(Fraction(other)) / 10**9

    def judge(*arguments: Any) -> str | None:
        *arguments, value = arguments
        if type(value) not in (int, float):
            return f"expected an int or a float, got {form(value)}"
        if not (type(value) is int or math.isfinite(value)):
            return f"it returned {value}"
        if close(value, expected(*arguments)):
            return None
        return f"it returned {describe(value)}: compute it by hand for this input"

    return judge
