"""Partial credit is what the test has counted; a number of the student's never becomes points."""

from __future__ import annotations

import pytest

from autograder.verdict.credit import NotPoints, compiled, points_of
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status, Verdict
from tests.fakes import InProcessKernel

FORGER = """
def f(x):
    return 3.0

def say(x):
    print("3.0")

def fail(x):
    raise ValueError("3.0")

def call(function):
    function(3.0)

class Score:
    points = 3.0
    def all(self):
        return 3.0
"""


def judge(test: str) -> Verdict:
    return run_test_cell(test, InProcessKernel(FORGER), points=3)


@pytest.mark.parametrize(
    "test",
    [
        "f(1)",
        "x = f(1)\nx",
        "x = f(1)\ny = x\ny / 1",
        "g = f\ng(1)",
        "total = 0\ntotal += f(1)\ntotal",
        "sum([f(1)])",
        "sum(map(f, [1]))",
        "float(f(1))",
        "float(f'{f(1)}')",
        "(lambda: f(1))()",
        "def grade():\n    return f(1)\ngrade()",
        "def same(x):\n    return x\nsame(f(1))",
        "def grade():\n    x = f(1)\n    return x if x == 3 else 0\ngrade()",
        "found = []\nfound.append(f(1))\nfound[0]",
        "found = {}\nfound['a'] = f(1)\nfound['a']",
        "x, y = 1, f(1)\ny",
        "[x for x in [f(1)]][0]",
        "(x := f(1))\nx",
        "for x in [f(1)]:\n    pass\nx",
        "seen = []\ncall(seen.append)\nseen[0]",
        "seen = []\ndef keep(x):\n    seen.append(x)\ncall(keep)\nseen[0]",
        "last = 0\ndef keep(x):\n    global last\n    last = x\ncall(keep)\nlast",
        "try:\n    fail(1)\nexcept ValueError as error:\n    text = error\nfloat(str(text))",
        "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    say(1)\nfloat(out.getvalue())",
        "from unittest import mock\nfake = mock.Mock()\ncall(fake)\nfake.call_args.args[0]",
        "Score.points",
        "Score().all()",
        "getattr(Score, 'points')",
        "globals()['f'](1)\nglobals()['f'](1)\nf and globals()['f'](1)",
        "class T:\n    x = f(1)\nT.x",
        "class T:\n    pass\nt = T()\nt.x = f(1)\nt.x",
        "match f(1):\n    case x:\n        pass\nx",
        "len('aaa') * f(1) / 3",
        "max(0, f(1))",
        "int(f(1) == 3) and f(1)",
        "match {'a': f(1)}:\n    case {**rest}:\n        pass\nrest['a']",
        "n = 0\ndef tick(x):\n    global n\n    n += 1\ncall(tick)\nn",
        "n = 0\ndef tick(x):\n    global n\n    n += 1\nticks = [tick]\ncall(ticks[0])\nn",
        "n = 0\ndef tick(x):\n    global n\n    n += 1\ndef made():\n    return tick\ncall(made())\nn",
        "n = {'n': 0}\ncall(lambda x: n.update(n=1))\nm = n['n']\nm * 3",
        "import itertools\nn = itertools.count()\ncall(lambda x: next(n))\nnext(n)",
        "class T:\n    n = 0\n    def tick(self, x):\n        self.n += 1\nt = T()\ncall(t.tick)\nt.n",
        "def counted():\n    n = 0\n    def tick(x):\n        nonlocal n\n        n += 1\n    call(tick)\n    return n\ncounted()",
        "n = 0\n@call\ndef tick(x):\n    global n\n    n += 1\nn",
        "n = 0\ndef add():\n    global n\n    n += 1\ndef tick(x):\n    add()\ncall(tick)\nn",
    ],
)
def test_a_number_that_the_student_may_have_chosen_gives_nothing(test):
    verdict = judge(test)
    assert verdict.status is Status.ERROR
    assert verdict.points is None


@pytest.mark.parametrize(
    ("test", "points"),
    [
        ("score = 0\nif f(1) == 3:\n    score += 2\nscore", 2),
        ("sum(f(x) == 3 for x in (1, 2))", 2),
        ("score = 0\nfor x, y in [(1, 3), (2, 4)]:\n    score += f(x) == y\nscore / 2", 0.5),
        ("passed = [f(1) == 3, f(2) == 5]\npassed.count(True) * 1.5", 1.5),
        ("import numpy as np\nfloat(np.isclose([f(1), f(2)], [3, 4]).mean() * 2)", 1),
        ("def check(x, y):\n    return 1 if f(x) == y else 0\ncheck(1, 3) + check(1, 4)", 1),
        ("1 if isinstance(f(1), int) else 0.5", 0.5),
        ("seen = []\ncall(seen.append)\nfloat(sum(a == b for a, b in zip(seen, [3])))", 1),
        ("n = 0\ndef add(k):\n    global n\n    n += k\nif f(1) == 3:\n    add(2)\nn", 2),
        (
            "n = 0\ndef worth(k):\n    def made(test):\n        global n\n        n += k * test()\n    return made\n@worth(2)\ndef test_f():\n    return f(1) == 3\nn",
            2,
        ),
        (
            "n = 0\ndef check(x):\n    global n\n    n += f(x) == 3\nfor _ in map(check, [1, 2]):\n    pass\nn",
            2,
        ),
        ("0", 0),
    ],
)
def test_what_the_test_counts_is_given(test, points):
    verdict = judge(test)
    assert (verdict.status, verdict.points) == (Status.FAILED, points)
    assert f"{points:g} of 3 points" in verdict.message


@pytest.mark.parametrize(
    "test", ["assert f(1) == 3", "None", "f(1);", "print(1)", "3", "3.0  # all", "say(1)"]
)
def test_all_points_are_a_pass(test):
    assert judge(test).status is Status.PASSED


@pytest.mark.parametrize("test", ["True", "'text'", "[1]", "float('nan')", "float('inf')", "4", "-1", "1j"])
def test_anything_else_at_the_end_is_refused_with_a_sentence(test):
    verdict = judge(test)
    assert verdict.status is Status.ERROR
    assert "the test cell ends with" in verdict.message


def test_a_number_of_numpy_is_to_be_made_a_float():
    with pytest.raises(NotPoints, match=r"float\(score\)"):
        points_of(__import__("numpy").float64(1), False, 3)


def test_a_semicolon_shows_nothing():
    assert compiled("f(1);  # shown", "<t>").last is None
    assert compiled("f(1)\nx = 1", "<t>").last is None
