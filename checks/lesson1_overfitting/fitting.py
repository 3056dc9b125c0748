"""Checks for the loop over epochs: four curves and the model of the last epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from autograder.checking.calls import fetch, in_kernel, send
from autograder.checking.promises import Promises, keeping
from autograder.checking.seeds import generator, grading_seed
from autograder.checking.values import describe
from autograder.errors import CheckFailed
from checks.shared.digits import handwriting, loader_of
from checks.shared.models import state_of

__all__ = ["CURVES", "check_fit"]

CURVES = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def check_fit(fit: Callable, toy_train_epoch: Callable, toy_evaluate: Callable) -> None:
    """`fit(model, train_loader, test_loader, epochs, lr, train_epoch, evaluate)` returns the four curves.

    It is called with stand-ins for `train_epoch` and `evaluate`, so the student's own two functions
    have no part in it: the notebook's, whose results are known in closed form, and others that the
    notebook does not show, so that only who calls them knows what they give.

    Args:
        fit: The student's function.
        toy_train_epoch: Gives each parameter the gradient 2 for each batch, and steps.
        toy_evaluate: Gives (number of images x mean of the parameters, number of images).
    """
    for case in range(3):
        _fit_with_toys(fit, (toy_train_epoch, toy_evaluate), case)
    _fit_with_hidden_stand_ins(fit)


HIDDEN = """
def train_epoch(model, loader, optimizer):
    called.append(loader is train_loader)
    optimizer.zero_grad()
    (32 * (1 + len(called) % 3) * sum(parameter.sum() for parameter in model.parameters())).backward()
    optimizer.step()

def evaluate(model, loader):
    measured = results[loader is train_loader][len(called)]
    return measured[0], measured[1]
"""
"""Stand-ins that measure nothing: their results depend on how often the training was called, and on luck.

