"""Attacks on tests that are made again with the reference behind wrong earlier answers."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.course.cells import FOLLOW_THROUGH
from autograder.grading.execution import execute
from autograder.grading.results import Execution
from autograder.grading.task import Task
from tests.fakes import FakeKernels

SORTED = "def ordered(xs):\n    'vermilion'\n    xs.sort()\n    return xs"
WRONG = "def ordered(xs):\n    return None"


def code(source: str, identity: str, **entry) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source, id=identity)
    usual = {"grade": False, "solution": False, "task": False, "grade_id": identity, "points": 2}
    cell.metadata.nbgrader = nbformat.from_dict({**usual, **entry})
    return cell


def graded(median: str, test: str, earlier: str = "", **surroundings: dict) -> Execution:
    """A submission with a wrong `ordered`, on which `median` leans."""
    last = code(test, "test_median", grade=True)
    last.metadata.tags = [FOLLOW_THROUGH]
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        code(WRONG, "ordered", solution=True),
        code(f"{earlier}\nassert ordered([2, 1]) == [1, 2]", "test_ordered", grade=True),
        code(median, "median", solution=True),
        last,
    ]
    notebook.metadata["autograder"] = {"surroundings": surroundings}
    answers = (("ordered", SORTED), ("median", "median = None"))
    return execute(Task(notebook=notebook, answers=answers), FakeKernels())


READING = {
    "returns it": "return ordered.__doc__",
    "raises it": "raise ValueError(ordered.__doc__)",
    "returns an object that is shown so": "return type('Odd', (), {'__str__': lambda self: ordered.__doc__})()",
    "gives it bit by bit": "return ['vermilion' for c in ordered.__doc__]",
}


@pytest.mark.parametrize("body", READING.values(), ids=[name.replace(" ", "-") for name in READING])
def test_nothing_that_an_answer_reads_of_the_reference_is_quoted(body: str):
    test = "got = median([3, 1, 2])\nassert got == 2, f'the median of 3, 1 and 2 is not {got}'"
    execution = graded(f"def median(xs):\n    if ordered.__doc__:\n        {body}\n    return 0", test)
    assert [result.points for result in execution.cells] == [0, 0]
    shown = [[result.message, result.trace] for result in execution.cells]
    assert "vermilion" not in json.dumps([shown, execution.outputs["test_median"]])


def test_what_an_answer_did_to_a_tests_data_is_forgotten_at_the_second_try():
    test = "expected = sorted(xs)\nmedian(xs)\nassert xs == expected"
    given = {"carried": ["xs"]}
    execution = graded("def median(xs):\n    xs.clear()", test, "xs = [3, 1, 2]", test_median=given)
    assert [result.points for result in execution.cells] == [0, 0]


def test_what_an_answer_did_to_a_tests_data_reaches_no_later_test():
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        code("def sort(xs):\n    xs.clear()\ndef total(xs):\n    return 0", "answers", solution=True),
        code("xs = [3, 1, 2]", "test_nothing", grade=True),
        code("sort(xs)\nassert xs == [1, 2, 3]", "test_sort", grade=True),
        code("assert total(xs) == sum(xs)", "test_total", grade=True),
    ]
    around = {name: {"carried": ["xs"]} for name in ("test_sort", "test_total")}
    notebook.metadata["autograder"] = {"surroundings": around}
    execution = execute(Task(notebook=notebook), FakeKernels())
    assert [result.points for result in execution.cells] == [2, 0, 0]


def test_the_points_of_a_second_try_are_never_fewer():
    notebook_test = "score = 1\nscore += median([1]) == 1\nscore"
    execution = graded("def median(xs):\n    return 0", notebook_test)
    assert [result.points for result in execution.cells] == [0, 1]
    assert execution.cells[1].replaced == ()
