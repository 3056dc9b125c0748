"""The course's images are the official ones, and student code finds them whatever it does."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import runpy
from pathlib import Path

import pytest

from autograder.boundary.student import Student
from tests.small_course import REPOSITORY

FOLDER = REPOSITORY / "datasets" / "mnist"
OFFICIAL_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
"""Of the unpacked files."""


@pytest.fixture(scope="module")
def startup() -> dict:
    """The start-up file, without data to put anywhere."""
    return runpy.run_path(str(FOLDER / "startup.py"))


def content(name: str) -> bytes:
    return gzip.decompress((FOLDER / f"{name}.gz").read_bytes())


def test_the_files_are_the_official_ones():
    for name, md5 in OFFICIAL_MD5.items():
        assert hashlib.md5(content(name), usedforsecurity=False).hexdigest() == md5


def test_both_sets_are_read(startup):
    sets = startup["read_images"](FOLDER)
    assert {
        train: (tuple(images.shape), tuple(labels.shape)) for train, (images, labels) in sets.items()
    } == {
        True: ((60_000, 28, 28), (60_000,)),
        False: ((10_000, 28, 28), (10_000,)),
    }
    assert sets[False][1][:5].tolist() == [7, 2, 1, 0, 4]


@pytest.mark.parametrize("pack", [bytes, bz2.compress, lzma.compress, gzip.compress])
def test_files_are_known_by_their_content(startup, tmp_path, pack):
    for number, name in enumerate(OFFICIAL_MD5):
        data = content(name)
        head = 16 if "images" in name else 8
        size = (30 if "train" in name else 20) * (784 if "images" in name else 1)
        count = (30 if "train" in name else 20).to_bytes(4, "big")
        (tmp_path / f"part-{number}.bin").write_bytes(pack(data[:4] + count + data[8 : head + size]))
    (tmp_path / "notes.txt").write_text("not an idx file")
    sets = startup["read_images"](tmp_path)
    assert sets[True][0].shape == (30, 28, 28)
    assert sets[False][1].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9, 0, 6, 9, 0, 1, 5, 9, 7, 3, 4]


def test_a_folder_that_lacks_a_file_is_refused(startup, tmp_path):
    for name in list(OFFICIAL_MD5)[1:]:
        (tmp_path / name).symlink_to(FOLDER / f"{name}.gz")
    with pytest.raises(ValueError, match=r"got images of \[10000\] and labels of \[10000, 60000\]"):
        startup["read_images"](tmp_path)


@pytest.mark.kernel
@pytest.mark.parametrize(
    "before",
    [
        "root = './data'",
        "root = '/content/data'",
        "root = '~/mnist'",
        "import urllib.request\nurllib.request.install_opener(urllib.request.OpenerDirector())\nroot = 'd'",
        "datasets.MNIST.mirrors = ['https://example.org/']\nroot = 'd'",
        "datasets.MNIST.resources = []\nroot = 'd'",
        "class MNIST(datasets.MNIST):\n    pass\ndatasets.MNIST = MNIST\nroot = 'd'",
    ],
)
def test_student_code_finds_them_from_any_root(kernel, before):
    run = kernel.run(
        f"from torchvision import datasets\n{before}\n"
        "sizes = [len(datasets.MNIST(root=root, train=train, download=True)) for train in (True, False)]\n"
        "label = datasets.MNIST(root, train=False)[0][1]"
    )
    assert run.error is None
    assert Student(kernel).look_up(["sizes", "label"]) == {"sizes": [60_000, 10_000], "label": 7}


@pytest.mark.kernel
def test_another_data_set_is_not_replaced_by_these(kernel):
    run = kernel.run("from torchvision import datasets\ndatasets.FashionMNIST('d', download=False)")
    assert run.error == "RuntimeError"


@pytest.mark.kernel
def test_changed_images_change_nobody_elses(kernel):
    kernel.run(
        "from torchvision import datasets\ndatasets.MNIST('d', download=True).data.zero_()\n"
        "total = int(datasets.MNIST('d').data.sum())"
    )
    assert Student(kernel).look_up(["total"])["total"] > 0


def test_the_notice_names_the_licence():
    assert "CC BY-SA" in Path(FOLDER / "README.md").read_text(encoding="utf-8")
