"""What students read first: how to start, work and submit."""

from __future__ import annotations

import os
import re

import nbformat
import pytest

from autograder.course.folder import Course
from autograder.kernel.limits import Limits
from autograder.release.build import build
from autograder.release.colab import IMAGE
from autograder.release.readme import LIBRARIES, of_course, title
from tests import small_course
from tests.small_course import cell_of


def change(course: Course, edit) -> None:
    path = course.source / "small" / "small.ipynb"
    notebook = nbformat.read(str(path), as_version=4)
    edit(notebook)
    nbformat.write(notebook, path)
    os.utime(path, (1, 1))


@pytest.mark.parametrize(("language", "name"), [("ja", "小さな課題"), ("en", "A small assignment")])
def test_it_lists_the_assignments_by_their_titles(course, language, name):
    assert of_course(course)[language].endswith(f"| [small.ipynb](small/small.ipynb) | {name} |\n")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_it_says_how_long_cells_may_take_what_to_install_and_what_to_name_files(course, language):
    text = of_course(course)[language]
    assert re.search(rf"\b{Limits().test_seconds:g} (秒|seconds)", text)
    assert re.search(rf"\b{Limits().cell_seconds:g} (秒|seconds)", text)
    assert re.search(rf"\b{Limits().waiting_seconds:g} (秒|seconds)", text)
    assert f"pip install {LIBRARIES} jupyterlab" in text
    assert "`small.ipynb`" in text
    assert "{" not in text


@pytest.mark.parametrize("language", ["ja", "en"])
def test_it_says_the_bounds_of_the_course_and_of_assignments_that_have_their_own(course, language):
    course.config.CourseSettings.limits = {"cell_seconds": 45, "notebook_seconds": 90}
    assert "`small`" not in of_course(course)[language]
    course.config.CourseSettings.limits_of = {"sm*": {"test_seconds": 77}, "other": {"test_seconds": 88}}
    vars(course).pop("settings")
    text = of_course(course)[language]
    assert re.search(r"\b45 (秒|seconds)", text)
    assert re.search(r"\b1\.5 (分|minutes)", text)
    assert re.search(r"`small`.*\b77 ", text)
    assert "88" not in text


def test_both_languages_say_the_same_things(course):
    japanese, english = (of_course(course)[language] for language in ("ja", "en"))
    for mark in (r"^#", r"^- ", r"^\d\. ", r"^   - ", r"^\|", r"^    \S", r"^\*\*"):
        assert len(re.findall(mark, japanese, re.MULTILINE)) == len(re.findall(mark, english, re.MULTILINE))


def test_it_links_to_colab_where_a_repository_is_configured(course):
    assert IMAGE not in of_course(course)["en"]
    assert "Upload notebook" in of_course(course)["en"]
    course.config.ColabBadge.repository = "lab/course"
    text = of_course(course)["en"]
    assert "/github/lab/course/blob/main/release/en/small/small.ipynb) |\n" in text
    assert "Upload notebook" not in text


def test_a_new_title_is_in_the_next_readme_and_an_old_readme_is_replaced(registered):
    build(registered)
    path = registered.root / "release" / "en" / "README.md"
    assert "A small assignment" in path.read_text(encoding="utf-8")
    change(registered, lambda notebook: cell_of(notebook, "intro-en").update(source="# New | title #"))
    assert path in build(registered).changed
    assert "| New \\| title |" in path.read_text(encoding="utf-8")


def test_a_source_that_cannot_be_read_is_listed_and_stops_no_other(course):
    small_course.write(course.source / "broken" / "broken.ipynb", b"{")
    assert "| [broken.ipynb](broken/broken.ipynb) | broken |\n" in of_course(course)["en"]


def test_a_language_without_a_text_of_its_own_gets_english(course):
    change(
        course,
        lambda notebook: [
            cell.metadata.update(tags=["lang-fr"])
            for cell in notebook.cells
            if "lang-ja" in cell.metadata.get("tags", [])
        ],
    )
    assert of_course(course)["fr"].startswith("# How to start")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# A title", "A title"),
        ("Some text\n\n## Second level ##\n# First", "Second level"),
        ("no heading #1\n#hashtag", None),
        ("", None),
    ],
)
def test_the_title_is_the_first_heading(text, expected):
    cells = [nbformat.v4.new_code_cell("# a comment"), nbformat.v4.new_markdown_cell(text)]
    assert title(nbformat.v4.new_notebook(cells=cells)) == expected
