"""What `autograder feedback` does and prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.commands.console import width_console
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.feedback import preprocessors
from autograder.gradebook import recording

__all__ = ["feedback"]


def feedback(folder: Path, assignments: Sequence[str]) -> None:
    """Write feedback for graded assignments, and say where it is."""
    course = Course(folder)
    graded = {assignment for _, assignment in recording.scores(course)}
    if not graded:
        raise CourseError("nothing has been graded yet; run `autograder grade` first")
    for assignment in assignments or sorted(graded):
        if assignment not in course.assignments():
            raise CourseError(
                f"there is no assignment '{assignment}'; there are {', '.join(course.assignments()) or 'none'}"
            )
        if assignment not in graded:
            raise CourseError(
                f"nothing of '{assignment}' has been graded; run `autograder grade {assignment}` first"
            )
        preprocessors.generate(course, assignment)
    console = width_console()
    console.print(f"feedback is in {course.root / course.directory.feedback_directory}", soft_wrap=True)
    if waiting := recording.written_answers_without_points(course):
        console.print(
            f"Written answers without points: {waiting}. They are shown with 0 points until they are marked."
        )
