"""Where `torchvision.datasets.MNIST` finds its files while grading, where there is no network.

This file is also copied into the sandbox (as `digits`), so it imports nothing of the kit, and
torch and torchvision only where they are needed.
"""

from __future__ import annotations

import gzip
import hashlib
import shutil
import struct
import tempfile
import urllib.request
from pathlib import Path

__all__ = ["FILES", "copy", "declare_missing_operators", "describe", "download", "make_digits", "use_mirror"]

FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)

OFFICIAL_MD5 = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
"""As torchvision lists them in `MNIST.resources`."""

TRAIN = 1437
"""Of the 1797 digits of `load_digits`, the number that make the training set."""


def declare_missing_operators() -> None:
    """Declare two operators of torchvision where its compiled library does not fit this torch.

    The wheel of torchvision that package registries give for this torch expects CUDA
    libraries; on a CPU build of torch it fails at import because the schemas of
    `torchvision::nms` and `torchvision::qnms` are unknown. Declaring them is enough: nothing
    in this course calls them. On an ordinary installation this function does nothing.
    """
    import torch

    try:
        import torchvision
    except RuntimeError as error:
        if "torchvision::nms" not in str(error):
            raise
    else:
        return
    import sys

    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = torch.library.Library("torchvision", "DEF")
    library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _libraries.append(library)  # an operator lives only as long as the library that declared it
    import torchvision  # noqa: F401


_libraries: list = []


def make_digits(folder: Path) -> None:
    """Write scikit-learn's digits (real handwriting, 8x8) as 28x28 files in MNIST's own format.

    1437 for training and 360 for testing, in a fixed order; each digit is enlarged to the
    20x20 centre of its picture, as in MNIST. The bytes are the same at every call.
    """
    import numpy as np
    import torch
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
    images = torch.nn.functional.interpolate(images, size=(20, 20), mode="bilinear", align_corners=False)
    images = torch.nn.functional.pad(images, (4, 4, 4, 4))[:, 0]
    pixels = (images * 255).round().clamp(0, 255).to(torch.uint8).numpy()
    labels = digits.target.astype(np.uint8)
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = order[:TRAIN], order[TRAIN:]
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in zip(FILES, (pixels[train], labels[train], pixels[test], labels[test]), strict=True):
        head = struct.pack(">I", 0x0800 | values.ndim) + struct.pack(f">{values.ndim}I", *values.shape)
        (folder / name).write_bytes(gzip.compress(head + values.tobytes(), mtime=0))


def md5(path: Path) -> str:
    """MD5 of a file, in hexadecimal (torchvision checks downloads with it)."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def describe(folder: Path) -> str:
    """One of 'official', 'other' (same format, other digits) and 'missing'."""
    if not all((folder / name).is_file() for name in FILES):
        return "missing"
    return "official" if all(md5(folder / name) == OFFICIAL_MD5[name] for name in FILES) else "other"


class _MirrorHandler(urllib.request.FileHandler):
    """Opens file:// addresses with the `length` that torchvision reads for its progress bar."""

    def open_local_file(self, request):
        response = super().open_local_file(request)
        response.length = int(response.headers["Content-length"])
        return response


def use_mirror(folder: str | Path) -> None:
    """Make `datasets.MNIST(root=anything, download=True)` take its files from a local folder.

    Only the list of mirrors and the checksums change, in this process; the class is
    torchvision's own.
    """
    from torchvision.datasets import MNIST

    folder = Path(folder)
    MNIST.mirrors = [folder.absolute().as_uri() + "/"]
    MNIST.resources = [(name, md5(folder / name)) for name in FILES]
    urllib.request.install_opener(urllib.request.build_opener(_MirrorHandler))


def copy(source: Path, target: Path) -> None:
    """Copy the four files of a folder to another."""
    target.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        shutil.copyfile(source / name, target / name)


def download(target: Path) -> None:
    """Download the official files from torchvision's own mirrors.

    Raises:
        ConnectionError: No mirror could be reached; what was there is kept.
    """
    declare_missing_operators()
    from torchvision.datasets import MNIST

    with tempfile.TemporaryDirectory() as folder:
        try:
            dataset = MNIST(folder, download=True)
        except (OSError, RuntimeError) as error:
            raise ConnectionError(
                f"the official MNIST files could not be downloaded ({error}); "
                "`autograder mnist FOLDER` takes files that you have"
            ) from error
        copy(Path(dataset.raw_folder), target)
