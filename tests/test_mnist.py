"""MNIST's files are found without a network, whatever root a notebook names."""

from __future__ import annotations

import gzip
import hashlib
import struct
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import MNIST

from autograder import mnist


@pytest.fixture
def mirror(digits, monkeypatch) -> Path:
    """Torchvision takes its files from the made digits, until the test is over."""
    monkeypatch.setattr(MNIST, "mirrors", MNIST.mirrors)
    monkeypatch.setattr(MNIST, "resources", MNIST.resources)
    monkeypatch.setattr(urllib.request, "_opener", None)
    mnist.use_mirror(digits)
    return digits


class TestMakeDigits:
    def test_the_files_are_in_mnists_own_format(self, digits):
        images = gzip.decompress((digits / "train-images-idx3-ubyte.gz").read_bytes())
        labels = gzip.decompress((digits / "t10k-labels-idx1-ubyte.gz").read_bytes())
        assert struct.unpack(">4I", images[:16]) == (0x803, 1437, 28, 28)
        assert len(images) == 16 + 1437 * 28 * 28
        assert struct.unpack(">2I", labels[:8]) == (0x801, 360)
        assert set(labels[8:]) == set(range(10))

    def test_the_digits_stand_in_the_middle_and_use_the_whole_scale(self, digits):
        data = gzip.decompress((digits / "train-images-idx3-ubyte.gz").read_bytes())
        images = np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28)
        assert images[:, :4].max() == images[:, -4:].max() == images[:, :, :4].max() == 0
        assert images.max() == 255

    def test_the_bytes_are_the_same_at_every_call(self, digits, tmp_path):
        mnist.make_digits(tmp_path)
        for name in mnist.FILES:
            assert (tmp_path / name).read_bytes() == (digits / name).read_bytes()

    def test_train_and_test_share_no_picture(self, digits):
        def pictures(name: str) -> set[bytes]:
            data = gzip.decompress((digits / name).read_bytes())[16:]
            return {data[start : start + 784] for start in range(0, len(data), 784)}

        train, test = pictures(mnist.FILES[0]), pictures(mnist.FILES[2])
        assert len(train) > 1400
        assert not train & test


class TestDescribe:
    def test_made_digits_are_others(self, digits):
        assert mnist.describe(digits) == "other"

    def test_a_folder_without_all_four_files_has_none(self, digits, tmp_path):
        assert mnist.describe(tmp_path) == "missing"
        mnist.copy(digits, tmp_path)
        (tmp_path / mnist.FILES[3]).unlink()
        assert mnist.describe(tmp_path) == "missing"

    def test_official_files_are_known_by_their_checksums(self, digits, monkeypatch):
        sums = {
            name: hashlib.md5((digits / name).read_bytes(), usedforsecurity=False).hexdigest()
            for name in mnist.FILES
        }
        monkeypatch.setattr(mnist, "OFFICIAL_MD5", sums)
        assert mnist.describe(digits) == "official"

    def test_the_official_checksums_are_torchvisions(self):
        assert dict(MNIST.resources) == mnist.OFFICIAL_MD5


class TestUseMirror:
    @pytest.mark.parametrize(("train", "size"), [(True, 1437), (False, 360)])
    def test_torchvision_loads_it_from_any_root(self, mirror, tmp_path, train, size):
        dataset = MNIST(root=str(tmp_path / "anywhere"), train=train, download=True)
        image, label = dataset[0]
        assert len(dataset) == size
        assert image.size == (28, 28)
        assert 0 <= label <= 9

    def test_without_download_it_is_not_found_as_on_any_machine(self, mirror, tmp_path):
        with pytest.raises(RuntimeError, match="download=True"):
            MNIST(root=str(tmp_path / "anywhere"), download=False)


class TestDownload:
    def test_what_was_there_is_kept_where_no_mirror_can_be_reached(self, digits, tmp_path, monkeypatch):
        mnist.copy(digits, tmp_path)
        monkeypatch.setattr(MNIST, "mirrors", [(tmp_path / "nowhere").as_uri() + "/"])
        with pytest.raises(ConnectionError, match="`autograder mnist FOLDER` takes files that you have"):
            mnist.download(tmp_path)
        assert mnist.describe(tmp_path) == "other"

    def test_the_files_of_a_mirror_are_put_in_the_folder(self, mirror, tmp_path):
        mnist.download(tmp_path / "new")
        assert mnist.describe(tmp_path / "new") == "other"


def test_torchvision_can_be_imported_after_the_operators_are_declared():
    mnist.declare_missing_operators()
    mnist.declare_missing_operators()
    import torchvision

    assert torchvision.datasets.MNIST is MNIST
