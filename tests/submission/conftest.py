"""What tests of submissions share."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode

from autograder.course.template import Template
from tests import small_course
from tests.submission.rebuilding import answered


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    return small_course.make(tmp_path_factory.mktemp("course")).template("small")


@pytest.fixture
def submission(template: Template) -> NotebookNode:
    """The English release with correct answers."""
    return answered(template)
