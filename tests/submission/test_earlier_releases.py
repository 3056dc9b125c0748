"""What an earlier release gave is not the student's, when a text has been corrected since."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest

from autograder.course.folder import Course
from autograder.release.build import build
from autograder.submission.repair import rebuild
from tests import small_course
from tests.small_course import ASSIGNMENT, cell_of

CORRECTIONS = {
    "a text": ("intro-en", "Write two functions", "Please write these two functions, and nothing else"),
    "given code": ("imports", "FACTOR = 3", "FACTOR = 3\nLARGEST = 100"),
    "an experiment": ("try-it", "print(", 'print("three times one is", '),
    "a visible test": (
        "test_total",
        "assert total([1, 2]) == 3",
        'assert total([1, 2]) == 3, "1 + 2 は 3 です / 1 + 2 is 3"',
    ),
    "a question": ("task", "What is a sum?", "What does a sum mean, in your own words?"),
    "the place of an answer": ("reply", "YOUR ANSWER HERE", "WRITE YOUR ANSWER HERE, IN TWO SENTENCES"),
}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    course = small_course.make(tmp_path_factory.mktemp("course"))
    build(course)
    return course.root


@pytest.fixture
def course(built, tmp_path) -> Course:
    return Course(shutil.copytree(built, tmp_path / "course", symlinks=True))


def corrected(course: Course, cell: str, old: str, new: str) -> Course:
    """The course after its instructor has changed a cell of the source."""
    path = course.source / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    notebook = course.source_notebook(ASSIGNMENT)
    assert old in cell_of(notebook, cell).source
    cell_of(notebook, cell).source = cell_of(notebook, cell).source.replace(old, new)
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return Course(course.root)


def handed_out(course: Course) -> dict:
    return course.template(ASSIGNMENT).in_language("en")


@pytest.mark.parametrize(
    ("what", "built_again"),
    [*((what, False) for what in CORRECTIONS), ("a text", True), ("a visible test", True)],
)
def test_a_blank_notebook_of_an_earlier_release_is_blank(course, what, built_again):
    blank = nbformat.read(course.releases / "en" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb", as_version=4)
    course = corrected(course, *CORRECTIONS[what])
    if built_again:
        build(course)
        course = Course(course.root)
    rebuilt = rebuild(course.template(ASSIGNMENT), blank)
    assert (rebuilt.repairs, rebuilt.questions) == ((), ())
    assert [one.id for one in rebuilt.notebook.cells] == [one.id for one in handed_out(course).cells]
    notes = rebuilt.notebook.metadata["autograder"]
    assert notes["answered_elsewhere"] == {"places": [], "texts": []}
    assert "try-it" in notes["given_code"]


def test_what_a_student_wrote_into_an_outdated_text_is_kept(course):
    text = "A sum is what adding gives, said a student."
    theirs = small_course.answered(course, edit=[lambda notebook: write_into(notebook, "intro-en", text)])
    course = corrected(course, *CORRECTIONS["a text"])
    rebuilt = rebuild(course.template(ASSIGNMENT), theirs)
    assert any(text in cell.source for cell in rebuilt.notebook.cells)


def write_into(notebook, cell: str, text: str) -> None:
    cell_of(notebook, cell).source += f"\n\n{text}"


def test_a_release_that_students_have_is_remembered_before_it_is_replaced(course):
    kept = course.state / "released" / f"{ASSIGNMENT}.json"
    course = corrected(course, *CORRECTIONS["a text"])
    build(course)
    assert any("Write two functions" in text for text in json.loads(kept.read_bytes()))
    before = Course(course.root).template(ASSIGNMENT).given_before
    assert {text.partition("\n\n")[2] for text in before if text.startswith("# A small")} == {
        "Write two functions.",
        "Please write these two functions, and nothing else.",
    }


def test_a_file_in_the_release_that_is_no_notebook_is_no_release(course):
    path = course.releases / "en" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    for content in ("", "[]", '{"cells": 3}', '{"cells": [{"source": 3}]}'):
        path.write_text(content, encoding="utf-8")
        assert not any("# A small" in text for text in Course(course.root).template(ASSIGNMENT).given_before)
