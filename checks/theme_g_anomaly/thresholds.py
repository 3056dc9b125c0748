"""Checks for the threshold: a quantile of the scores of normal images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import form

__all__ = [
    "check_threshold",
]


def check_threshold(fit_threshold: Callable) -> None:
    """`fit_threshold(scores, q)` is the q-quantile of the normal scores, with linear interpolation.

    So at most a part 1 − q of those scores lies above it.

    Args:
        fit_threshold: The student's function.
    """
    # an odd multiple keeps the quantile's position off the points where the neighbouring rules agree
    grid = st.lists(st.integers(0, 64), min_size=1, max_size=15).map(
        lambda values: torch.tensor(values, dtype=torch.float32) / 64
    )
    generator = torch.Generator().manual_seed(grading_seed())
    always = [
        (torch.tensor([3.0, 1.0]), 0.5),
        (torch.tensor([5.0]), 0.9),
        (torch.tensor([2.0, 2.0, 2.0]), 0.75),
        (torch.tensor([4.0, 1.0, 3.0, 2.0]), 1.0),
        (torch.tensor([4.0, 1.0, 3.0, 2.0]), 0.0),
        (torch.rand(200, generator=generator), 0.95),
        (torch.rand(200, generator=generator), 0.973),
        (torch.rand(40, 2, generator=generator)[:, 0], 0.9),
        (torch.tensor([0.0, 0.0, 1.0, 0.0, 2.0]), 0.7),
        (torch.cat([torch.rand(30, generator=generator), torch.tensor([50.0])]), 0.95),
        (1e-6 * torch.rand(30, generator=generator), 0.7),
        (torch.tensor([5.0]), 1.0),
        (100 * torch.rand(30, generator=generator), 1.0),
        (torch.rand(40, generator=generator), 0.9999),
        (torch.tensor([-1.0, 2.0, -3.5, 0.25]), 0.35),  # any numbers can be ranked
    ]
    search(
        fit_threshold,
        st.tuples(grid, st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 0.7, 0.9, 0.95, 0.97, 1.0])),
        _threshold_problem,
        names=("scores", "q"),
        always=always,
    )


def _threshold_problem(scores: torch.Tensor, q: float, value: Any) -> str | None:
    if type(value) is not float:
        return f"expected a Python float, got {form(value)}"
    right = float(np.quantile(scores.detach().double().numpy(), q))
    if not abs(value - right) <= 1e-5 * min(1, float(scores.abs().max())):
        part = (scores > value).double().mean().item()
        return (
            f"got {value:.5g}, which is not the quantile; {100 * part:.0f} % of the normal scores exceed it. "
            "Position q(n − 1) in the sorted scores, counted from 0, with linear interpolation?"
        )
    return None
