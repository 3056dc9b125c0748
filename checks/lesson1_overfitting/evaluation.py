"""Checks for evaluation: accuracy of predictions, mean loss and accuracy of a model on a data set."""

from __future__ import annotations

import copy
import operator
from collections import deque
from collections.abc import Callable
from typing import Any

import torch
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from autograder.checking.calls import call_many, in_kernel, send
from autograder.checking.promises import ONLY_LOOKS, keeping, kept
from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import describe
from autograder.errors import CheckFailed
from checks.shared.digits import handwriting, loader_of
from checks.shared.models import send_with_gradients

__all__ = ["check_accuracy", "check_evaluate", "check_records_no_gradients"]

IMAGES = 25
BATCH_SIZES = (7, 25, 1, 60)
"""25 images make batches of 7, 7, 7 and 4: a mean of the batch means is not the mean over the images."""
MANY = 1_500
"""More images than a count of 8 bits holds, or than a first part of a loader has."""


def check_accuracy(accuracy: Callable) -> None:
    """`accuracy(logits, labels)` is the percentage of rows whose greatest logit is at the label."""

    def judge(logits: torch.Tensor, labels: torch.Tensor, value: Any) -> str | None:
        if type(value) is not float:
            return f"expected a Python float (.item() gives one), got {describe(value)}"
        right = int((logits.argmax(dim=1) == labels).sum())
        n, classes = logits.shape
        if abs(value - 100 * right / n) <= 1e-3:
            return None
        if abs(value - right / n) <= 1e-5:
            return f"got {value:g}, a fraction; the answer is a percentage, from 0 to 100"
        if abs(value - right) <= 1e-5:
            return f"got {value:g}, a number of images; divide by how many there are"
        if abs(value - 100 * (1 - 2 * (n - right) / (n * classes))) <= 1e-3:
            return f"got {value:g}: the zeros of one-hot tables are compared too; compare the classes"
        return f"got {value:g}, which is not the percentage of rows whose largest logit is at the label"

    def inputs(
        seed: int, n: int, classes: int, least: float = -1.5, scale: float = 1.0
    ) -> tuple[torch.Tensor, torch.Tensor]:
        generator = torch.Generator().manual_seed(seed)
        logits = torch.stack([torch.randperm(classes, generator=generator) for _ in range(n)]) + least
        labels = torch.randint(0, classes, (n,), generator=generator)
        copied = torch.rand(n, generator=generator) < 0.5  # otherwise few predictions are right
        return logits * scale, torch.where(copied, logits.argmax(dim=1), labels)

    search(
        accuracy,
        st.builds(inputs, st.integers(0, 10**6), st.integers(1, 12), st.integers(2, 6)),
        judge,
        names=("logits", "labels"),
        always=[
            *[inputs(1, 1, 3), inputs(2, 4, 4), inputs(grading_seed(), 9, 10), inputs(3, 9, 300)],
            *[inputs(4, 9, 4, least=200.0), inputs(5, 9, 4, least=-300.0), inputs(6, 9, 10, scale=1e-3)],
            inputs(7, 40, 10, least=2.0**20, scale=2.0**-20),  # logits that differ in the sixth digit
            inputs(8, MANY, 3),
            # Near ties, which softmax makes ties; and two classes whose numbers are one in 8 bits.
            (torch.tensor([[1e-9, 2e-9, 0.0]] * 3), torch.tensor([1, 1, 2])),
            (torch.arange(300.0).repeat(2, 1).roll(-39, 1), torch.tensor([4, 260])),
        ],
    )


