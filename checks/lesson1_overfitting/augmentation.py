"""Checks for augmentation: training images are changed before they become tensors, anew each time, and test images never."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.utils.data import Subset
from torchvision import datasets, transforms

from autograder.checking.calls import in_kernel, send
from autograder.checking.seeds import generator
from autograder.checking.values import describe
from autograder.errors import CheckFailed

__all__ = ["check_augmentation"]


def check_augmentation(make_datasets: Callable) -> None:
    """`make_datasets(augmentations)` changes the training images only, before ToTensor and Normalize."""
    sizes, images, labels = {}, {}, {}
    drawn = generator(7)
    indices = torch.randperm(5_000, generator=drawn)[:12].tolist()
    border = int(torch.randint(2, 7, (), generator=drawn))
    for name, augmentations in (
        ("plain", []),
        # A mirror shows whether it was applied; white frames whether they came before Normalize, and in their order.
        ("mirrored", [transforms.RandomHorizontalFlip(p=1.0)]),
        (
            "framed",
            [
                transforms.CenterCrop(28 - 2 * border),
                transforms.Pad((2 * border, border, 0, border), fill=255),
            ],
        ),
    ):
        theirs = send(augmentations)
        for part, dataset in zip(("train", "test"), make_datasets(theirs), strict=True):
            sizes[part] = len(dataset)
            images[name, part], labels[part] = _images(dataset, indices)
        if len(theirs) != len(augmentations):
            raise CheckFailed("it changed the list of augmentations that it got; make a list of your own")
    _check_drawn_anew(make_datasets, indices[0])
    if torch.equal(images["plain", "train"], images["plain", "test"]):
        raise CheckFailed("training set and test set have the same images: train=True and train=False")
    if not sizes["train"] > sizes["test"]:
        raise CheckFailed(
            f"the training set has {sizes['train']} images, the test set {sizes['test']}: are they exchanged?"
        )
    for part in ("train", "test"):
        official = in_kernel(datasets.MNIST, "./data", train=part == "train", download=True)
        if sizes[part] != len(official.data) or labels[part] != official.targets[indices].tolist():
            raise CheckFailed(
                f"the {part} set must have all {len(official.data)} images of MNIST, each with its own label; it has "
                f"{sizes[part]}, and the first that were looked at have the labels {describe(labels[part])}"
            )
        plain = (official.data[indices, None] / 255 - 0.5) / 0.5
        if not torch.allclose(images["plain", part], plain, atol=1e-5):
            raise CheckFailed(
                f"without augmentations the {part} images must be those of MNIST after ToTensor() and "
                "Normalize((0.5,), (0.5,)), and nothing else"
            )
    for name in ("mirrored", "framed"):
        if not torch.equal(images[name, "test"], images["plain", "test"]):
            raise CheckFailed(
                "the augmentation also changes the test images: the test set measures what the model can do "
                "with images as they are, so augment the training set only"
            )
    if not torch.equal(images["mirrored", "train"], images["plain", "train"].flip(-1)):
        raise CheckFailed(
            "with RandomHorizontalFlip(p=1.0) the training images must be mirrored; are they augmented?"
        )
    inner = slice(border, 28 - border)
    frame = torch.ones_like(images["plain", "train"])
    frame[..., inner, 2 * border :] = images["plain", "train"][..., inner, inner]
    if not torch.allclose(images["framed", "train"], frame, atol=1e-5):
        raise CheckFailed(
            "a white frame (255 in the picture) must be +1 in the tensor: augment first, then ToTensor and "
            "Normalize, and apply every augmentation of the list, in its order"
        )


def _check_drawn_anew(make_datasets: Callable, index: int) -> None:
    """A random augmentation is drawn each time that an image is read: 24 tosses of a coin are not all alike."""
    train_set, _ = make_datasets([transforms.RandomHorizontalFlip(p=0.5)])
    seen, _ = _images(train_set, [index] * 24)
    if all(torch.equal(image, seen[0]) for image in seen):
        raise CheckFailed(
            "with RandomHorizontalFlip(p=0.5) an image came out the same way 24 times: augmentations must be "
            "drawn anew each time that the image is read"
        )


def _images(dataset: Any, indices: list[int]) -> tuple[torch.Tensor, list[int]]:
    items = in_kernel(list, in_kernel(Subset, dataset, indices))
    for item in items if type(items) is list else []:
        if type(item) is not tuple or len(item) != 2 or not isinstance(item[0], torch.Tensor):
            break
        image, label = item
        if image.shape != (1, 28, 28) or image.dtype != torch.float32 or type(label) is not int:
            break
        if not (image.min() >= -1 and image.max() <= 1 and image.min() < -0.9):
            raise CheckFailed(
                "pixels must lie in [-1, 1], the background at -1: is Normalize((0.5,), (0.5,)) there?"
            )
    else:
        if type(items) is list and len(items) == len(indices):
            return torch.stack([image for image, _ in items]), [label for _, label in items]
    first = items[0] if type(items) in (list, tuple) and items else items
    got = " and ".join(
        f"a {part.dtype} tensor of shape {tuple(part.shape)}"
        if isinstance(part, torch.Tensor)
        else describe(part)
        for part in (first if type(first) is tuple else (first,))
    )
    raise CheckFailed(
        "each item of a dataset must be a pair: a float32 tensor of shape (1, 28, 28) and an int label; "
        f"got {got}: are all the transforms applied?"
    )
