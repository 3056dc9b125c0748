"""Usual test cells give the points that nbgrader gives, or are refused with what to write."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import yaml
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions

from autograder.course.given import surroundings
from autograder.course.regions import Regions
from autograder.course.template import Template
from autograder.grading.execution import execute
from autograder.grading.reference import EVERYTHING_SHOWN, advised
from autograder.grading.repair import rebuild
from autograder.grading.results import CellResult, Status
from autograder.kernel.limits import Limits
from tests.fakes import FakeKernels
from tests.forms import stock

FORMS = yaml.safe_load((Path(__file__).parent / "forms.yaml").read_text(encoding="utf-8"))
WORKING = [form for form in FORMS if "refused" not in form]
REFUSED = [form for form in FORMS if "refused" in form]
FORGED = [form for form in FORMS if "forged" in form]
ACROSS = [
    form for form in WORKING if {"mock", "print", "seed", "lambda", "getsource"} & set(form["test"].split())
]


def named(form: dict) -> str:
    return form["name"].replace(" ", "-")


def source_of(form: dict) -> NotebookNode:
    """The instructor's notebook."""
    cells = []
    if "given" in form:
        cells.append(cell("given", form["given"], locked=True))
    cells.append(cell("answer", f"### BEGIN SOLUTION\n{form['right']}\n### END SOLUTION", solution=True))
    if "earlier" in form:
        cells.append(cell("earlier", form["earlier"], grade=True, locked=True, points=1))
    cells.append(cell("test", form["test"], grade=True, locked=True, points=form.get("points", 1)))
    return nbformat.v4.new_notebook(cells=cells)


def cell(name: str, source: str, **flags) -> NotebookNode:
    entry = {
        "grade_id": name,
        "grade": False,
        "solution": False,
        "locked": False,
        "schema_version": 3,
        **flags,
    }
    return nbformat.v4.new_code_cell(source, id=name, metadata={"nbgrader": entry})


def judged(
    form: dict,
    answer: str | None,
    open_kernel=None,
    shown: Regions = EVERYTHING_SHOWN,
    limits: Limits | None = None,
) -> CellResult:
    """What this engine makes of an answer; None is a notebook in which nothing was answered.

    Args:
        form: The test cell and what stands before it.
        answer: The source of the answer cell.
        open_kernel: Gives a kernel; a fake one where it is not given.
        shown: What of its messages is hidden; nothing, as for the instructor, where it is not given.
        limits: Of the test.
    """
    notebook = source_of(form)
    given = surroundings(notebook)
    cleared, _ = ClearSolutions().preprocess(notebook, {})
    template = Template(
        notebook=cleared, files=(), languages=(), answered_names={"answer": frozenset()}, surroundings=given
    )
    submitted = template.in_language(None)
    if answer is not None:
        [there] = [cell for cell in submitted.cells if cell.id == "answer"]
        there.source = answer
    rebuilt = rebuild(template, submitted).notebook
    rebuilt.metadata["autograder"]["regions"] = shown.noted()
    execution = execute(rebuilt, open_kernel or FakeKernels(), limits)
    return execution.cells[-1]


def by_stock(form: dict, answer: str) -> float:
    cells = [form["given"]] if "given" in form else []
    cells.append(answer)
    if "earlier" in form:
        cells.append(form["earlier"])
    return stock.points_of(cells, form["test"], form.get("points", 1))


@pytest.mark.parametrize("form", WORKING, ids=named)
class TestWorking:
    def test_the_right_answer_gets_all_points_as_in_nbgrader(self, form):
        result = judged(form, form["right"])
        assert result.status is Status.PASSED, result.message
        assert result.points == by_stock(form, form["right"]) == form.get("points", 1)

    def test_the_wrong_answer_gets_what_nbgrader_gives(self, form):
        result = judged(form, form["wrong"])
        assert result.points == by_stock(form, form["wrong"]), result.message

    def test_nothing_answered_gives_nothing(self, form):
        assert judged(form, None).points == 0


@pytest.mark.parametrize("form", FORGED, ids=named)
def test_what_an_answer_defines_does_not_judge_it_though_it_does_in_nbgrader(form):
    assert by_stock(form, form["forged"]) == form.get("points", 1)
    assert judged(form, form["forged"]).points == 0


@pytest.mark.parametrize("form", REFUSED, ids=named)
def test_what_does_not_work_is_refused_with_what_to_write(form):
    result = judged(form, form["right"])
    assert result.status is not Status.PASSED
    assert form["refused"] in advised(result)
    assert judged(form, form["wrong"]).points == 0


@pytest.mark.kernel
@pytest.mark.parametrize("form", ACROSS, ids=named)
def test_what_calls_back_and_forth_works_with_a_real_kernel(form, kernel):
    result = judged(form, form["right"], lambda *_: kernel)
    assert result.status is Status.PASSED, result.message
