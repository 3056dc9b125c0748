"""Checks for magnitude pruning: how many weights are zero, which ones, and what stays as it was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from hypothesis import strategies as st

from autograder.checking.calls import call_many
from autograder.checking.inputs import near_ties, tensors
from autograder.checking.promises import Promises
from autograder.checking.search import search
from autograder.checking.values import number_problem, tensor_problem
from autograder.errors import CheckFailed
from checks.shared.pruning import pruned_count, pruning_problem
from checks.shared.quantization import grid_tensors

__all__ = [
    "check_magnitude_pruning",
    "check_nested",
    "check_sparsity",
    "nested_problem",
]


def nested_problem(pruned: Sequence[torch.Tensor], amounts: Sequence[float]) -> str | None:
    """Whether what is zero at one amount stays zero at every greater one (`amounts` ascending)."""
    results = list(zip(pruned, amounts, strict=True))
    for (less, p), (more, q) in zip(results[:-1], results[1:], strict=True):
        back = int(((less == 0) & (more != 0)).sum())
        if back:
            return (
                f"{back} weights are pruned at amount {p} but not at {q}: a larger amount must prune them too"
            )
    return None


def _magnitude_problem(w: torch.Tensor, amount: float, value: Any) -> str | None:
    return pruning_problem(w, value, pruned_count(w.numel(), amount))


def check_magnitude_pruning(prune: Callable) -> None:
    """`prune(w, amount)` returns w with the ⌊n·amount⌋ weights of smallest magnitude set to 0.

    Amounts 0 and 1, ties, zeros that were there before, products that floating point rounds
    down; w is unchanged.
    """
    generator = torch.Generator().manual_seed(40)
    hundred = torch.randn(10, 10, generator=generator)
    edge_cases = [
        (torch.tensor([3.0]), 0.0),
        (torch.tensor([[[3.0]]]), 1.0),
        *((torch.tensor([2.0, -1.0, 0.5]), amount) for amount in (0.0, 1.0)),
        (torch.tensor([0.5, 0.5, 0.5, -0.5]), 0.5),
        (torch.tensor([-2.0, 0.125, 1.0, -0.25]), 0.5),
        (torch.tensor([0.0, 0.0, 0.0, 5.0, -6.0]), 0.2),
        (torch.tensor([[0.25, 0.5, 0.75], [4.0, 5.0, 6.0]]), 0.5),
        (torch.tensor([0.25, 0.125, 0.5]), 0.34),
        (hundred, 0.29),
        (hundred, 0.57),
        (hundred, 1.0),
        (torch.randn(3, 5, generator=generator), 0.4),
        (torch.randn(2, 3, 5, 5, generator=generator), 0.63),
        (torch.randn(10, generator=generator), 0.3),
        (torch.randn(8, 100, generator=generator), 0.625),
        (torch.randn(2000, generator=generator), 0.0015),
        (torch.randn(33, generator=generator), 0.03),
        (near_ties(60, generator).reshape(6, 10), 0.55),
        (near_ties(20, generator) / 2**20, 0.5),
        (near_ties(20, generator) / 2.0**80, 0.5),  # whose squares are 0 in float32
        (torch.randn(999, generator=generator), 0.001),
        *((torch.randn(100, 137, generator=generator), percent / 100) for percent in (7, 29, 35, 57, 95)),
    ]
    # Multiples of 1/100, so that every honest guard against rounding gives the same number.
    arguments = st.tuples(grid_tensors(), st.integers(0, 100).map(lambda percent: percent / 100))
    names = ("w", "amount")
    search(prune, arguments, _magnitude_problem, names=names, always=edge_cases, promises=Promises(new=True))


def check_nested(prune: Callable, *, amounts: Sequence[float] = (0.0, 0.1, 0.35, 0.5, 0.8, 1.0)) -> None:
    """What is pruned at one amount is pruned at every greater one, where no magnitudes tie."""
    # Magnitudes 1 … 48, each once, signs mixed.
    generator = torch.Generator().manual_seed(41)
    w = torch.randperm(48, generator=generator) + 1.0
    w = (w * (torch.randint(0, 2, (48,), generator=generator) * 2 - 1)).reshape(6, 8) / 16
    results = []
    for done in call_many(prune, [(w, amount) for amount in amounts]):
        value = done.result()
        if problem := tensor_problem(value, "the result", torch.float32, w.shape):
            raise CheckFailed(problem)
        results.append(value)
    if problem := nested_problem(results, amounts):
        raise CheckFailed(problem)


def _sparsity_problem(w: torch.Tensor, value: Any) -> str | None:
    if problem := number_problem(value, "the sparsity"):
        return problem
    if not (abs(value - int((w == 0).sum()) / w.numel()) <= 1e-6):
        return f"{value:.6g} is not the fraction (0 to 1) of all elements that are exactly 0"
    return None


def check_sparsity(sparsity: Callable) -> None:
    """`sparsity(w)` is the fraction of elements equal to 0, as a float."""
    edge_cases = [
        (torch.tensor([0.0]),),
        (torch.tensor([2.0]),),
        (torch.tensor([0.0, 1e-6, -1e-12, 1.0, 0.0]),),
        (torch.tensor([-1.0, -0.0, 3.0]),),
        (torch.tensor([[1.0, -1.0], [2.0, -2.0]]),),
        (torch.tensor([[0.0, 2.0], [0.0, 3.0], [1.0, 4.0]]),),
        (torch.tensor([0.0, 1e-30, -1e-38, 1e-20]),),
        (-0.25 * torch.eye(100, 137),),
        (torch.tensor([[[0.0, 2.0], [3.0, 0.0]], [[0.0, 4.0], [1.0, 5.0]]]),),
    ]
    # Thin out the elements, so that zeros occur.
    weights = tensors(st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)).map(
        lambda w: torch.where(w.abs() < 1, 0.0, w)
    )
    search(sparsity, st.tuples(weights), _sparsity_problem, names=("w",), always=edge_cases)
