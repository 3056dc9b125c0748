"""A calibration stands as long as nothing that decides the verdict has changed."""

from __future__ import annotations

import pytest

from benchmarks.used_code import used

TEST = "from checks.one import check\ncheck(answer)"
ONE = '''"""Checks."""
from checks import three
from checks.two import near, unused
LIMIT = 3
OTHER = 4
def check(answer):
    """Says."""
    if not near(answer, _expected()):
        raise CheckFailed(f"got {answer}")
    three.look(answer)
def _expected():
    return LIMIT
def another():
    return OTHER
'''
TWO = "def near(a, b):\n    return abs(a - b) < 1e-3\ndef unused():\n    return 0\n"
THREE = "def look(answer):\n    return answer\ndef beside():\n    return 1\n"


def of(one: str = ONE, two: str = TWO, three: str = THREE) -> str:
    return used([("checks/one.py", one), ("checks/two.py", two), ("checks/three.py", three)], [TEST])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("OTHER = 4", "OTHER = 5"),
        ("return OTHER", "return None"),
        ('"""Says."""', '"""Says more."""'),
        ('f"got {answer}"', '"wrong: " + describe(answer)'),
        ("LIMIT = 3", "LIMIT  =  3  # a comment"),
    ],
)
def test_what_decides_nothing_may_change(before, after):
    assert before in ONE
    assert of(ONE.replace(before, after)) == of()


@pytest.mark.parametrize(
    ("before", "after"),
    [("LIMIT = 3", "LIMIT = 2"), ("if not near", "if near"), ("LIMIT = 3", "LIMIT = 3\nLIMIT += 1")],
)
def test_what_decides_shows(before, after):
    assert before in ONE
    assert of(ONE.replace(before, after)) != of()


def test_definitions_of_other_modules_count_where_they_are_used():
    assert of(two=TWO.replace("1e-3", "1e-2")) != of()
    assert of(two=TWO.replace("return 0", "return 1")) == of()
    assert of(three=THREE.replace("return answer", "return None")) != of()
    assert (
        of(three=THREE.replace("return 1", "return 2")) != of()
    )  # of a module that is imported whole, any may be used
