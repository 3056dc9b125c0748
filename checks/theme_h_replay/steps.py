"""Checks for a training step on new and replayed samples together."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from autograder.checking.calls import in_kernel
from autograder.checking.promises import Promises, keeping
from autograder.checking.seeds import grading_seed
from autograder.checking.values import difference, form
from autograder.errors import CheckFailed
from checks.shared.digits import handwriting, mlp
from checks.shared.models import MOMENTUM, learner, send_with_gradients, state_of

__all__ = ["check_replay_step"]

TRAINS = Promises(changes=frozenset({0, 1}))

CLOSE = 1e-5
"""Greatest difference of a weight after a few steps: float32 sums in another order give 1e-6."""


def check_replay_step(step: Callable) -> None:
    """`replay_step(model, optimizer, images, labels, replayed)`: one step on the mean loss of new and old together.

    Compared with steps made here, with momentum, from small weights and from large ones, with more new
    samples than old ones, with fewer, and without old ones; and of a model whose dropout, as long as it is in
    training mode, leaves nothing but the last biases to learn.
    """
    seed = grading_seed() + 20
    digits = handwriting(seed, 60, 0)
    images, labels = (digits.train_images + 1) / 2, digits.train_labels
    images[5], labels[5] = images[0], labels[0]  # one of the batch, replayed
    for sizes, scale, rate, dropout in (
        (((5, 3), (2, 40)), 1, 0.1, False),
        (((4, 0), (5, 3), (6, 1)), 1, 0.1, False),
        (((5, 3), (3, 2)), 30, 1e-4, False),
        (((5, 3), (3, 2)), 1, 0.1, True),
    ):
        start = mlp(seed, (784, 12, 10))
        if dropout:
            start.insert(2, nn.Dropout(1.0))
        with torch.no_grad():
            for parameter in start.parameters():
                parameter.mul_(scale)
        student = send_with_gradients(start.train())  # of whatever was done with the model before
        optimizer = in_kernel(torch.optim.SGD, student.parameters(), lr=rate, momentum=MOMENTUM)
        own = learner(start, rate)
        at = 0
        for n, m in sizes:
            new = slice(at, at + n)
            old = slice(at + n, at + n + m)
            at += n + m
            replayed = (images[old], labels[old]) if m else None
            value = keeping(step, student, optimizer, images[new], labels[new], replayed, promises=TRAINS)
            parts = [(images[new], labels[new]), (images[old], labels[old])][: 2 if m else 1]
            loss = _step(own, parts)
            where = f"with {n} new and {m} replayed samples (lr {rate:g})"
            got = state_of(student)
            if not difference(got, own[0].state_dict()) <= CLOSE:
                raise CheckFailed(
                    f"{where}: the weights are not those of one SGD step on the mean cross entropy of all {n + m} samples"
                )
            if type(value) is not float or not abs(value - loss) <= 1e-5 * (1 + loss):
                got_value = f"{value:.5g}" if type(value) is float else form(value)
                raise CheckFailed(
                    f"{where}: the function must return, as a Python float, the mean loss over new and replayed samples "
                    f"before the update; got {got_value}"
                )


def _step(learning: tuple[nn.Module, torch.optim.Optimizer], parts) -> float:
    """One step on the mean loss of all samples together; the loss before it."""
    model, optimizer = learning
    images, labels = (torch.cat(column) for column in zip(*parts, strict=True))
    optimizer.zero_grad()
    loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.item()
