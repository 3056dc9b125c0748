"""The badge that opens a release in Colab."""

from __future__ import annotations

import re

import nbformat
import pytest
from nbformat import NotebookNode
from traitlets.config import Config

from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading import grader
from autograder.release.build import build
from autograder.release.colab import CELL_ID, IMAGE, badge, badge_of
from autograder.submission.repair import rebuild
from tests import small_course
from tests.grading.pools import FakePool
from tests.recording import grade

URL = "https://colab.research.google.com/github/lab/course/blob/main/release/{0}/small/small.ipynb"


@pytest.fixture
def course(registered: Course) -> Course:
    """A course that students open from GitHub."""
    config = registered.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + '\nc.ColabBadge.repository = "lab/course"\n')
    return Course(registered.root)


def released(course: Course, language: str) -> NotebookNode:
    build(course)
    return nbformat.read(course.root / "release" / language / "small" / "small.ipynb", as_version=4)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_release_begins_with_the_badge_of_its_own_language(course, language):
    first, *others = released(course, language).cells
    assert (first.id, first.cell_type) == (CELL_ID, "markdown")
    assert first.source == f"[![Open In Colab]({IMAGE})]({URL.format(language)})"
    assert not any(IMAGE in cell.source for cell in others)


def test_a_second_build_changes_nothing(course):
    build(course)
    assert build(course).changed == ()


def test_without_a_repository_there_is_no_badge(registered):
    assert IMAGE not in nbformat.writes(released(registered, "en"))


def answered(course: Course, language: str) -> NotebookNode:
    notebook = released(course, language)
    for cell in notebook.cells:
        cell.source = small_course.ANSWERS.get(cell.id, cell.source)
    return notebook


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_submission_with_the_badge_is_graded_as_any_other(course, language, monkeypatch):
    monkeypatch.setattr(grader, "run_all", FakePool())
    small_course.submit(course, "ada", answered(course, language))
    [graded] = grade(course, grader.Options())
    assert (graded.record.points, graded.record.repairs, graded.concerns) == (5.0, (), ())


@pytest.mark.parametrize("keep_ids", [True, False])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_submission_with_the_badge_needs_no_repair(course, language, keep_ids):
    notebook = answered(course, language)
    if not keep_ids:  # Colab writes its own
        for number, cell in enumerate(notebook.cells):
            cell.id = f"colab{number}"
    rebuilt = rebuild(course.template("small"), notebook)
    assert rebuilt.repairs == ()
    assert rebuilt.questions == ()
    assert rebuild(course.template("small"), rebuilt.notebook).repairs == ()


def test_the_branch_may_be_another_one():
    config = Config()
    config.ColabBadge.repository = "lab/course.2026"
    config.ColabBadge.branch = "year 2026"
    url = badge_of(config).url("ja", "a", "b")
    assert (
        url
        == "https://colab.research.google.com/github/lab/course.2026/blob/year%202026/release/ja/a/b.ipynb"
    )
    assert re.fullmatch(r"\[!\[Open In Colab\]\(\S+\)\]\(\S+\)", badge(url))


@pytest.mark.parametrize(
    "repository", ["course", "https://github.com/lab/course", "lab/course/", "lab/cou rse", 'lab/"onload="']
)
def test_what_is_no_repository_is_refused_in_one_sentence(course, repository):
    course.config.ColabBadge.repository = repository
    with pytest.raises(CourseError, match=r"ColabBadge\.repository: expected owner/name"):
        build(course)
    assert not (course.root / "release").exists()
