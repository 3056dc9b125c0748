"""What `nbgrader generate_feedback` needs to make our page: what the gradebook says, beside the notebook."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.course.folder import Course
from autograder.course.notebooks import name_of
from autograder.course.settings import Told, settings_of
from autograder.errors import CourseError
from autograder.feedback.exporter import KEY, pictures_of
from autograder.feedback.page import Hints
from autograder.feedback.rendering import Pictures
from autograder.gradebook import attempts, early, late, transcripts
from autograder.grading.record import Records

__all__ = ["StudentFeedback"]


class StudentFeedback(NbGraderPreprocessor):
    """All of `GenerateFeedback.preprocessors`: nbgrader's `GetGrades`, in four queries instead of one a cell."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        names = resources["nbgrader"]
        student, name = names["student"], name_of(names["assignment"], names["notebook"])
        course = Course(above=self.config)
        late.refresh_one(course, student, names["assignment"])
        transcript = transcripts.read(course, student, names["assignment"]).get((student, name))
        now = datetime.now(UTC)
        told = early.told_at(now, transcript, Told(settings_of(self.config).before_deadline))
        if transcript is not None:
            counted = attempts.attempts_of(course)
            waits = attempts.put_off(course, counted, student, names["assignment"], transcript.due, now)
            transcript = replace(transcript, put_off=waits)
            transcript = early.transcript_told(transcript, nb, told)
        resources[KEY] = {
            "transcript": transcript,
            "files": self.files(course, name),
            "hints": self.hints(course, student, name),
        }
        return early.notebook_told(nb, told), resources

    def hints(self, course: Course, student: str, name: str) -> Hints:
        """To the known mistakes that `autograder grade` has found."""
        record = Records.of(course).read(student, name)
        return record.hints if record else {}

    def files(self, course: Course, name: str) -> Pictures:
        """The pictures that an assignment ships; nbgrader converts with the course folder as its working directory."""
        try:
            return pictures_of(course.template(name))
        except CourseError:
            return Pictures()
