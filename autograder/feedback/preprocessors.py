"""What `nbgrader generate_feedback` needs to make our page: what the gradebook says, beside the notebook."""

from __future__ import annotations

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.course.folder import Course
from autograder.course.notebooks import name_of
from autograder.errors import CourseError
from autograder.feedback.exporter import KEY, pictures_of
from autograder.feedback.rendering import Files
from autograder.gradebook import transcripts

__all__ = ["StudentFeedback"]


class StudentFeedback(NbGraderPreprocessor):
    """All of `GenerateFeedback.preprocessors`: nbgrader's `GetGrades`, in four queries instead of one a cell."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        names = resources["nbgrader"]
        student, name = names["student"], name_of(names["assignment"], names["notebook"])
        found = transcripts.read_from(names["db_url"], student, names["assignment"])
        resources[KEY] = {"transcript": found.get((student, name)), "files": self.files(name)}
        return nb, resources

    def files(self, name: str) -> Files:
        """The pictures that an assignment ships; nbgrader converts with the course folder as its working directory."""
        try:
            return pictures_of(Course().template(name))
        except CourseError:
            return Files()
