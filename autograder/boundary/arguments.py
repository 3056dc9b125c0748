"""What a call has made of its arguments, carried over to the grader's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

__all__ = ["take_over"]


def take_over(mine: Any, theirs: Any) -> None:
    """Make a value of the test cell's like the student's copy of it, where that is still of the same kind."""
    if type(mine) is not type(theirs):
        return
    match mine:
        case list() | bytearray():
            mine[:] = theirs
        case dict() | set():
            mine.clear()
            mine.update(theirs)
        case np.ndarray() if mine.shape == theirs.shape and mine.dtype == theirs.dtype:
            mine[...] = theirs
        case torch.Tensor() if mine.shape == theirs.shape and mine.dtype == theirs.dtype:
            with torch.no_grad():
                mine.copy_(theirs)
