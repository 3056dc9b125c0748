"""The course's notebooks find their digits without a network, as they do while they are graded."""

from __future__ import annotations

import urllib.request

import pytest
from torchvision.datasets import MNIST

from autograder import mnist


@pytest.fixture(scope="package", autouse=True)
def _local_digits(digits):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MNIST, "mirrors", MNIST.mirrors)
        patch.setattr(MNIST, "resources", MNIST.resources)
        patch.setattr(urllib.request, "_opener", None)
        mnist.use_mirror(digits)
        yield
