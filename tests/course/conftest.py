"""The course's notebooks find their digits without a network, as they do while they are graded."""

from __future__ import annotations

import pytest

from autograder import mnist


@pytest.fixture(scope="session", autouse=True)
def _local_digits(digits):
    mnist.use_mirror(digits)
