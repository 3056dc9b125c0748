"""Spaces of inputs for hidden tests: hypothesis strategies that make tensors and models."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

__all__ = ["matrices", "tensors", "vectors"]


def tensors(
    shape: st.SearchStrategy | tuple[int, ...],
    low: float = -4.0,
    high: float = 4.0,
    unique: bool = False,
) -> st.SearchStrategy[torch.Tensor]:
    """float32 tensors of a given shape (or of shapes drawn from a strategy).

    Args:
        shape: A tuple, or a strategy that draws one.
        low: Least element.
        high: Greatest element.
        unique: Whether all elements differ.
    """
    elements = st.floats(low, high, width=32, allow_subnormal=False)
    return hnp.arrays(np.float32, shape, elements=elements, unique=unique).map(torch.from_numpy)


def vectors(min_size: int = 1, max_size: int = 12, **bounds) -> st.SearchStrategy[torch.Tensor]:
    """float32 tensors of shape (n,), min_size <= n <= max_size."""
    return tensors(hnp.array_shapes(min_dims=1, max_dims=1, min_side=min_size, max_side=max_size), **bounds)


def matrices(min_side: int = 1, max_side: int = 6, **bounds) -> st.SearchStrategy[torch.Tensor]:
    """float32 tensors of shape (m, n), m and n drawn independently."""
    return tensors(hnp.array_shapes(min_dims=2, max_dims=2, min_side=min_side, max_side=max_side), **bounds)
