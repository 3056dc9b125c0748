"""What tests of grading share."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode

from autograder.course.folder import Course
from autograder.course.template import Template
from autograder.grading import grader as module
from tests import small_course
from tests.grading.pools import FakePool
from tests.grading.rebuilding import answered


@pytest.fixture
def course(registered: Course) -> Course:
    return registered


@pytest.fixture
def pool(monkeypatch) -> FakePool:
    pool = FakePool()
    monkeypatch.setattr(module, "run_all", pool)
    return pool


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return small_course.make(tmp_path_factory.mktemp("course")).template("small")


@pytest.fixture
def submission(template: Template) -> NotebookNode:
    """The English release with correct answers."""
    return answered(template)
