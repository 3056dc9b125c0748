"""The module of reference implementations that is built from a source notebook."""

from __future__ import annotations

import importlib

import pytest
from nbformat import NotebookNode

from autograder.course.regions import DEFAULT
from autograder.release.solutions import solutions_module
from tests import small_course
from tests.small_course import cell_of


@pytest.fixture
def source() -> NotebookNode:
    return small_course.source()


def test_it_holds_imports_definitions_and_constants_and_computes_nothing(source):
    cell_of(source, "imports").source += "\nprint('computing')\nx = 3\nfrom math import pi"
    text = solutions_module(source, "small", DEFAULT)
    assert "import torch\n" in text
    assert "from math import pi" in text
    assert "FACTOR = 3" in text
    assert "scaled_by_reference = x * factor" in text
    for left_out in ("computing", "x = 3", "try-it", "SOLUTION", "assert"):
        assert left_out not in text


def test_it_can_be_imported_and_works(course):
    small = importlib.import_module("solutions.small")
    assert small.total([1, 2]) == 3


def test_decorators_belong_to_their_function(source):
    cell_of(source, "total").source = "@staticmethod\n@property\ndef total(values):\n    return 1"
    assert "@staticmethod\n@property\ndef total(values):" in solutions_module(source, "small", DEFAULT)


def test_experiments_and_tests_are_left_out(source):
    cell_of(source, "try-it").source = "def experiment():\n    return 1"
    assert "experiment" not in solutions_module(source, "small", DEFAULT)
