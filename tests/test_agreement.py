"""Comparing this engine with stock nbgrader: the wrong answers that are made of right ones."""

from __future__ import annotations

import pytest

from benchmarks.agreement import mutated


@pytest.mark.parametrize(
    ("kind", "source", "changed"),
    [
        ("number", "def f(x):\n    return x[1] + 2", "def f(x):\n    return x[1] + 3"),
        ("operator", "y = a + b * c", "y = a - b * c"),
        ("operator", "if a < b:\n    c = 1", "if a >= b:\n    c = 1"),
        ("value", "def f(x):\n    y = 1\n    return y", "def f(x):\n    y = 1\n    return None"),
        ("value", "a = 1\nb = 2", "a = 1\nb = None"),
        ("number", "%matplotlib inline\nx = 1", "%matplotlib inline\nx = 1"),
    ],
)
def test_one_thing_in_an_answer_is_changed(kind, source, changed):
    assert mutated(source, kind) == changed
