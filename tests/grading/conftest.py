"""What tests of grading share."""

from __future__ import annotations

import pytest

from autograder.course.folder import Course
from autograder.grading import grader as module
from tests.grading.pools import FakePool


@pytest.fixture
def course(registered: Course) -> Course:
    return registered


@pytest.fixture
def pool(monkeypatch) -> FakePool:
    pool = FakePool()
    monkeypatch.setattr(module, "run_all", pool)
    return pool
