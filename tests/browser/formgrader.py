"""Where formgrader shows a submission."""

from __future__ import annotations

from nbgrader.api import Gradebook

from autograder.course.folder import Course
from tests import small_course

__all__ = ["identity"]


def identity(course: Course, student: str) -> str:
    """The name of a submission in formgrader's addresses."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return gradebook.find_submission_notebook(
            small_course.ASSIGNMENT, small_course.ASSIGNMENT, student
        ).id
