"""Worked solutions show the reference's answers, and nothing that is only for markers or graders."""

from __future__ import annotations

import re

import nbformat
import pytest

from autograder.commands import answers as command
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.feedback import worked
from tests import small_course
from tests.small_course import REPOSITORY

SECRETS = ("HIDDEN TESTS", "MARK SCHEME", "BEGIN SOLUTION", "END SOLUTION", "checks.", "call_many")


@pytest.fixture
def course(tmp_path) -> Course:
    return small_course.make(tmp_path)


def text(notebook) -> str:
    return "\n".join(cell.source for cell in notebook.cells)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_answers_are_shown_in_one_language_without_hidden_parts(course, language):
    notebook = worked.worked(course, "small", language)
    assert "return scaled_by_reference" in text(notebook)
    assert ("Write two functions." in text(notebook)) is (language == "en")
    assert not [secret for secret in (*SECRETS, "mentions adding") if secret in text(notebook)]
    assert not any("nbgrader" in cell.metadata for cell in notebook.cells)
    page = worked.html(course, notebook)
    assert f'<html lang="{language}">' in page
    assert not re.search(r"<script|<link|src=\"http", page)


@pytest.mark.parametrize("assignment", [path.parent.name for path in REPOSITORY.glob("source/*/*.ipynb")])
def test_no_assignment_of_this_course_shows_a_hidden_part_or_an_answer_s_placeholder(assignment):
    shown = text(worked.worked(Course(REPOSITORY), assignment, "en"))
    assert not [secret for secret in SECRETS if secret in shown]
    assert "YOUR ANSWER HERE" not in shown
    assert not re.search(r"^raise NotImplementedError", shown, re.MULTILINE)


def test_a_language_that_the_assignment_does_not_have_is_refused(course):
    with pytest.raises(CourseError, match="'small' is not in 'fr'; its languages are ja, en"):
        worked.worked(course, "small", "fr")


def test_outputs_are_those_of_the_cells_and_an_error_is_told(course, capsys, monkeypatch):
    ran = []

    def run(course, notebook):
        ran.append(notebook.metadata[worked.ROLE]["language"])
        cell = next(cell for cell in notebook.cells if cell.cell_type == "code")
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text="42 from a cell")]
        return notebook, "cell 'x' raised ValueError: no"

    monkeypatch.setattr(worked, "executed", run)
    assert command.answers(course.root, "small", [], execute=True).status == 1
    assert ran == ["ja"]
    printed = capsys.readouterr().out
    assert "raised ValueError: no" in printed
    assert "no deadline is known" in printed
    for language in ("ja", "en"):
        assert "42 from a cell" in (course.root / "answers" / language / "small.html").read_text()
        assert "42 from a cell" in (course.root / "answers" / language / "small.ipynb").read_text()
