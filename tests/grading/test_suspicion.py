"""Signs of an attempt to decide one's own grade, and ordinary code that is none."""

from __future__ import annotations

import nbformat
import pytest

from autograder.grading.results import CellResult
from autograder.grading.suspicion import signs_in_results, signs_in_source
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status
from benchmarks.classroom import FORGERY
from tests.fakes import InProcessKernel


def of(source: str) -> list[str]:
    return signs_in_source(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id="answer")]))


@pytest.mark.parametrize(
    ("source", "word"),
    [
        (
            "class Equal(int):\n    def __eq__(self, other):\n        return True",
            "__eq__ of its own class Equal",
        ),
        ("class Equal(int):\n    __lt__ = __gt__ = lambda *_: True", "__gt__, __lt__"),
        ("import torch\ntorch.equal = torch.allclose = lambda *_: True", "replaces torch.equal"),
        ("import builtins\nbuiltins.abs = forged", "replaces builtins.abs"),
        ("import numpy as np\nnp.testing.assert_allclose = print", "replaces np.testing.assert_allclose"),
        ("setattr(torch, 'equal', forged)", "replaces an attribute of torch"),
        ("from solutions import lesson1_overfitting", "imports solutions"),
        ("import checks.shared", "imports checks.shared"),
        ("import ctypes", "imports ctypes"),
        ("import os\nos._exit(0)", "os._exit"),
        ("open('/proc/self/environ').read()", "/proc"),
    ],
)
def test_these_are_signs(source, word):
    [sign, *_] = of(source)
    assert sign.endswith(" (in cell answer)")
    assert word in sign


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ntorch.backends.cudnn.deterministic = True",
        "import torch\ntorch.manual_seed(0)\nmodel.weight.data = torch.zeros(2)",
        "import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 12",
        "class Net(nn.Module):\n    def __init__(self):\n        self.fc = nn.Linear(1, 2)\n    def __len__(self): return 2",
        "%matplotlib inline\nx == y",
        "def f(:",
        "import gc\ngc.collect()",
        "x = '__eq__'",
        "(" * 5000,
        "import torch\ntorch" + ".x" * 3000 + " = f",
        "pattern = '\\d'\nmodel.bias.data = 1 * x",
    ],
)
def test_these_are_ordinary(source):
    assert of(source) == []


def test_what_is_in_many_cells_is_said_once():
    found = [nbformat.v4.new_code_cell("import ctypes\nimport ctypes", id=f"c{n}") for n in range(5)]
    assert signs_in_source(nbformat.v4.new_notebook(cells=found)) == [
        "imports ctypes (in cells c0, c1, c2 and 2 more)"
    ]


def test_tests_are_the_instructors():
    cell = nbformat.v4.new_code_cell("from solutions import small", id="t")
    cell.metadata.nbgrader = {"grade": True, "solution": False, "task": False, "grade_id": "t", "points": 1}
    assert signs_in_source(nbformat.v4.new_notebook(cells=[cell])) == []


def test_the_demos_forger_is_seen():
    assert any("class Equal" in sign for sign in of(FORGERY.replace("NAMES", "[]")))


def test_a_kernel_that_answers_what_the_agent_never_sends_is_seen():
    class Liar(InProcessKernel):
        def request(self, payload):
            return [b"{}"]

    verdict = run_test_cell("assert f() == 1", Liar("def f(): return 1"))
    [sign] = signs_in_results(
        [
            CellResult(
                cell="test_f", status=verdict.status, points=0.0, max_points=1.0, message=verdict.message
            )
        ]
    )
    assert sign.startswith("in test_f the kernel sent something that is not plain data")


def test_a_failure_of_an_honest_answer_is_no_sign():
    assert (
        signs_in_results(
            [
                CellResult(
                    cell="t",
                    status=Status.ERROR,
                    points=0.0,
                    max_points=1.0,
                    message="your code raised TypeError: f() takes no argument",
                )
            ]
        )
        == []
    )
