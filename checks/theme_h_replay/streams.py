"""Samples that go by a memory one after another, each known again by its number, and how odd a count of them is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from autograder.checking.calls import call_many
from autograder.checking.values import form
from autograder.errors import CheckFailed

__all__ = ["LARGEST_Z", "deviations", "feed", "identities", "pair", "stream"]

LARGEST_Z = 5.0
"""A count may be this many standard deviations off: a correct memory is so once in two million counts."""


def stream(n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """n images (n, 1, 2, 2) whose first pixel is their number / 64, and labels."""
    numbers = torch.arange(n)
    images = (numbers / 64).reshape(n, 1, 1, 1) + torch.tensor([[0.0, 0.25], [0.5, 0.125]])
    return images, (3 * numbers + 1) % 10


def feed(memory: Any, images: torch.Tensor, labels: torch.Tensor, batches: Sequence[int]) -> None:
    parts = zip(images.split(list(batches)), labels.split(list(batches)), strict=True)
    for call in call_many(memory.add, list(parts)):
        call.result()


def pair(value: Any, where: str) -> tuple[torch.Tensor, torch.Tensor]:
    if (
        type(value) not in (tuple, list)
        or len(value) != 2
        or not all(isinstance(v, torch.Tensor) for v in value)
    ):
        raise CheckFailed(f"{where}: expected a pair of tensors (images, labels), got {form(value)}")
    return value[0], value[1]


def identities(value: Any, images: torch.Tensor, labels: torch.Tensor, where: str) -> list[int]:
    """Which of the stream's samples these are, by number; each must be one of them, with its own label."""
    got, got_labels = pair(value, where)
    form = tuple(images.shape[1:])
    if tuple(got.shape[1:]) != form or got.dtype != images.dtype or got.dim() != images.dim():
        raise CheckFailed(
            f"{where}: the images must have shape (n, {', '.join(map(str, form))}), got {form(got)}"
        )
    if got_labels.dtype != torch.int64 or tuple(got_labels.shape) != (len(got),):
        raise CheckFailed(
            f"{where}: the labels must be an int64 tensor of shape ({len(got)},), got {form(got_labels)}"
        )
    if got.requires_grad:
        raise CheckFailed(f"{where}: the images must be plain numbers, got a tensor that requires gradients")
    numbers = []
    for image, label in zip(got, got_labels.tolist(), strict=True):
        number = image.flatten()[0].item() * 64
        if not (0 <= number < len(images)) or not torch.equal(image, images[round(number)]):
            raise CheckFailed(f"{where}: an image is not one of those that were added")
        if label != labels[round(number)].item():
            raise CheckFailed(f"{where}: an image has the label of another one")
        numbers.append(round(number))
    return numbers


def deviations(count: int, n: int, p: float) -> float:
    return (
        (count - n * p) / math.sqrt(n * p * (1 - p)) if 0 < p < 1 else (0.0 if count == n * p else math.inf)
    )
