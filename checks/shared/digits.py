"""Real handwriting that no notebook shows, for trained checks, and networks of library layers to train."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import NamedTuple

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, Subset, TensorDataset

__all__ = ["Digits", "handwriting", "loader_of", "mlp"]


class Digits(NamedTuple):
    """Images (n, 1, 28, 28) float32 in [-1, 1] and labels (n,) int64, for training and for testing."""

    train_images: torch.Tensor
    train_labels: torch.Tensor
    test_images: torch.Tensor
    test_labels: torch.Tensor


@functools.cache
def _scanned() -> tuple[torch.Tensor, torch.Tensor]:
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    images = F.interpolate(images, size=(28, 28), mode="bilinear", align_corners=False)
    return (images - 0.5) / 0.5, torch.tensor(digits.target, dtype=torch.int64)


def handwriting(seed: int, train: int, test: int) -> Digits:
    """Real handwritten digits that no notebook shows: drawn, and their classes renamed, by the seed.

    The ten classes are numbered in a random order, so a model that already knows digits is
    no better than chance: it has to learn from these images.

    Args:
        seed: Decides which images, their order, and the numbers of the classes.
        train: Number of training images.
        test: Number of test images; train + test is at most 1797.
    """
    images, labels = _scanned()
    if train + test > len(labels):
        raise ValueError(f"{train} + {test} digits asked for, there are {len(labels)}")
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randperm(10, generator=generator)[labels]
    order = torch.randperm(len(labels), generator=generator)
    first, second = order[:train], order[train : train + test]
    return Digits(images[first], labels[first], images[second], labels[second])


def mlp(seed: int, sizes: Sequence[int] = (784, 128, 128, 10), *, norm: bool = False) -> nn.Sequential:
    """A ReLU network of library layers (so it can be sent), with weights decided by the seed.

    Args:
        seed: Seed of the weights; the global random state is left as it was.
        sizes: Number of inputs, of hidden units, of classes.
        norm: Whether a BatchNorm1d follows each hidden layer: it tells the two modes apart.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = [nn.Flatten()]
        for n_in, n_out in itertools.pairwise(sizes):
            layers += [nn.Linear(n_in, n_out), *([nn.BatchNorm1d(n_out)] if norm else []), nn.ReLU()]
        return nn.Sequential(*layers[: -2 if norm else -1])


def loader_of(images: torch.Tensor, labels: torch.Tensor, batch_size: int, passes: int = 1) -> DataLoader:
    """A DataLoader in fixed order that goes through the images `passes` times."""
    dataset = TensorDataset(images, labels)
    if passes > 1:
        dataset = Subset(dataset, list(range(len(images))) * passes)
    return DataLoader(dataset, batch_size=batch_size)