The steps of SGD with learning rate lr subtract 64 lr, 96 lr, 32 lr, and so on from each parameter.
"""


def _fit_with_hidden_stand_ins(fit: Callable) -> None:
    """The curves are what `evaluate` gave after each call of `train_epoch`, in this order, however they jump.

    The model that comes out is that of the last epoch, after one plain step of SGD in each.
    """
    epochs, lr, start = 71, 0.125, 1024.0
    drawn = generator(8)
    losses = (10 * torch.randn(2, epochs + 5, generator=drawn).double()).tolist()
    accuracies = (100 * torch.rand(2, epochs + 5, generator=drawn).double()).tolist()
    losses[0][2], losses[1][4], losses[0][epochs - 1], losses[0][epochs] = 1e30, 1e25, -1e3, 1e4
    accuracies[0][5], accuracies[1][3], accuracies[1][7] = 100.0, 100.0, 0.0
    results = [list(map(list, zip(*part, strict=True))) for part in zip(losses, accuracies, strict=True)]
    model = nn.Linear(2, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.fill_(start)
    student = send(model)
    digits = handwriting(grading_seed(), 4, 4)
    train = send(loader_of(digits.train_images, digits.train_labels, 4))
    test = send(loader_of(digits.test_images, digits.test_labels, 2))
    called = send([])
    names = send({})
    names.update(train_loader=train, called=called, results=results)
    in_kernel(exec, HIDDEN, names)
    curves = _curves(fit(student, train, test, epochs, lr, names["train_epoch"], names["evaluate"]), epochs)
    if fetch(called) != [True] * epochs:
        raise CheckFailed(
            f"for {epochs} epochs train_epoch was called {len(called)} times; call the function that is passed in, "
            "once for each epoch, with train_loader"
        )
    for name, values in (("loss", losses), ("accuracy", accuracies)):
        for part, measured in zip(("test", "train"), values, strict=True):
            if curves[f"{part}_{name}"] != measured[1 : 1 + epochs]:
                raise CheckFailed(
                    f"{part}_{name} is not what the function evaluate that is passed in gave for the {part} "
                    "loader after each epoch, as it gave it and in this order"
                )
    end = start - lr * sum(32 * (1 + (epoch + 1) % 3) for epoch in range(epochs))
    if not all((value - end).abs().max() <= 1e-3 for value in state_of(student).values()):
        raise CheckFailed(
            f"after {epochs} epochs with one step in each, the weights are not those of plain SGD with learning rate "
            "lr after the last epoch: no momentum, no weight decay, always the same lr, and no older weights put back"
        )


def _fit_with_toys(fit: Callable, toys: tuple[Callable, Callable], case: int) -> None:
    """Compare the curves and the weights with the closed form, for one of three cases."""
    epochs, lr, n_train, n_test = ((1, 0.25, 6, 4), (3, 0.0625, 5, 11), (4, 0.125, 9, 2))[case]
    digits = handwriting(grading_seed() + case, n_train, n_test)
    train = loader_of(digits.train_images, digits.train_labels, 4)
    test = loader_of(digits.test_images, digits.test_labels, 2)
    model = (nn.Linear(3, 2), nn.GRUCell(2, 1), nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.PReLU())))[
        case
    ]
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.arange(parameter.numel()).view_as(parameter) / 4 + case)
    start = torch.cat([parameter.detach().flatten() for parameter in model.parameters()])
    student = send(model)
    trains = Promises(changes=frozenset([0]))
    curves = _curves(keeping(fit, student, train, test, epochs, lr, *toys, promises=trains), epochs)

    step = 2 * lr * len(train)  # of every parameter, in one epoch
    means = [(start - step * (epoch + 1)).mean().item() for epoch in range(epochs)]
    before = [(start - step * epoch).mean().item() for epoch in range(epochs)]
    expected = dict(zip(CURVES, (
        [n_train * mean for mean in means], [n_test * mean for mean in means],
        [float(n_train)] * epochs, [float(n_test)] * epochs), strict=True))  # fmt: skip
    for name in CURVES:
        count = n_train if name.startswith("train") else n_test
        if _far(curves[name], expected[name], 1e-3):
            other = name.replace("train", "TEST").replace("test", "train").lower()
            if not _far(curves[name], expected[other], 1e-3):
                reason = "it is the curve of the other set: which loader belongs to it?"
            elif name.endswith("loss") and not _far(curves[name], [count * mean for mean in before], 1e-3):
                reason = "it is measured before each epoch; evaluate after train_epoch"
            else:
                reason = "after each epoch evaluate both sets; the optimizer is SGD with learning rate lr"
            raise CheckFailed(
                f"with {epochs} epochs, lr = {lr} and the toy functions, "
                f"{name} = {describe(curves[name])}: {reason}"
            )
    wanted = {name: value - step * epochs for name, value in state_of(model).items()}
    got = state_of(student)
    if got.keys() != wanted.keys() or not all(torch.allclose(got[k], wanted[k], atol=1e-4) for k in wanted):
        raise CheckFailed("the model that was passed in must be the one that is trained, for all the epochs")


def _curves(value: Any, epochs: int) -> dict[str, list[float]]:
    if type(value) is not dict or set(value) != set(CURVES):
        got = f"a dict with the keys {sorted(map(str, value))}" if type(value) is dict else describe(value)
        raise CheckFailed(f"expected a dict with the keys {list(CURVES)}, got {got}")
    for name in CURVES:
        curve = value[name]
        if type(curve) is not list or any(type(item) is not float for item in curve):
            raise CheckFailed(f"{name} must be a list of Python floats, got {describe(curve)}")
        if len(curve) != epochs:
            raise CheckFailed(
                f"{name} has {len(curve)} values for {epochs} epochs; one for each epoch is expected"
            )
    return value


def _far(curve: list[float], expected: list[float], tolerance: float) -> bool:
    return not all(abs(got - right) <= tolerance for got, right in zip(curve, expected, strict=True))
