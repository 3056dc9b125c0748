"""A course graded into its gradebook, all at once."""

from __future__ import annotations

from autograder.course.folder import Course
from autograder.gradebook.recorder import GradebookRecorder
from autograder.grading.graded import Graded
from autograder.grading.grader import Grading, Options

__all__ = ["grade"]


def grade(course: Course, options: Options) -> list[Graded]:
    """Grade a course into its gradebook; all results."""
    return list(Grading(course, options, GradebookRecorder(course)).graded())
