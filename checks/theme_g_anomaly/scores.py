"""Checks for anomaly scores: the reconstruction error of each image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from autograder.checking.calls import call_many, send
from autograder.checking.promises import keeping
from autograder.checking.seeds import grading_seed
from autograder.checking.values import tensor_problem, unchanged
from autograder.errors import CheckFailed
from checks.shared.models import small_autoencoder

__all__ = [
    "check_anomaly_score",
    "errors_of",
    "output_of",
]


def check_anomaly_score(anomaly_score: Callable) -> None:
    """`anomaly_score(model, images)` is the mean squared error over the pixels, one for each image.

    Args:
        anomaly_score: The student's function; images (n, 1, H, W).
    """
    generator = torch.Generator().manual_seed(grading_seed())
    cases = []
    sizes = [(1, 2, 2), (3, 5, 4), (5, 5, 5), (40, 28, 28), (2, 12, 15), (2, 33, 40)]
    for seed, (n, height, width) in enumerate(sizes):
        images = torch.rand(height, 1, n, width, generator=generator).transpose(0, 2)
        cases += [(small_autoencoder(height, width, seed), images), (nn.Identity(), images)]
    inked = torch.rand(4, 1, 6, 5, generator=generator)
    inked[:, :, :2], inked[..., 0] = 0, 0  # a digit has a rim without ink
    cases.append((small_autoencoder(6, 5, len(sizes)), inked))
    cases.append((_far_off(), torch.rand(130, 1, 2, 3, generator=generator)))
    for done in call_many(anomaly_score, cases):
        model, images = done.arguments
        what = f"for {len(images)} images of {images.shape[2]} x {images.shape[3]} pixels"
        scores = done.result()
        if problem := tensor_problem(scores, "the result", torch.float32, (len(images),)):
            raise CheckFailed(f"{what}: {problem}; one score for each image?")
        if not unchanged(images, done.arguments_after[1]):
            raise CheckFailed(f"{what}: the images were changed")
        right = errors_of(output_of(model, images), images)
        off = (scores.double() - right).abs().max().item()
        if not off <= 1e-5:
            worst = (scores.double() - right).abs().argmax()
            raise CheckFailed(
                f"{what}: a score is {scores[worst]:.4g}, off by {off:.2g} from the mean of (model(x) − x)² over "
                "the pixels of that image"
            )
    theirs = send(small_autoencoder(4, 4, 9))
    keeping(anomaly_score, theirs, torch.rand(6, 1, 4, 4, generator=generator))


def errors_of(output: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    return (output.double() - images.double()).square().flatten(1).mean(dim=1)


def output_of(model: Any, images: torch.Tensor) -> torch.Tensor:
    output = model(images)
    output = output.detach() if isinstance(output, torch.Tensor) else output
    if problem := tensor_problem(output, "the model's output", torch.float32, images.shape):
        raise CheckFailed(problem)
    return output


def _far_off() -> nn.Module:
    """A model of one pixel whose outputs are far from the images: between -3 and 4."""
    model = nn.Conv2d(1, 1, 1)
    nn.init.constant_(model.weight, -7.0)
    nn.init.constant_(model.bias, 4.0)
    return model
