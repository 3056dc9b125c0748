"""Usual test cells give the points that nbgrader gives, or are refused with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from autograder.grading.reference import advised
from autograder.verdict.verdict import Status
from tests.forms import stock
from tests.forms.judging import judged

FORMS = yaml.safe_load((Path(__file__).parent / "forms.yaml").read_text(encoding="utf-8"))
WORKING = [form for form in FORMS if "refused" not in form]
REFUSED = [form for form in FORMS if "refused" in form]
FORGED = [form for form in FORMS if "forged" in form]
ACROSS_WORDS = {"await", "mock", "print", "seed", "lambda", "getsource", "warnings", "dataclasses", "C.B"}
ACROSS = [form for form in WORKING if ACROSS_WORDS & set(form["test"].split())]


def named(form: dict) -> str:
    return form["name"].replace(" ", "-")


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
