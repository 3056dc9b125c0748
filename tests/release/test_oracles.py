"""Which tests compare with what an answer could change."""

from __future__ import annotations

import nbformat
import pytest

from autograder.course.regions import DEFAULT
from autograder.release.oracles import changeable
from tests.forms.judging import cell


def found(given: str, answer: str, test: str, given_behind: str = "") -> list[str]:
    notebook = nbformat.v4.new_notebook(
        cells=[
            cell("given", given, locked=True),
            cell("answer", answer, solution=True),
            cell("behind", given_behind, locked=True),
            cell("test", test, grade=True, locked=True, points=1),
        ]
    )
    return [name for _, names in changeable(notebook, DEFAULT) for name in names]


@pytest.mark.parametrize(
    ("given", "test", "names"),
    [
        ("table = {n: n * n for n in range(9)}", "assert f(3) == table[3]", ["table"]),
        ("table = {n: n * n for n in range(9)}", "expected = table[3]\nassert expected == f(3)", ["table"]),
        ("class Ref:\n    def f(self, x): return x", "assert f(2) == Ref().f(2)", ["Ref"]),
        (
            "import numpy as np\nxs = np.random.rand(3)",
            "from numpy.testing import assert_allclose\nassert_allclose(f(3), xs)",
            ["xs"],
        ),
        ("import numpy as np\nxs = np.random.rand(3)", "assert np.allclose(f(3), np.sort(xs))", ["xs"]),
    ],
)
def test_what_a_given_cell_makes_can_be_changed(given, test, names):
    assert found(given, "def f(x): return x * x", test) == names


@pytest.mark.parametrize(
    ("given", "test"),
    [
        ("def ref(x): return x * x", "assert f(3) == ref(3)"),
        ("LIMIT = 9", "assert f(3) == LIMIT"),
        ("import math", "assert f(3) == math.pow(3, 2)"),
        ("xs = [n for n in range(9)]", "assert f(len(xs)) == 81"),
        ("xs = [n for n in range(9)]", "assert all(f(xs) == 1 for xs in (1, -1))"),
        ("xs = [n for n in range(9)]", "assert xs[0] == 0 and len(xs) == 9"),
        ("xs = [n for n in range(9)]", "assert f(3) == 9"),
        ("xs = [n for n in range(9)]", "assert f(3 == 9"),
    ],
)
def test_what_is_the_graders_or_only_asked_about_is_not_named(given, test):
    assert found(given, "def f(x): return x * x", test) == []


def test_what_a_given_cell_makes_of_an_answer_is_what_is_tested():
    assert found("import math", "def f(x): return x * x", "assert result == 9", "result = f(3)") == []
