"""A check that a loss calls the model once, on all images together."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from autograder.checking.calls import send
from autograder.checking.promises import Promises, keeping
from autograder.checking.seeds import grading_seed
from autograder.errors import CheckFailed
from checks.shared.models import state_of

__all__ = ["check_one_pass"]


def check_one_pass(denoising_loss: Callable, n: int = 5) -> None:
    """In training mode the statistics of a BatchNorm layer afterwards are those of one pass of the noisy images.

    Another pass, or one for each image, moves them further, which the value of the loss does not show.

    Args:
        denoising_loss: The student's function, called as denoising_loss(model, clean, noisy).
        n: How many images.

    Raises:
        CheckFailed: With the number of passes.
    """
    generator = torch.Generator().manual_seed(grading_seed() + 2)
    clean = torch.rand(n, 1, 4, 4, generator=generator)
    noisy = clean + 0.4 * torch.randn(clean.shape, generator=generator)
    model = nn.BatchNorm2d(1)
    student = send(model)
    keeping(denoising_loss, student, clean, noisy, promises=Promises(changes=frozenset({0})))
    model(noisy)
    after = state_of(student)
    passes = int(after["num_batches_tracked"])
    if passes != 1:
        raise CheckFailed(
            f"nn.BatchNorm2d(1) in training mode got {passes} batches for one loss of {n} images: "
            "the model is called once, on all noisy images together"
        )
    if not torch.allclose(after["running_mean"], model.running_mean, atol=1e-5):
        raise CheckFailed(
            "the statistics that nn.BatchNorm2d(1) keeps in training mode are not those of the noisy images: "
            "is the model given these, all of them, and nothing else?"
        )
