"""Figures are shown whether the course's kernels have matplotlib beforehand or not, and nobody waits for it in vain."""

from __future__ import annotations

import pytest

from autograder.kernel.client import StudentKernel
from autograder.kernel.server import ForkServer
from autograder.kernel.setup import KernelSetup
from tests.fakes import text_of

pytestmark = pytest.mark.kernel

DRAWN = {
    "plainly": "import matplotlib.pyplot as plt\nplt.plot([1, 2])",
    "by a magic": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])",
    "as configured": "%config InlineBackend.figure_format = 'png'\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])",
    "by an object": "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\naxes.plot([1, 2])\nfigure",
}


@pytest.fixture(scope="module")
def bare(limits):
    with ForkServer(KernelSetup(), limits=limits) as server:
        yield server


def images(outputs) -> int:
    return sum("image/png" in output.get("data", {}) for output in outputs)


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_shown_where_matplotlib_was_imported_beforehand(kernel, name):
    assert images(kernel.run(DRAWN[name]).outputs) >= 1


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_shown_where_the_student_is_the_first_to_import_matplotlib(bare, limits, name):
    with StudentKernel(bare, limits) as kernel:
        assert images(kernel.run(DRAWN[name]).outputs) >= 1
    assert bare.clean() is None


def test_a_kernel_without_figures_does_not_import_them(bare, limits):
    with StudentKernel(bare, limits) as kernel:
        ran = kernel.run(
            "import sys\nprint([name for name in sys.modules if name.startswith('matplotlib.')])"
        )
    bare.clean()
    assert "pyplot" not in text_of(ran.outputs)
