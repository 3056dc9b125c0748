"""What is launched before grading has begun: what the last grading had, where one will be wanted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from autograder.course.cells import is_answer
from autograder.course.folder import Course
from autograder.grading import grader as module
from autograder.grading import preload
from autograder.grading.grader import Options
from autograder.grading.plan import needed_sources
from autograder.kernel.ahead import Wanted
from tests import small_course
from tests.grading.pools import FakePool
from tests.recording import grade


@pytest.fixture
def launched(monkeypatch) -> list[Wanted]:
    """What is launched ahead; nothing is."""
    found: list[Wanted] = []

    class Ahead:
        launch = staticmethod(found.append)

    monkeypatch.setattr(preload, "ahead", Ahead)
    monkeypatch.setattr(preload, "start", lambda: None)
    return found


@pytest.fixture
def course(registered: Course, monkeypatch) -> Course:
    monkeypatch.setattr(module, "run_all", FakePool())
    small_course.submit(registered, "ada")
    grade(registered, Options())
    return registered


def newer(path: Path) -> None:
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 3600))


def test_nothing_where_nothing_was_graded_before(registered, launched):
    preload.start_with(registered.root, force=True)
    assert launched == []


def test_nothing_where_nothing_is_new(course, launched):
    preload.start_with(course.root, force=False)
    assert launched == []


def test_what_the_last_grading_had_where_a_submission_is_new(course, launched):
    newer(course.submitted / "ada" / "small" / "small.ipynb")
    preload.start_with(course.root, force=False)
    [wanted] = launched
    assert wanted.setup.digest() == course.kernel_setup.digest()
    assert wanted.limits == course.limits("small")


def test_what_the_last_grading_had_where_all_is_executed_again(course, launched):
    preload.start_with(course.root, force=True)
    assert len(launched) == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"submitted": 3, "wanted": {}}', "\x00"])
def test_a_damaged_file_stops_nothing(course, launched, text):
    (course.state / "last-kernels.json").write_text(text)
    preload.start_with(course.root, force=True)
    assert launched == []


def test_only_modules_that_a_graded_notebook_names_are_imported_beforehand(course, launched):
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.CourseSettings.preload = ["torch", "torch.optim"]\n')
    grade(Course(course.root), Options())
    preload.start_with(course.root, force=True)
    assert launched[0].setup.preload == ("torch",)


def test_code_that_decides_nothing_has_nothing_imported_beforehand(course):
    notebook = course.source_notebook("small")
    picture = new_code_cell("import torch.optim\nprint(torch.optim.SGD)")
    notebook.cells.append(picture)
    assert picture.source not in needed_sources(notebook, everything=False)
    assert picture.source in needed_sources(notebook, everything=True)
    answers = [cell.source for cell in notebook.cells if cell.cell_type == "code" and is_answer(cell)]
    assert answers
    assert set(answers) <= set(needed_sources(notebook, everything=False))


@pytest.mark.parametrize("module", ["torch", "nbformat", "nbgrader", "sqlalchemy"])
def test_what_starts_early_imports_nothing_that_takes_long(module):
    code = f"import sys; from autograder.grading import preload; assert {module!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("module", ["nbgrader", "sqlalchemy", "torchvision"])
def test_workers_import_nothing_that_takes_long_and_that_most_do_not_use(module):
    code = f"import sys; from autograder.grading import preloaded; assert {module!r} not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