def check_evaluate(evaluate: Callable) -> None:
    """`evaluate(model, loader)` gives (mean loss, accuracy in percent) over the images, and only looks.

    The model is made of library layers with BatchNorm and Dropout, so the mode shows in the
    numbers.
    """
    seed = grading_seed()
    images = handwriting(seed + 4, IMAGES, 0).train_images
    model = _two_faced_model(seed)
    labels = _half_right(model, images, seed)
    loaders = [loader_of(images, labels, size) for size in BATCH_SIZES]
    for size, call in zip(BATCH_SIZES, call_many(evaluate, [(model, each) for each in loaders]), strict=True):
        _judge_values(kept(call, ONLY_LOOKS).value, model, images, labels, size)
    # A loader of training images gives them in another order each time.
    shuffled = DataLoader(TensorDataset(images, labels), batch_size=BATCH_SIZES[0], shuffle=True)
    _judge_values(
        keeping(evaluate, model, shuffled, promises=ONLY_LOOKS), model, images, labels, BATCH_SIZES[0]
    )
    # Images that are no rows, a model that is a single layer, other classes than ten, and logits of hundreds.
    convolution = nn.Sequential(nn.Conv2d(1, 10, 28), nn.Flatten()).eval()
    with torch.no_grad():
        convolution[0].weight.mul_(90)
    drawn = torch.Generator().manual_seed(seed)
    level = 200 * torch.rand(IMAGES, 1, generator=drawn)  # of which the loss knows nothing
    logits, many = level + 5 * torch.randn(IMAGES, 12, generator=drawn), torch.randn(MANY, 3, generator=drawn)
    logits[0, labels[0]] -= 200  # a probability that float32 rounds to 0, whatever was drawn
    normalised = nn.BatchNorm1d(12)
    for other, inputs, targets, size in (
        (convolution, images, labels, 7),
        (nn.Dropout(0.5), logits, labels, 7),
        (normalised, logits, labels, 7),
        (nn.Identity(), many, torch.randint(0, 3, (MANY,), generator=drawn), 64),
    ):
        value = keeping(evaluate, other, loader_of(inputs, targets, size), promises=ONLY_LOOKS)
        _judge_values(value, other, inputs, targets, size)

    frozen = copy.deepcopy(model)
    frozen[1].requires_grad_(False)
    student = send_with_gradients(frozen)
    for training in (True, False):
        student.train(training)
        keeping(evaluate, student, loaders[0], promises=ONLY_LOOKS)
        check_records_no_gradients(evaluate, student, loaders[0])
    mixed = copy.deepcopy(model).eval()
    mixed[0].train()  # its mode says nothing about the model's
    theirs = send(mixed)
    evaluate(theirs, loaders[0])
    if theirs.training is not False:
        raise CheckFailed("model.training was False before evaluate and is True afterwards: put it back")
    fewer = loader_of(
        images[:9], labels[:9], 4
    )  # the same model again: nothing may be left of the call before
    _judge_values(evaluate(theirs, fewer), mixed, images[:9], labels[:9], 4)


def check_records_no_gradients(function: Callable, model: Any, *arguments: Any) -> None:
    """Calling `function(model, *arguments)` saves nothing for a backward pass.

    torch tells the number of tensors that it keeps for `backward`: none inside
    `torch.no_grad()` or `torch.inference_mode()`.

    Args:
        function: The student's function.
        model: A model, or a handle of one, whose parameters require gradients.
        arguments: The other arguments.
    """
    kept = in_kernel(deque)
    hooks = in_kernel(torch.autograd.graph.saved_tensors_hooks, kept.append, kept.append)
    in_kernel(operator.methodcaller("__enter__"), hooks)
    try:
        function(model, *arguments)
    finally:
        in_kernel(operator.methodcaller("__exit__", None, None, None), hooks)
    if not len(kept) == 0:
        raise CheckFailed(
            "gradients are recorded while the model is only evaluated, which costs time and memory: "
            "use torch.no_grad()"
        )


def _two_faced_model(seed: int) -> nn.Sequential:
    """A network whose outputs differ between train and eval mode, with large, unequal losses."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        norm = nn.BatchNorm1d(20)
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
        model = nn.Sequential(
            *(nn.Flatten(), nn.Linear(784, 20), norm, nn.ReLU()),
            nn.Sequential(nn.Dropout(0.5), nn.Linear(20, 10)),  # layers within a layer have a mode as well
        )
        with torch.no_grad():
            model[-1][1].weight.mul_(6)
    return model


def _half_right(model: nn.Module, images: torch.Tensor, seed: int) -> torch.Tensor:
    """Labels that the model gets right about every second time, and always in the last, smaller batch."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        predictions = copy.deepcopy(model).eval()(images).argmax(dim=1)
    wrong = torch.rand(len(images), generator=generator) < 0.5
    wrong[len(images) - len(images) % BATCH_SIZES[0] :] = False
    return torch.where(wrong, (predictions + 1 + predictions % 3) % 10, predictions)


def _judge_values(
    value: Any, model: nn.Module, images: torch.Tensor, labels: torch.Tensor, size: int
) -> None:
    if type(value) not in (tuple, list) or len(value) != 2 or any(type(item) is not float for item in value):
        raise CheckFailed(f"expected a tuple of two Python floats (loss, accuracy), got {describe(value)}")
    with torch.no_grad():
        logits = copy.deepcopy(model).eval()(images)
    losses = F.cross_entropy(logits, labels, reduction="none").double()
    expected = losses.mean().item(), 100.0 * (logits.argmax(dim=1) == labels).double().mean().item()
    where = f"on {len(labels)} images in batches of {size}"
    for name, got, right in zip(("loss", "accuracy"), value, expected, strict=True):
        if not abs(got - right) <= 2e-5 * max(1, abs(right)):
            raise CheckFailed(
                f"{where}, {name} = {got:.4f} is not the {'mean' if name == 'loss' else 'percentage'} over the images"
            )
