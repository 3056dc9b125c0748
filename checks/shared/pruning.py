"""Magnitude pruning, as several assignments use it: how many weights are zero, and which ones."""

from __future__ import annotations

from typing import Any

import torch

from autograder.checking.values import tensor_problem

__all__ = ["pruned_count", "pruning_problem"]


def pruned_count(n: int, amount: float) -> int:
    """How many of n weights are pruned: ⌊n·amount⌋, safe against the rounding of the product.

    100·0.29 is 28.999999999999996 in floating point; a ten-billionth is added before cutting.
    """
    return int(n * amount + 1e-9)


def pruning_problem(w: torch.Tensor, pruned: Any, count: int) -> str | None:
    """Whether exactly the `count` smallest weights by magnitude are zero and the others unchanged.

    Where magnitudes tie at the border, any choice is right. For pruning across several layers,
    give the layers concatenated.

    Args:
        w: The weights before, float32.
        pruned: What the student returned.
        count: How many weights had to be pruned.
    """
    if problem := tensor_problem(pruned, "the result", torch.float32, w.shape):
        return problem
    zeros = int((pruned == 0).sum())
    already = int((w == 0).sum())
    if zeros != max(count, already):
        compared = "more" if zeros > count else "fewer"
        return (
            f"{zeros} of {w.numel()} weights are 0 afterwards, {compared} than asked for: "
            "is exactly that number of weights pruned, also where magnitudes are equal?"
        )
    kept = pruned != 0
    changed = int((pruned != w)[kept].sum())
    if changed:
        return f"{changed} kept weights differ from those of w: the weights that stay must not change"
    gone = w[~kept].abs()
    if kept.any() and gone.numel():
        largest, smallest = float(gone.max()), float(w[kept].abs().min())
        if not (largest <= smallest):
            return (
                f"a weight of magnitude {largest:.4g} is pruned, and one of {smallest:.4g} is kept: "
                "does the order go by |w|, over the whole tensor, smallest first?"
            )
    return None
