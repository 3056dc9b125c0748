"""What the gradebook of a test's course says."""

from __future__ import annotations

from autograder.course.folder import Course
from autograder.gradebook import scores as reading
from autograder.gradebook.scores import Score

__all__ = ["scores", "standing"]


def scores(course: Course) -> dict[tuple[str, str], float]:
    """The score of each (student, assignment), late penalties taken off."""
    return {name: score.total for name, score in reading.read(course).scores.items()}


def standing(course: Course, student: str, assignment: str) -> Score:
    """Points, penalty and lateness of one submission."""
    return reading.read(course).scores[student, assignment]
