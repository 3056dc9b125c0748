"""Checks for the table of accuracies, and for how much of it is lost."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from hypothesis import strategies as st
from torch import nn

from autograder.checking.calls import call_many
from autograder.checking.promises import kept
from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import form
from autograder.errors import CheckFailed

__all__ = ["check_accuracy_matrix", "check_forgetting"]


def check_accuracy_matrix(accuracy_matrix: Callable) -> None:
    """`accuracy_matrix(models, tasks)`: row i, column j is the accuracy in percent of model i on task j."""
    for n_models, sizes, perfect in (
        (2, (7, 7), False),
        (2, (5, 9, 3), False),
        (3, (6,), False),
        (3, (7, 4, 9), True),
        (1, (131, 5), False),
    ):
        models, tasks = _models_and_tasks(grading_seed() + n_models, n_models, sizes, perfect)
        [call] = call_many(accuracy_matrix, [(models, tasks)])
        where = f"for {n_models} models and {len(sizes)} tasks of {list(sizes)} samples"
        value = call.result()
        shape = (n_models, len(sizes))
        if not isinstance(value, torch.Tensor) or tuple(value.shape) != shape or value.dtype != torch.float32:
            raise CheckFailed(
                f"{where}: expected a float32 tensor of shape {shape} (models x tasks), got {form(value)}"
            )
        right = _accuracies(models, tasks)
        if not float((value.double() - right).abs().max()) <= 1e-3:
            i, j = divmod(int((value.double() - right).abs().argmax()), len(sizes))
            raise CheckFailed(
                f"{where}: row {i}, column {j} is {value[i, j].item():.4g}, and that is not the percentage of task {j} "
                f"that model {i} gets right"
            )
        if value.requires_grad:
            raise CheckFailed(f"{where}: percentages are plain numbers, got a tensor that requires gradients")
        kept(call)


def check_forgetting(forgetting: Callable) -> None:
    """`forgetting(matrix)`: the mean over all tasks but the last of (best accuracy before the last row − last row)."""

    def right(r: torch.Tensor) -> float:
        return float((r[:-1, :-1].max(dim=0).values - r[-1, :-1]).mean())

    def judge(matrix: torch.Tensor, value: Any) -> str | None:
        if type(value) is not float:
            return f"expected a Python float, got {form(value)}"
        expected = right(matrix)
        if abs(value - expected) <= 1e-3:
            return None
        return f"got {value:.4g}, which is not the mean of (best before − last) over the tasks but the last"

    def inputs(seed: int, n: int) -> torch.Tensor:
        return torch.randint(0, 201, (n, n), generator=torch.Generator().manual_seed(seed)) / 2

    search(
        forgetting,
        st.tuples(st.builds(inputs, st.integers(0, 10**6), st.integers(2, 5))),
        judge,
        names=("matrix",),
        always=[
            (torch.tensor([[90.0, 0.0], [30.0, 80.0]]),),
            (torch.tensor([[70.0, 5.0], [75.0, 95.0]]),),
            (torch.tensor([[80.0, 10.0, 0.0], [90.0, 70.0, 5.0], [40.0, 85.0, 60.0]]),),
            (torch.tensor([[0.0, 7.5, 0.0], [0.0, 70.0, 5.0], [40.0, 30.0, 60.0]]),),
            (torch.tensor([[99.97, 0.03], [88.88, 98.76]]),),
            (torch.tensor([[0.9, 0.1], [0.2, 0.5]]),),
        ],
    )


def _models_and_tasks(seed: int, n_models: int, sizes: Sequence[int], perfect: bool):
    """Models of library layers with BatchNorm, in train mode, and tasks on which they differ, the last of one class.

    Args:
        perfect: Whether the first model gets all of the first task right.
    """
    for attempt in range(100):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + 1000 * attempt)
            models = [
                nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4), nn.Linear(4, 3)) for _ in range(n_models)
            ]
            for _, norm, _ in models:
                norm.running_mean.normal_()
                norm.running_var.uniform_(0.2, 3.0)
            tasks = [(torch.randn(n, 1, 2, 2), torch.randint(0, 3, (n,))) for n in sizes[:-1]]
            tasks.append((torch.randn(sizes[-1], 1, 2, 2), torch.randint(0, 3, ()).repeat(sizes[-1])))
        if perfect:
            images, _ = tasks[0]
            with torch.no_grad():
                tasks[0] = images, copy.deepcopy(models[0]).eval()(images).argmax(dim=1)
        right = _accuracies(models, tasks)
        as_trained = _accuracies(models, tasks, training=True)
        if len(set(right.flatten().tolist())) >= max(2, min(5, right.numel() - 1)) and not torch.equal(
            right, as_trained
        ):
            break
    return models, tasks


@torch.no_grad()
def _accuracies(models, tasks, training: bool = False) -> torch.Tensor:
    models = [copy.deepcopy(model).train(training) for model in models]
    return torch.tensor(
        [[100 * (m(x).argmax(dim=1) == y).double().mean().item() for x, y in tasks] for m in models],
        dtype=torch.float64,
    )
