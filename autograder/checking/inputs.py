"""Inputs for hidden tests: hypothesis strategies that make tensors, and numbers at the edges of what occurs."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

__all__ = ["matrices", "near_ties", "rescaled", "tensors", "vectors"]


def tensors(
    shape: st.SearchStrategy | tuple[int, ...],
    low: float = -4.0,
    high: float = 4.0,
    unique: bool = False,
) -> st.SearchStrategy[torch.Tensor]:
    """float32 tensors of a given shape (or of shapes drawn from a strategy).

    Args:
        shape: A tuple, or a strategy that draws one.
    """
    elements = st.floats(low, high, width=32, allow_subnormal=False)
    return hnp.arrays(np.float32, shape, elements=elements, unique=unique).map(torch.from_numpy)


def vectors(min_size: int = 1, max_size: int = 12, **bounds) -> st.SearchStrategy[torch.Tensor]:
    """float32 tensors of shape (n,), min_size <= n <= max_size."""
    return tensors(hnp.array_shapes(min_dims=1, max_dims=1, min_side=min_size, max_side=max_size), **bounds)


def matrices(min_side: int = 1, max_side: int = 6, **bounds) -> st.SearchStrategy[torch.Tensor]:
    """float32 tensors of shape (m, n), m and n drawn independently."""
    return tensors(hnp.array_shapes(min_dims=2, max_dims=2, min_side=min_side, max_side=max_side), **bounds)


def rescaled(x: torch.Tensor) -> list[torch.Tensor]:
    """The same numbers in ranges that code with a tolerance or a narrow type of its own gets wrong.

    Args:
        x: float32 tensor whose elements are multiples of 1/64 from -8 to 8.

    Returns:
        Exact float32 tensors of the same shape: tiny (x / 2**30), huge (2**20 x), and close together
        far from zero (1024 + x / 128).
    """
    return [x * 2.0**-30, x * 2.0**20, 1024 + x / 128]


def near_ties(n: int, generator: torch.Generator) -> torch.Tensor:
    """n float32 numbers (n,) in random order and of random signs, whose magnitudes differ in the sixth digit."""
    magnitudes = 1 + torch.randperm(n, generator=generator) * 2.0**-20
    return magnitudes * (2 * torch.randint(2, (n,), generator=generator) - 1)
