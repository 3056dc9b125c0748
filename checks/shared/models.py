"""Models, the grader's own or handles of a student's: their state, reproducible weights, accuracy."""

from __future__ import annotations

import copy
import operator
from collections import deque
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from autograder.checking.calls import in_kernel, send
from autograder.checking.values import form
from autograder.errors import CheckFailed

__all__ = [
    "MOMENTUM",
    "check_gradients_reach",
    "learner",
    "made_with_seed",
    "other_than_copied",
    "percent_right",
    "send_with_gradients",
    "small_autoencoder",
    "state_of",
    "test_accuracy",
]


MOMENTUM = 0.5
"""Of the optimizer that a training step gets: one that is made anew, or left out, shows from the second step on."""


def learner(model: nn.Module, rate: float) -> tuple[nn.Module, torch.optim.Optimizer]:
    """A copy of a model here, and the optimizer with which it learns."""
    model = copy.deepcopy(model)
    return model, torch.optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM)


def made_with_seed(build: Callable[[], nn.Module], seed: int) -> nn.Module:
    """A model with reproducible initial weights; the grader's own random numbers go on as before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build()


def small_autoencoder(height: int, width: int, seed: int) -> nn.Sequential:
    """An autoencoder of images (1, height, width) with six hidden numbers, and the weights of a seed."""
    pixels = height * width
    return made_with_seed(
        lambda: nn.Sequential(
            nn.Flatten(),
            nn.Linear(pixels, 6),
            nn.ReLU(),
            nn.Linear(6, pixels),
            nn.Sigmoid(),
            nn.Unflatten(1, (1, height, width)),
        ),
        seed,
    )


def send_with_gradients(model: nn.Module) -> Any:
    """A handle of a copy of the model whose trainable parameters already hold gradients, all of them 1."""
    student = send(model)
    gradients = [torch.ones_like(each) if each.requires_grad else None for each in model.parameters()]
    assigned = in_kernel(map, setattr, student.parameters(), ["grad"] * len(gradients), gradients)
    in_kernel(deque, assigned, maxlen=0)
    return student


def check_gradients_reach(model: Any, inputs: torch.Tensor) -> None:
    """A gradient comes back from the outputs of a student's model to each of its parameters.

    It is computed where the model lives; afterwards the parameters hold it.

    Raises:
        CheckFailed: One of them gets none.
    """
    # The outputs stay where the model is (a lazy `map`): only there can they be differentiated.
    sums = in_kernel(map, operator.methodcaller("sum"), in_kernel(map, model, [inputs]))
    model.zero_grad()
    try:
        in_kernel(deque, in_kernel(map, operator.methodcaller("backward"), sums), maxlen=0)
        gradients = in_kernel(list, in_kernel(map, operator.attrgetter("grad"), model.parameters()))
    except RuntimeError:
        gradients = [None]
    if not all(isinstance(each, torch.Tensor) and each.abs().sum() > 0 for each in gradients):
        raise CheckFailed(
            "the gradient from the output does not reach every parameter: does something in forward "
            "(detach, no_grad, .data) cut it? Then a layer could not learn"
        )


def state_of(model: Any) -> dict[str, torch.Tensor]:
    """Copies of a model's parameters and buffers, by name; the model is one here or a handle.

    Raises:
        CheckFailed: What came is not a dict of tensors.
    """
    state = in_kernel(dict, model.state_dict())
    if type(state) is not dict or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise CheckFailed("expected model.state_dict() to be a dict of tensors; is the model an nn.Module?")
    return {name: value.detach().clone() for name, value in state.items()}


def other_than_copied(before: Any, after: Any) -> str | None:
    """What about a changed copy of a model is not as in the model, beside the values of its parameters.

    Args:
        before: The model, as `autograder.checking.calls.look_at` sees it.
        after: The copy, seen likewise.

    Returns:
        A sentence; None where nothing differs, or one of them is no model.
    """
    if not isinstance(before, dict) or not isinstance(after, dict):
        return None
    if before["modes"] != after["modes"]:
        return "the result is in another mode (train or eval) than the model"
    one, other = (
        {name for name, p in each["parameters"].items() if p.requires_grad} for each in (before, after)
    )
    if one != other:
        return "in the result other parameters are trainable than in the model (requires_grad)"
    return None


def percent_right(logits: Any, labels: torch.Tensor, classes: int = 10) -> float:
    """Percentage of rows whose greatest logit is at the label.

    Raises:
        CheckFailed: The logits are not a finite tensor with a row for each label and a column for each class.
    """
    wanted = (len(labels), classes)
    if (
        not isinstance(logits, torch.Tensor)
        or tuple(logits.shape) != wanted
        or not logits.is_floating_point()
    ):
        raise CheckFailed(f"for {len(labels)} images the model must give a float tensor of shape {wanted}, "
                          f"got {form(logits)}")  # fmt: skip
    if not logits.isfinite().all():
        raise CheckFailed("the trained model gives NaN or infinite outputs: did the training diverge?")
    return 100 * (logits.argmax(dim=1) == labels).double().mean().item()


def test_accuracy(model: Any, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Accuracy of a model (here or a handle), in percent. The labels do not leave the grader."""
    model.eval()
    logits = model(images)
    return percent_right(logits.detach() if isinstance(logits, torch.Tensor) else logits, labels)


test_accuracy.__test__ = False  # a function of the vocabulary, not a pytest test
