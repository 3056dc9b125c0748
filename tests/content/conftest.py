"""The course's notebooks find their data without a network, as they do while they are graded."""

from __future__ import annotations

import pytest
from torchvision.datasets import MNIST


@pytest.fixture(scope="package", autouse=True)
def _data(setup):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("download", "_check_exists", "_load_data"):
            patch.setattr(MNIST, name, getattr(MNIST, name))
        exec(setup.startup, {"__name__": "startup", "DATA": dict(setup.data)})
        yield
