"""Grading without processes: workers that execute here, with fake kernels."""

from __future__ import annotations

from collections.abc import Iterator

import nbformat
from nbgrader.api import Gradebook

from autograder.course.folder import Course
from autograder.errors import KernelDied
from autograder.grading.execution import execute
from autograder.grading.graded import Graded
from autograder.grading.grader import Options
from autograder.verdict import importing
from tests.fakes import FakeKernels
from tests.recording import grade

__all__ = ["FakePool", "graded", "recorded_scores"]


class FakePool:
    """Takes the place of the workers: executes with fake kernels, and counts."""

    def __init__(self) -> None:
        self.executed: list[str] = []
        self.fails_on = ""

    def __call__(self, tasks, jobs, scheduler=None, workers=None) -> Iterator:
        for key, task in tasks:
            if self.fails_on and self.fails_on in nbformat.writes(task.notebook):
                yield key, KernelDied.because("it ended its grader's worker 3 times")
                continue
            self.executed.append(key)
            importing.install(task.modules)
            yield key, execute(task, FakeKernels())


def graded(course: Course, **options) -> dict[str, Graded]:
    return {result.record.student: result for result in grade(course, Options(**options))}


def recorded_scores(course: Course) -> dict[str, float]:
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return {
            submission.student.id: submission.score
            for submission in gradebook.assignment_submissions("small")
        }
