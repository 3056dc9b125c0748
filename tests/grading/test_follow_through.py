"""A test that follows through costs nothing where only an earlier answer is wrong."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.course.cells import FOLLOW_THROUGH
from autograder.grading.execution import execute
from autograder.grading.results import CellResult, Execution
from autograder.grading.task import Task
from autograder.kernel.limits import Limits
from tests.fakes import FakeKernels, text_of

HALF = "def half(x):\n    return x / 2"
QUARTER = "def quarter(x):\n    return half(half(x))"
ANSWERS = {"half": HALF, "quarter": QUARTER}
WRONG = {
    "wrong": "def half(x):\n    return x",
    "raises": "def half(x):\n    raise ValueError(x)",
    "not answered": "raise NotImplementedError()",
    "not a function": "half = None",
    "ends its kernel": "import os\ndef half(x):\n    os._exit(1)",
}


def code(source: str, identity: str, **entry) -> NotebookNode:
    cell = nbformat.v4.new_code_cell(source, id=identity)
    usual = {"grade": False, "solution": False, "task": False, "grade_id": identity, "points": 2}
    cell.metadata.nbgrader = nbformat.from_dict({**usual, **entry})
    return cell


def answered(*between: NotebookNode, tag: str = FOLLOW_THROUGH, **answers: str) -> NotebookNode:
    """A notebook in which a quarter is made of halves."""
    given = {**ANSWERS, **answers}
    last = code("assert quarter(8) == 2", "test_quarter", grade=True)
    last.metadata.tags = [tag]
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        code(given["half"], "half", solution=True),
        code("assert half(8) == 4", "test_half", grade=True),
        *between,
        code(given["quarter"], "quarter", solution=True),
        last,
        code("assert half(2) == 1 and quarter(4) == 1", "test_both", grade=True),
    ]
    return notebook


def graded(notebook: NotebookNode, limits: Limits | None = None) -> Execution:
    task = Task(notebook=notebook, limits=limits or Limits(), answers=tuple(ANSWERS.items()))
    return execute(task, FakeKernels())


def points(execution: Execution) -> dict[str, float | None]:
    return {result.cell: result.points for result in execution.cells}


def quarter(execution: Execution) -> CellResult:
    return next(result for result in execution.cells if result.cell == "test_quarter")


@pytest.mark.parametrize("half", [WRONG[name] for name in WRONG if name != "ends its kernel"])
def test_a_wrong_earlier_answer_costs_its_own_test_and_those_that_do_not_follow_through(half):
    execution = graded(answered(half=half))
    assert points(execution) == {"test_half": 0, "test_quarter": 2, "test_both": 0}
    assert quarter(execution).replaced == ("half",)
    assert quarter(execution).message == ""
    assert not [output for output in execution.outputs["test_quarter"] if output.output_type == "error"]


@pytest.mark.parametrize("place", [1, 2])
def test_an_answer_that_is_wrong_and_defined_again_in_another_cell_is_the_references_in_both(place):
    notebook = answered(half=WRONG["wrong"])
    notebook.cells.insert(place, nbformat.v4.new_code_cell(WRONG["raises"], id="again"))
    execution = graded(notebook)
    assert points(execution) == {"test_half": 0, "test_quarter": 2, "test_both": 0}
    assert quarter(execution).replaced == ("half",)


def test_an_answer_that_is_wrong_itself_fails_with_the_reference_in_the_place_of_the_others():
    execution = graded(
        answered(half="def half(x):\n    return x", quarter="def quarter(x):\n    return half(x)")
    )
    assert points(execution)["test_quarter"] == 0
    assert quarter(execution).replaced == ()
    assert "quarter(8) == 2" in text_of(execution.outputs["test_quarter"])


def test_what_passes_is_made_once():
    kernels = FakeKernels()
    notebook = answered(half=WRONG["wrong"], quarter="def quarter(x):\n    return x / 4")
    execution = execute(Task(notebook=notebook, answers=tuple(ANSWERS.items())), kernels)
    assert points(execution) == {"test_half": 0, "test_quarter": 2, "test_both": 0}
    assert quarter(execution).replaced == ()
    assert len(kernels.opened) == 1


def test_only_a_test_with_the_tag_follows_through():
    execution = graded(answered(half=WRONG["wrong"], tag="other"))
    assert points(execution) == {"test_half": 0, "test_quarter": 0, "test_both": 0}


def test_an_answer_that_passed_its_own_test_stays():
    execution = graded(answered(quarter="def quarter(x):\n    return half(x)"))
    assert points(execution)["test_quarter"] == 0
    assert quarter(execution).replaced == ()


def test_what_the_test_asks_for_by_name_is_always_the_students():
    notebook = answered(half=WRONG["wrong"])
    notebook.cells[-2].source = "assert quarter(8) == half(half(8)) == 2"
    execution = graded(notebook)
    assert points(execution)["test_quarter"] == 0
    assert quarter(execution).replaced == ()


def test_a_test_of_an_answer_that_is_missing_stays_missing():
    notebook = answered(half=WRONG["wrong"], quarter="raise NotImplementedError()")
    notebook.metadata["autograder"] = {"tests_of_missing_answers": ["test_quarter"]}
    execution = graded(notebook)
    assert quarter(execution).status == "missing"
    assert quarter(execution).replaced == ()


def test_what_else_a_wrong_answers_cell_defines_is_still_there():
    half = "def twice(f, x):\n    return f(f(x))\n\ndef half(x):\n    return x"
    execution = graded(answered(half=half, quarter="def quarter(x):\n    return twice(half, x)"))
    assert points(execution)["test_quarter"] == 2


def test_a_given_cell_that_keeps_a_reference_to_a_wrong_answer_is_executed_again():
    given = code("WAYS = {'half': half}", "ways", solution=False)
    execution = graded(
        answered(given, half=WRONG["wrong"], quarter="def quarter(x):\n    return WAYS['half'](half(x))")
    )
    assert points(execution)["test_quarter"] == 2


def test_what_a_test_leaves_to_later_cells_is_left_again():
    notebook = answered(half=WRONG["wrong"], quarter="def quarter(x):\n    return math.floor(half(half(x)))")
    notebook.cells[1].source = "import math\nassert half(8) == 4"
    notebook.metadata["autograder"] = {"surroundings": {"test_half": {"left": "import math"}}}
    assert points(graded(notebook))["test_quarter"] == 2


def test_names_of_earlier_tests_have_the_values_of_that_moment():
    notebook = answered(half=WRONG["wrong"])
    notebook.cells[1].source = "n = 8\nassert half(n) == 4"
    notebook.cells[-2].source = "assert quarter(n) == 2"
    notebook.cells[-1].source = "n = 3\nassert half(n) == 1.5"
    notebook.metadata["autograder"] = {"surroundings": {"test_quarter": {"carried": ["n"]}}}
    assert points(graded(notebook))["test_quarter"] == 2


def test_what_a_student_raises_beside_the_reference_is_for_markers_only():
    tells = "def quarter(x):\n    import inspect\n    raise ValueError(half.__code__.co_code.hex())"
    execution = graded(answered(half=WRONG["wrong"], quarter=tells))
    [error] = [output for output in execution.outputs["test_quarter"] if output.output_type == "error"]
    assert quarter(execution).points == 0
    told = "\n".join([error.evalue, *error.traceback])
    assert (lambda x: x / 2).__code__.co_code.hex() not in told


def test_the_reference_decides_what_a_result_is_kept_under():
    def key(**changes):
        return Task(**{"notebook": answered(), "answers": tuple(ANSWERS.items()), **changes}).key

    assert key() == key()
    assert len({key(), key(answers=(("half", QUARTER),)), key(notebook=answered(tag="other"))}) == 3
