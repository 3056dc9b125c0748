"""Tests for what a course puts into its students' kernels."""

import pytest

from autograder.kernel.setup import KernelSetup

SETUP = KernelSetup(preload=("matplotlib.pyplot", "sklearn.cluster", "torch.optim"))


@pytest.mark.parametrize(
    ("source", "preload"),
    [
        ("from matplotlib import pyplot as plt", ("matplotlib.pyplot",)),
        ("import torch\noptimizer = torch.optim.SGD(model.parameters(), lr=0.1)", ("torch.optim",)),
        ("import sklearn  # no clusters", ()),
        ("", ()),
    ],
)
def test_kernels_import_beforehand_only_what_the_code_names(source: str, preload: tuple[str, ...]):
    assert SETUP.for_code([source]).preload == preload


@pytest.mark.parametrize(
    ("source", "draws"),
    [
        ("import matplotlib.pyplot as plt", False),
        ("figure_of_merit = replot = 1", False),
        ("fig, ax = plt.subplots()", True),
        ("plt.imshow(image)", True),
        ("frame['x'].plot()", True),
    ],
)
def test_a_figure_is_drawn_beforehand_only_for_code_that_draws(source: str, draws: bool):
    assert SETUP.for_code(["import matplotlib.pyplot", source]).draws == draws


def test_what_is_done_beforehand_does_not_change_what_student_code_finds():
    assert SETUP.for_code([""]).digest() == SETUP.digest()
