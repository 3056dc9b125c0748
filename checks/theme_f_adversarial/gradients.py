"""Checks for the gradient of a loss with respect to the images."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from autograder.checking.calls import call_many, send
from autograder.checking.promises import ONLY_LOOKS, keeping
from autograder.checking.seeds import grading_seed
from autograder.checking.values import difference, unchanged
from autograder.errors import CheckFailed
from checks.shared.models import send_with_gradients
from checks.theme_f_adversarial.forms import check_form, near

__all__ = ["check_input_gradient", "check_model_left_alone"]


def check_input_gradient(input_gradient: Callable) -> None:
    """`input_gradient(model, images, labels)` is the gradient of each image's own loss at its true label.

    A linear model (where the gradient is Wᵀ(p − y)), a network with BatchNorm and Dropout in eval
    mode, and a convolution; batches of 1 to 70.
    """
    cases = [_gradient_case(grading_seed() + i, *case) for i, case in enumerate(_GRADIENT_CASES)]
    for call in call_many(input_gradient, cases):
        model, images, labels = call.arguments
        where = f"for {len(images)} images of shape {tuple(images.shape[1:])} and {_layers(model)}"
        if call.error is not None:
            raise CheckFailed(f"{where}: it raised {type(call.error).__name__}: {call.error}")
        if not unchanged(call.arguments, call.arguments_after):
            raise CheckFailed(f"{where}: it changed the images or the labels; work on a copy")
        right = _gradient(model, images, labels)
        check_form("the gradient", call.value, images, where)
        if not near(call.value, right, 1e-4 * float(right.abs().max())) or not _same_signs(call.value, right):
            raise CheckFailed(
                f"{where}: the result is not the gradient of the cross entropy of each image "
                f"(largest |difference| {difference(call.value, right):.3g})"
            )


def check_model_left_alone(input_gradient: Callable) -> None:
    """`input_gradient` changes nothing but its result: no .grad, weight, flag or mode of the model or the images."""
    _, images, labels = _gradient_case(grading_seed() + 9, "linear", 4)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.Dropout(), nn.ReLU(), nn.Linear(6, 3)).train()
    model[1].bias.requires_grad_(False)
    for student in (send(model), send_with_gradients(model), send(model.eval())):
        keeping(input_gradient, student, images, labels, promises=ONLY_LOOKS)


_GRADIENT_CASES = (
    ("linear", 5, 1.0),
    ("norm", 3, 1.0),
    ("conv", 5, 1.0),
    ("linear", 1, 1.0),
    ("linear", 4, 40.0),
    ("linear", 70, 1.0),
    ("saturated", 4, 1.0),
)
"""Kind of model, number of images, and a factor of the weights: gradients of every size."""


def _same_signs(value: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether gradients have the same signs, for each image where they are no sums of parts that cancel."""
    most = right.flatten(1).abs().max(dim=1).values.reshape(-1, *[1] * (right.dim() - 1))
    clear = right.abs() > 0.3 * most
    return bool((value.sign() == right.sign())[clear].all())


def _gradient_case(
    seed: int, name: str, n: int, factor: float = 1.0
) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A model of library layers, images (n, 1, 4, 4), and labels of which most are not predicted."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        norm = nn.BatchNorm1d(12)
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
        model = {
            "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(16, 3)),
            "saturated": lambda: nn.Sequential(nn.Flatten(), nn.Linear(16, 3)),
            "norm": lambda: nn.Sequential(
                nn.Flatten(), nn.Linear(16, 12), norm, nn.ReLU(), nn.Dropout(0.5), nn.Linear(12, 4)
            ),
            "conv": lambda: nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 4)),
        }[name]().eval()
        images = torch.rand(n, 1, 4, 4)
        with torch.no_grad():
            if name == "saturated":  # sure of class 1: its images have gradients of about 1e-6
                model[1].bias.copy_(torch.tensor([0.0, 13.0, 0.0]))
                return model, images, torch.ones(n, dtype=torch.int64)
            for parameter in model.parameters():
                parameter.mul_(factor)
            logits = model(images)
    labels = (logits.argmax(dim=1) + 1 + torch.arange(n) % 2) % logits.shape[1]
    return model, images, labels


def _gradient(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    x = images.detach().clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(model(x), labels, reduction="sum"), x)[0]


def _layers(model: nn.Module) -> str:
    return "a model of " + ", ".join(type(layer).__name__ for layer in model)
