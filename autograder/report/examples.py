"""A student's answer beside the reference's, and what to write so that it becomes a known mistake."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import nbformat

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.notebooks import place_of
from autograder.errors import CourseError
from autograder.mistakes.known import KnownMistakes, WrongAnswer
from autograder.mistakes.reference import Reference
from autograder.mistakes.writing import text_of

__all__ = ["Example", "Examples"]

TO_BE_NAMED = "what they did, in a few words"
"""No student's name: the file of known answers may be public."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One answer to the cell that a test is about.

    Attributes:
        cell: The grade_id of the answer cell.
        answer: What the student wrote.
        reference: What the instructor wrote.
        entry: For the file of known answers: this answer with a hint to be written.
    """

    cell: str
    answer: str
    reference: str
    entry: str


class Examples:
    """Reads answers of graded submissions."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self._reference = functools.cache(self._read_reference)

    def __call__(self, student: str, assignment: str, test: str) -> Example | None:
        """The answer of a student; None where it cannot be found, or is the reference's."""
        name, test = place_of(assignment, test)
        try:
            reference = self._reference(name)
            notebook = nbformat.read(self.course.autograded(student, name), as_version=4)
        except (OSError, ValueError, CourseError, nbformat.ValidationError):
            return None
        answers = {str(cells.grade_id(cell)): cell.source for cell in notebook.cells if cells.is_answer(cell)}
        about = [cell for cell in reference.answers if test in reference.used_by[cell] and cell in answers]
        own = [cell for cell in about if reference.own_test.get(cell) == test]
        if not about:
            return None
        cell = (own or about)[-1]
        languages = reference.languages or ("en",)
        wrong = WrongAnswer(
            name=TO_BE_NAMED,
            cell=cell,
            source=f"{answers[cell].rstrip()}\n",  # as a block of lines, which a text with blank ones behind is not
            hint=dict.fromkeys(languages, "…"),
        )
        return Example(
            cell=cell,
            answer=answers[cell],
            reference=reference.answers[cell],
            entry=text_of(KnownMistakes(assignment=name, wrong=(wrong,))),
        )

    def _read_reference(self, name: str) -> Reference:
        return Reference.of(self.course.source_notebook(name), self.course.regions)
