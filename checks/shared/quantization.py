"""Uniform quantization, as several assignments use it: levels, codes in range, rounding to the nearest level.

With b bits the codes are 0 … 2^b − 1 and neighbouring levels are a step Δ = (hi − lo)/(2^b − 1)
apart. Sentences about wrong values come back as strings, None where nothing is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from hypothesis import strategies as st

from autograder.checking.inputs import tensors
from autograder.checking.values import tensor_problem

__all__ = ["ULP", "codes_problem", "grid_tensors", "reconstruct", "rounding_problem", "slack", "step"]

ULP = torch.finfo(torch.float32).eps


def grid_tensors(max_dims: int = 3, max_side: int = 5) -> st.SearchStrategy[torch.Tensor]:
    """float32 tensors of 1 to `max_dims` dimensions, elements multiples of 1/64 from −4 to 4.

    A range is then either 0 or at least 1/64, and shifting or scaling by small integers is exact.
    """
    shapes = st.lists(st.integers(1, max_side), min_size=1, max_size=max_dims).map(tuple)
    return tensors(shapes).map(lambda x: (x * 64).round() / 64)


def step(lo: float, hi: float, bits: int) -> float:
    """The distance Δ between neighbouring levels."""
    return (hi - lo) / (2**bits - 1)


def slack(*magnitudes: float) -> float:
    """What float32 arithmetic, in any honest order, may be off by: 4 units in the last place."""
    return 4 * ULP * max(map(abs, magnitudes))


def reconstruct(codes: torch.Tensor, lo: float, hi: float, bits: int) -> torch.Tensor:
    """The levels that codes stand for, lo + qΔ, in float64."""
    return lo + codes.double() * step(lo, hi, bits)


def codes_problem(codes: Any, bits: int, shape: Sequence[int], name: str = "q") -> str | None:
    """Whether codes are int64, of the right shape, and within 0 … 2^b − 1."""
    if problem := tensor_problem(codes, name, torch.int64, shape):
        return problem
    low, high = int(codes.min()), int(codes.max())
    if low == torch.iinfo(torch.int64).min:
        return f"{name} has elements made from NaN or infinity: is something divided by 0?"
    if low < 0 or high > 2**bits - 1:
        return (
            f"{name} has values from {low} to {high}, but {bits} bits hold 0 to {2**bits - 1}: "
            "how many steps are there between lo and hi, and does an intermediate type wrap around?"
        )
    return None


def rounding_problem(x: torch.Tensor, codes: torch.Tensor, lo: float, hi: float, bits: int) -> str | None:
    """Whether every code is that of a level nearest to its element (clipped to lo … hi).

    Ties may go either way. `codes` must have passed `codes_problem`.
    """
    x = x.detach().double().clamp(lo, hi)
    error = float((x - reconstruct(codes, lo, hi, bits)).abs().max())
    allowed = step(lo, hi, bits) / 2
    if not (error <= allowed + slack(lo, hi, hi - lo)):
        return (
            f"max |x − x̂| = {error:.4g}, allowed Δ/2 = {allowed:.4g} at {bits} bits (x̂ = lo + qΔ): is the "
            "result rounded, or truncated, and are lo and Δ those of the whole tensor?"
        )
    return None
