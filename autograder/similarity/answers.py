"""What students wrote themselves, cell by cell, without what they were given."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.bounded import TooMuch, bounded
from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.template import Template
from autograder.errors import SubmissionError
from autograder.similarity import fingerprints
from autograder.submission import reading, submissions
from autograder.submission.matching import REPLY_TAG
from autograder.submission.repair import rebuild
from autograder.text import clean_text

__all__ = ["ADDED", "AnswerReader", "Answers", "LeftOut", "WrittenCell", "read_class"]

ADDED = "added cells"
"""What the cells are called, as one, that a student has added."""

LONGEST_SUBMISSION = 100_000
"""Characters of one submission that are looked at; a whole notebook of this course has a tenth."""


@dataclass(frozen=True, kw_only=True)
class WrittenCell:
    """One cell that a student wrote or changed.

    Attributes:
        cell: The cell's id, or `ADDED` for all that were added.
        source: What the student wrote.
        prints: Its fingerprints, without those of what was given.
        written: Whether it is text, and not code.
    """

    cell: str
    source: str
    prints: frozenset[int]
    written: bool = False


@dataclass(frozen=True)
class Answers:
    """What one student wrote in one assignment."""

    student: str
    cells: tuple[WrittenCell, ...]


@dataclass(frozen=True)
class LeftOut:
    """A submission that could not be read, and why."""

    student: str
    why: str


class AnswerReader:
    """Reads the answers of submissions of one assignment.

    Args:
        template: The trusted side of the assignment.
        source: The instructor's notebook, with the reference's solutions.

    Attributes:
        expected: The fingerprints of the reference's answers.
    """

    def __init__(self, template: Template, source: NotebookNode) -> None:
        self.template = template
        self.released = {cell.id: template.regions.released(cell.source) for cell in template.notebook.cells}
        self.known: dict[str, str] = {}
        for cell in template.notebook.cells:
            if cell.cell_type == "code" and not cells.is_test(cell):
                self.known |= {name: name for name in cells.defined_names(cell.source)}
                self.known |= fingerprints.imported_names(cell.source)
        self.given: frozenset[int] = frozenset().union(
            *(self._prints(self.released[cell.id], cell, self.known) for cell in template.notebook.cells),
            *(self._prints(cell.source, cell, {}) for cell in source.cells if cell.cell_type == "markdown"),
        )
        self.expected: frozenset[int] = (
            frozenset().union(
                *(
                    self._prints(template.regions.answered(cell.source), cell, self.known)
                    for cell in source.cells
                    if cells.is_answer(cell)
                )
            )
            - self.given
        )

    def read(self, student: str, submission: NotebookNode) -> Answers:
        """The answers in a submission, which is matched to the template as it is for grading."""
        notebook = rebuild(self.template, submission).notebook
        written = [cell for cell in notebook.cells if self._is_own(cell)]
        known = dict(self.known)
        for cell in written:
            if cell.cell_type == "code":
                with contextlib.suppress(TooMuch):
                    known |= bounded(fingerprints.imported_names, cell.source)
        found: dict[tuple[str, bool], WrittenCell] = {}
        room = LONGEST_SUBMISSION
        for cell in written:
            text = cell.source[: min(room, fingerprints.LONGEST)]
            room -= len(text)
            prints = self._prints(text, cell, known) - self.given
            if prints:
                key = (cell.id if cell.id in self.released else ADDED, cell.cell_type != "code")
                answer = WrittenCell(cell=key[0], source=text, prints=prints, written=key[1])
                found[key] = _joined(found[key], answer) if key in found else answer
        return Answers(student, tuple(found.values()))

    def _is_own(self, cell: NotebookNode) -> bool:
        """Whether the student wrote it, or changed what was there to be changed."""
        if cell.source.strip() == self.released.get(cell.id, "").strip():
            return False
        if cell.id not in self.released or cells.is_answer(cell):
            return True
        experiment = cell.cell_type == "code" and "nbgrader" not in cell.metadata
        return experiment or REPLY_TAG in cell.metadata.get("tags", [])

    @staticmethod
    def _prints(text: str, cell: NotebookNode, known: dict[str, str]) -> frozenset[int]:
        if cell.cell_type == "code":
            with contextlib.suppress(TooMuch):
                return bounded(fingerprints.of_code, text, known)
            return frozenset()  # no code that a person would write
        return fingerprints.of_text(text)


def _joined(first: WrittenCell, second: WrittenCell) -> WrittenCell:
    source = f"{first.source}\n\n{second.source}"
    return WrittenCell(
        cell=first.cell, source=source, prints=first.prints | second.prints, written=first.written
    )


def read_class(
    course: Course,
    assignment: str,
    reader: AnswerReader,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[list[Answers], list[LeftOut]]:
    """The answers of everybody who submitted an assignment; what cannot be read stops nothing."""
    found, left_out = [], []
    students = course.students()
    for number, student in enumerate(students):
        progress(number, len(students))
        submission = submissions.find(course.submitted, student, assignment)
        if submission is None:
            continue
        try:
            notebook, _ = reading.read(submission.file())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the parser's, about students' code
                found.append(reader.read(student, notebook))
        except SubmissionError as error:
            left_out.append(LeftOut(student, clean_text(str(error))))
        except Exception as error:  # whatever a student handed in, the others are compared
            left_out.append(LeftOut(student, clean_text(f"{type(error).__name__}: {error}")))
    return found, left_out
