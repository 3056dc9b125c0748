"""Whether known answers fit their notebook: every fault, each with its place."""

from __future__ import annotations

import pytest

from autograder.course.regions import DEFAULT
from autograder.mistakes.reading import parse
from autograder.mistakes.reference import Reference
from autograder.mistakes.validation import problems
from tests.content import answers as course_answers
from tests.mistakes.notebooks import assignment

CIRCLE = "area:\n  wrong:\n    circle:\n      old: square / 2\n      new: square / 3\n"


@pytest.fixture(scope="module")
def reference():
    return Reference.of(assignment(), DEFAULT)


def found(text, reference):
    return problems(parse(text, "disks"), reference)


@pytest.mark.parametrize("name", course_answers.ASSIGNMENTS)
def test_the_known_answers_of_the_course_fit(name):
    assert problems(course_answers.known(name), course_answers.reference(name)) == ()


@pytest.mark.parametrize("name", course_answers.ASSIGNMENTS)
def test_a_hint_of_the_course_is_there_in_all_its_languages_and_short(name):
    for answer in course_answers.known(name).wrong:
        assert set(answer.hint) in (set(), {"ja", "en"}), answer.name
        assert all(len(text) < 200 for text in answer.hint.values()), answer.name


def test_an_answer_that_fits_has_no_problem(reference):
    assert found(CIRCLE + "      hint: {ja: 半分です。, en: Half of a disk is asked for.}\n", reference) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("disk: {wrong: {a: {source: x}}}", "line 1: cell 'disk', answer 'a': the notebook has no such answer cell; it has area, volume"),
        ("test_area: {wrong: {a: {source: x}}}", "the notebook has no such answer cell"),
        ("area: {wrong: {a: {old: square, new: cube}}}", "'square' occurs 3 times in the reference's answer, expected once"),
        ("area: {right: {a: {old: cube, new: square}}}", "'cube' occurs 0 times in the reference's answer, expected once"),
        ("area: {wrong: {a: {old: '### BEGIN SOLUTION', new: x}}}", "occurs 0 times"),
        (CIRCLE + "    same:\n      old: / 2\n      new: / 3\n", "line 6: cell 'area', answer 'same': gives the same code as 'circle'"),
        ("volume: {wrong: {a: {changes: [{old: height, new: h}]}}}", "'height' occurs 2 times"),
        (CIRCLE + "      fails: [test_aera]\n", "fails: the notebook has no test cell 'test_aera'; it has test_area,"),
        (CIRCLE + "      fails: [volume]\n", "fails: the notebook has no test cell 'volume'"),
        (CIRCLE + "      hint: {de: Halb.}\n", "hint: the notebook has no texts in 'de'; it has ja, en"),
        (CIRCLE + "      hint: {en: Write square = radius * radius first.}\n", "hint: the text in 'en' gives the answer's code away: square = radius * radius"),
        (CIRCLE + "      hint: {en: It is `radius*radius`.}\n", "gives the answer's code away: radius * radius"),
        (CIRCLE + "      hint: {ja: 式はｍａｔｈ．ｐｉ＊ｓｑｕａｒｅ／２です。}\n", "the text in 'ja' gives the answer's code away"),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_with_its_place(text, message, reference):
    [problem] = found(text, reference)
    assert message in problem
    assert problem.startswith("mistakes/disks.yaml, line ")


def test_code_that_students_are_given_gives_nothing_away(reference):
    hint = "      hint: {en: 'import math, return square; pi times r squared'}\n"
    assert found(CIRCLE + hint, reference) == ()


def test_an_answer_that_changes_nothing_is_a_fault(reference):
    source = "".join(f"        {line}\n" for line in reference.answers["volume"].splitlines())
    [problem] = found(f"volume:\n  right:\n    a:\n      source: |\n{source}", reference)
    assert "gives the same code as the reference" in problem


def test_all_faults_are_found_at_once(reference):
    text = CIRCLE.replace("square / 2", "cube") + "      fails: [test_b]\n      hint: {de: x, fr: y}\n"
    assert len(found(text, reference)) == 4


def test_a_cell_that_no_test_uses_needs_the_tests_that_fail():
    notebook = assignment()
    notebook.cells = [cell for cell in notebook.cells if not cell.id.startswith("cell-test_")]
    [problem] = found(CIRCLE, Reference.of(notebook, DEFAULT))
    assert "no test cell uses what the cell defines; name in fails:" in problem
