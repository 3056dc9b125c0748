"""Runs before student code: `datasets.MNIST` finds the official images without a network, from any root.

The images are read once, in the process that all kernels are forked from; a submission neither
downloads nor unpacks anything.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
from pathlib import Path

import numpy
import torch
import torchvision.datasets

__all__ = ["read_images", "use_images"]

_OPENERS = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ\x00": lzma.decompress}
_IMAGES, _LABELS = 0x0803, 0x0801
"""The first four bytes of an idx file: unsigned bytes in three dimensions, or in one
(http://yann.lecun.com/exdb/mnist)."""


def read_images(folder: str | Path) -> dict[bool, tuple[torch.Tensor, torch.Tensor]]:
    """The training set (True) and the test set (False): images (n, 28, 28) uint8 and labels (n,) int64.

    The files may be packed by gzip, bzip2 or xz, or not at all, and may have any name: the larger
    set is the training set.

    Raises:
        ValueError: The folder does not hold two sets of images with their labels.
    """
    arrays = [array for path in sorted(Path(folder).iterdir()) if (array := _idx(path)) is not None]
    images = {len(array): array for array in arrays if array.ndim == 3}
    labels = {len(array): array for array in arrays if array.ndim == 1}
    if len(images) != 2 or images.keys() != labels.keys():
        raise ValueError(
            f"{folder}: expected two sets of images and their labels in MNIST's idx format, got images of "
            f"{sorted(images)} and labels of {sorted(labels)}"
        )
    test, train = sorted(images)
    return {
        is_train: (torch.from_numpy(images[size].copy()), torch.from_numpy(labels[size].astype(numpy.int64)))
        for is_train, size in ((True, train), (False, test))
    }


def _idx(path: Path) -> numpy.ndarray | None:
    """The array of an idx file; None of any other file."""
    if not path.is_file():
        return None
    content = path.read_bytes()
    for magic, unpack in _OPENERS.items():
        if content.startswith(magic):
            content = unpack(content)
    kind = int.from_bytes(content[:4], "big")
    if kind not in (_IMAGES, _LABELS):
        return None
    dimensions = kind & 0xFF
    shape = [int.from_bytes(content[4 * axis : 4 * axis + 4], "big") for axis in range(1, dimensions + 1)]
    return numpy.frombuffer(content, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


def use_images(folder: str | Path) -> None:
    """Make `datasets.MNIST` give the images of a folder, whatever its root and mirrors are.

    Nothing else of the class changes, and FashionMNIST and other data sets that are derived from it
    stay as they are.
    """
    folder = Path(folder)
    sets = read_images(folder)
    MNIST = torchvision.datasets.MNIST
    derived = tuple(
        kind
        for kind in vars(torchvision.datasets).values()
        if isinstance(kind, type) and issubclass(kind, MNIST) and kind is not MNIST
    )
    original = {name: getattr(MNIST, name) for name in ("download", "_check_exists", "_load_data")}

    def replace(name: str, function) -> None:
        def method(self):
            return original[name](self) if isinstance(self, derived) else function(self)

        method.__name__ = name
        method.__doc__ = original[name].__doc__
        setattr(MNIST, name, method)

    def download(self) -> None:
        """The packed files stand where torchvision would have put them, if the root can be written."""
        with contextlib.suppress(OSError):
            os.makedirs(self.raw_folder, exist_ok=True)
            for path in sorted(folder.glob("*-ubyte*")):
                if not os.path.lexists(target := os.path.join(self.raw_folder, path.name)):
                    os.symlink(path, target)

    def load(self) -> tuple[torch.Tensor, torch.Tensor]:
        images, labels = sets[bool(self.train)]
        return images.clone(), labels.clone()

    replace("download", download)
    replace("_check_exists", lambda self: True)
    replace("_load_data", load)


if "DATA" in globals():
    use_images(DATA["mnist"])  # noqa: F821
