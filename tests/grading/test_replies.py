"""Words that a student typed elsewhere, from the file that was handed in to whoever marks it and to the student."""

from __future__ import annotations

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.course.folder import Course
from autograder.feedback import writer
from autograder.grading import grader as module
from autograder.grading.grader import Options
from autograder.marking import answers
from autograder.submission.replies import replies
from tests import small_course
from tests.grading.pools import FakePool
from tests.recording import grade
from tests.small_course import cell_of

TYPED = "It is what one gets by adding."


@pytest.fixture
def course(tmp_path, monkeypatch) -> Course:
    """With a graded text, which nbgrader gives 0 points where it is as released, and a task."""
    source = small_course.source()
    why = nbformat.v4.new_markdown_cell("Because it is so.", id="why")
    why.metadata["nbgrader"] = {
        "grade": True,
        "grade_id": "why",
        "locked": False,
        "points": 2,
        "schema_version": 3,
        "solution": True,
        "task": False,
    }
    source.cells.append(why)
    made = small_course.make(tmp_path, source)
    monkeypatch.setattr(module, "run_all", FakePool())
    return made


def elsewhere(notebook):
    """In a new cell at the end; both places are as they were released."""
    cell_of(notebook, "reply").source = "**ここに答えを書いてください / YOUR ANSWER HERE**"
    cell_of(notebook, "why").source = "**ここに答えを書いてください / YOUR ANSWER HERE**"
    notebook.cells.append(nbformat.v4.new_markdown_cell(TYPED))


def waiting(course: Course) -> dict[str, bool]:
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        [notebook] = book.find_submission("small", "ada").notebooks
        return {one.name: one.needs_manual_grade for one in notebook.grades}


def test_whoever_marks_reads_it_and_nobody_is_told_that_nothing_was_written(course):
    small_course.submit(course, "ada", edit_of(course, elsewhere))
    [graded] = grade(course, Options())
    assert "in other cells" in graded.record.questions[0]
    assert waiting(course)["why"]
    assert waiting(course)["task"]
    for cell in ("why", "task"):
        found = answers.read(course, "ada", "small", cell)
        assert TYPED in found.html
        assert not found.blank
    written = writer.write(course)
    page = written.pages["ada", "small"].read_text(encoding="utf-8")
    assert "Nothing was written" not in page
    assert TYPED in page


def test_places_that_nobody_has_used_are_blank(course):
    def blank(notebook):
        elsewhere(notebook)
        notebook.cells.pop()

    small_course.submit(course, "ada", edit_of(course, blank))
    grade(course, Options())
    assert not waiting(course)["why"]
    assert answers.read(course, "ada", "small", "why").blank
    assert "Nothing was written" in writer.write(course).pages["ada", "small"].read_text(encoding="utf-8")


def test_who_has_answered_in_the_place_is_not_shown_to_answer_elsewhere(course):
    def both(notebook):
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell("Thank you."))
        cell_of(notebook, "why").source = "So it is."

    small_course.submit(course, "ada", edit_of(course, both))
    grade(course, Options())
    notebook = nbformat.read(str(course.root / "autograded/ada/small/small.ipynb"), as_version=4)
    assert [cell.source for cell in replies(notebook, "why")] == ["So it is."]


def test_whoever_marks_reads_all_cells_of_an_answer(course):
    def over_several(notebook):
        cell_of(notebook, "why").source = "First this."
        notebook.cells += [
            nbformat.v4.new_markdown_cell("Then that."),
            nbformat.v4.new_code_cell("2 + 2"),
            nbformat.v4.new_markdown_cell("So it is."),
        ]

    small_course.submit(course, "ada", edit_of(course, over_several))
    grade(course, Options())
    found = answers.read(course, "ada", "small", "why")
    assert found.text == "First this.\nThen that.\nSo it is."


@pytest.mark.parametrize("cell_type", ["markdown", "code"])
def test_an_answer_among_code_is_read_by_whoever_marks(course, cell_type):
    def in_the_experiment(notebook):
        elsewhere(notebook)
        notebook.cells.pop()
        cell_of(notebook, "try-it").source += f"\n# {TYPED}" if cell_type == "code" else ""
        cell_of(notebook, "intro-en").source += f"\n\n{TYPED}" if cell_type == "markdown" else ""

    small_course.submit(course, "ada", edit_of(course, in_the_experiment))
    grade(course, Options())
    assert waiting(course)["why"]
    assert TYPED in answers.read(course, "ada", "small", "why").html


def edit_of(course: Course, change) -> nbformat.NotebookNode:
    return small_course.answered(course, edit=[change])
