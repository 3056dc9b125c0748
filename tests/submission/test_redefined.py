"""An answer that a student defines again: graded as a run from top to bottom leaves it, and noted."""

from __future__ import annotations

import nbformat
import pytest

from autograder.grading.execution import execute
from autograder.grading.task import Task
from autograder.submission.repair import rebuild
from tests.fakes import FakeKernels
from tests.small_course import ANSWERS, WRONG_SCALE, cell_of

RIGHT = ANSWERS["scale"]


def added(submission, beside, source, before=False):
    place = [cell.id for cell in submission.cells].index(beside)
    submission.cells.insert(place + (not before), nbformat.v4.new_code_cell(source))


def below(submission, source):
    added(submission, "scale", source)


def copied_with_its_identity(submission, source):
    below(submission, source)
    place = [cell.id for cell in submission.cells].index("scale")
    submission.cells[place + 1].metadata = cell_of(submission, "scale").metadata


def directly_above_the_test(submission, source):
    added(submission, "test_scale", source, before=True)


def in_the_test_above_what_it_asserts(submission, source):
    test = cell_of(submission, "test_scale")
    test.source = f"{source}\n{test.source}"


def below_the_test(submission, source):
    added(submission, "test_scale", source)


def at_the_end(submission, source):
    submission.cells.append(nbformat.v4.new_code_cell(source))


def in_an_experiment(submission, source):
    cell_of(submission, "try-it").source = source


def in_the_next_answer(submission, source):
    cell_of(submission, "total").source += f"\n\n{source}"


def in_the_test_below_what_it_asserts(submission, source):
    cell_of(submission, "test_scale").source += f"\n{source}"


BEFORE = [below, copied_with_its_identity, directly_above_the_test, in_the_test_above_what_it_asserts]
AFTER = [below_the_test, at_the_end, in_an_experiment, in_the_next_answer, in_the_test_below_what_it_asserts]


def passed(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.partition("### BEGIN HIDDEN")[0]
    results = execute(Task(notebook=notebook), FakeKernels()).cells
    return next(result.points for result in results if result.cell == "test_scale") == 2


@pytest.mark.parametrize(("first", "second"), [(WRONG_SCALE, RIGHT), (RIGHT, WRONG_SCALE)])
@pytest.mark.parametrize("how", [*BEFORE, *AFTER])
def test_the_definition_that_a_run_from_top_to_bottom_gives_to_the_test_counts_and_is_named(
    template, submission, how, first, second
):
    cell_of(submission, "scale").source = first
    how(submission, second)
    rebuilt = rebuild(template, submission)
    [noted] = [said for said in rebuilt.repairs if said.startswith("'scale' is defined once more")]
    assert noted.endswith("the test gets this one" if how in BEFORE else "the test gets the one before it")
    assert passed(rebuilt.notebook) == ((second if how in BEFORE else first) == RIGHT)


@pytest.mark.parametrize(
    "source", [RIGHT, "print(scale)", "x = scale(torch.ones(1), 2)", "def other(scale):\n    pass"]
)
def test_the_same_definition_and_what_only_uses_it_are_not_noted(template, submission, source):
    below(submission, source)
    assert not [said for said in rebuild(template, submission).repairs if "once more" in said]
