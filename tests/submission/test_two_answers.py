"""Two written answers in one place: both questions' markers see the text."""

from __future__ import annotations

import nbformat
import pytest

from autograder.submission.prose import has_parts
from autograder.submission.repair import rebuild
from autograder.submission.replies import replies
from tests import small_course
from tests.small_course import cell_of
from tests.submission.rebuilding import answered

SUM = "A sum is what adding gives."
PRODUCT = "A product is what multiplying gives."
PLACEHOLDER = "**ここに答えを書いてください / YOUR ANSWER HERE**"


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    notebook = small_course.source()
    question = nbformat.v4.new_markdown_cell("What is a product?", id="task2")
    question.metadata["nbgrader"] = {**notebook.cells[-2].metadata["nbgrader"], "grade_id": "task2"}
    reply = nbformat.v4.new_markdown_cell(PLACEHOLDER, id="reply2", metadata={"tags": ["answer"]})
    notebook.cells += [question, reply]
    return small_course.make(tmp_path_factory.mktemp("course"), notebook).template("small")


def rebuilt(template, removed=(), **answers):
    notebook = answered(template, **{"reply2": PLACEHOLDER, **answers})
    notebook.cells = [cell for cell in notebook.cells if cell.id not in removed]
    return rebuild(template, notebook)


def seen(found, question):
    return "\n".join(cell.source for cell in replies(found.notebook, question))


@pytest.mark.parametrize(
    "text",
    [f"{SUM}\n\n{PRODUCT}", f"1. {SUM}\n2. {PRODUCT}", f"問1：{SUM}\n問2：{PRODUCT}", f"Q1) {SUM}\nQ2) {PRODUCT}",
     f"{SUM}\n# Second\n{PRODUCT}", f"① {SUM}\n② {PRODUCT}", f"（1）{SUM}\n（２）{PRODUCT}"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("place", "other", "question"), [("reply", "reply2", "task2"), ("reply2", "reply", "task")]
)
def test_both_in_the_place_of_one(template, text, place, other, question):
    found = rebuilt(template, **{place: text, other: PLACEHOLDER})
    assert f"written answer '{other}': its place is as released" in found.questions[0]
    assert f"('{place}' among them)" in found.questions[0]
    assert text in seen(found, question)
    assert cell_of(found.notebook, place).source == text


@pytest.mark.parametrize("text", [f"{SUM}\n\n{PRODUCT}", PRODUCT])
def test_what_was_typed_under_the_heading_of_one_may_be_the_answer_to_the_other(template, text):
    question = cell_of(template.in_language("en"), "task").source.partition("\n")[0]
    found = rebuilt(template, task=f"{question}\n\n{text}", reply=PLACEHOLDER)
    assert text in seen(found, "task")
    assert text in seen(found, "task2")
    assert "'reply2'" in found.questions[0]


def test_two_cells_merged_into_one(template):
    merged = f"{SUM}\nWhat is a product?\n{PRODUCT}"
    found = rebuilt(template, removed=["task2", "reply2"], reply=merged)
    assert merged in seen(found, "task2")
    assert len(found.questions) == 1


def test_an_answer_of_one_paragraph_and_a_question_left_out_are_no_question(template):
    found = rebuilt(template, reply=f"{SUM}\nIt is written in\ntwo lines.")
    assert found.questions == ()


def test_both_answered_in_their_places_are_no_question(template):
    assert rebuilt(template, reply=f"{SUM}\n\nMore.", reply2=f"{PRODUCT}\n\nMore.").questions == ()


def test_looking_for_parts_takes_no_time():
    assert not has_parts("\n" + "a" * 10**6 + " \t" * 10**5)
