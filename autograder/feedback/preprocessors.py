"""Feedback for students, through nbgrader's `GenerateFeedback`: what went wrong, and nothing hidden."""

from __future__ import annotations

import glob
import logging
import re
from copy import deepcopy

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.regions import Regions
from autograder.errors import CourseError

__all__ = ["FeedbackStyle", "StudentFeedback", "generate"]

# nbgrader's page has no place for a preprocessor's own head: this leaves its style sheet for a moment
STYLE = """
</style>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style type="text/css">
pre, div.output_area pre { white-space: pre-wrap; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; }
div.nbgrader_cell .panel-heading { height: auto !important; min-height: 37px; display: flow-root; }
@media (max-width: 540px) {
  div.container, div#notebook-container { padding: 4px; }
  div.prompt { min-width: 0; text-align: left; }
}
"""


class FeedbackStyle(NbGraderPreprocessor):
    """Last in `GenerateFeedback.preprocessors`: long messages are wrapped, and a phone can show the page."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        resources["inlining"]["css"].append(STYLE)
        return nb, resources


class StudentFeedback(NbGraderPreprocessor):
    """In `GenerateFeedback.preprocessors`: tests as students know them, and the grader's notes on top."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        regions = Regions.of(self.config)
        for cell in nb.cells:
            if cells.is_test(cell):
                cell.source = regions.released(cell.source)
                # what the student's functions print while they are tested would show the hidden inputs
                cell.outputs = [output for output in cell.outputs if output.output_type == "error"]
            elif utils.is_task(cell):
                cell.source = regions.without_scheme(cell.source).rstrip()
        notes = nb.metadata.get("autograder", {})
        lines = [*notes.get("repairs", []), *notes.get("questions", []), *notes.get("problems", [])]
        if lines:
            text = "**採点時の注記 / Notes from grading**\n\n" + "\n".join(
                f"- {_plain(line)}" for line in lines
            )
            nb.cells.insert(0, nbformat.v4.new_markdown_cell(text, id="notes-from-grading"))
        return nb, resources


def _plain(line: str) -> str:
    """A sentence that Markdown shows as it is, though it may quote a student."""
    return re.sub(r"([\\`*_{}\[\]<>#|$])", r"\\\1", line)


def generate(course: Course, assignment: str, student: str = "*") -> None:
    """Write feedback/<student>/<assignment>/ for all graded submissions of an assignment.

    Raises:
        CourseError: nbgrader refused; the message is nbgrader's.
    """
    config = deepcopy(course.config)
    config.CourseDirectory.assignment_id = glob.escape(assignment)
    config.CourseDirectory.student_id = student if student == "*" else glob.escape(student)
    steps = list(GenerateFeedback(config=config).preprocessors)
    if StudentFeedback not in steps:  # the course's own configuration need not name the kit's steps
        config.GenerateFeedback.preprocessors = [StudentFeedback, *steps, FeedbackStyle]
    log = logging.getLogger("autograder.feedback")
    log.propagate = False
    log.addHandler(logging.NullHandler())
    try:
        GenerateFeedback(coursedir=CourseDirectory(config=config), config=config, force=True, log=log).start()
    except (NbGraderException, SystemExit) as error:
        raise CourseError(f"there is no feedback for '{assignment}': {error}") from None
