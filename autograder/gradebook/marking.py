"""Marks of written answers in nbgrader's gradebook, for several markers at once.

Whoever changes a mark says what it was when they saw it, and the answer, too; where either is another one by
then, the mark stays, and they are told. Formgrader writes to the same rows.
"""

from __future__ import annotations

import functools
import hashlib
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import update

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of, name_of, split
from autograder.errors import CourseError
from autograder.gradebook import database, manual

TAKEN = "somebody else has marked it in the meantime"
ANOTHER = "the student's answer is another one by now"

__all__ = [
    "AnswerMark",
    "MarkChange",
    "Question",
    "Result",
    "comments_elsewhere",
    "put",
    "questions",
    "questions_of",
    "read",
]


@dataclass(frozen=True, kw_only=True)
class Question:
    """One cell whose points a person gives.

    Attributes:
        cell: The grade_id.
        answers: How many submissions have it.
        waiting: How many of them wait for a person.
    """

    notebook: str
    cell: str
    max_points: float
    answers: int
    waiting: int


@dataclass(frozen=True, kw_only=True)
class AnswerMark:
    """What the gradebook has for one answer.

    Attributes:
        key: nbgrader's id of the grade.
        name: The full name; "" where the gradebook has none.
        points: A person's points; None where there are none.
        waits: Whether it is to be marked.
        comment: A person's comment.
        answer: A digest of what the student has written; "" where there is no graded notebook.
    """

    key: str
    student: str
    name: str
    points: float | None
    waits: bool
    comment: str
    max_points: float
    answer: str

    @property
    def version(self) -> str:
        """Another one whenever points, comment, state or answer are others; it ends with the answer's."""
        return _digest(repr((self.points, self.waits, self.comment))) + self.answer


@dataclass(frozen=True, kw_only=True)
class MarkChange:
    """What a marker wants.

    Attributes:
        key: nbgrader's id of the grade.
        version: Of the mark that the marker saw.
        points: The points; None makes it wait again.
        comment: The comment.
    """

    key: str
    version: str
    points: float | None
    comment: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a change.

    Attributes:
        mark: What the gradebook has now; None where it has no such grade.
        done: Whether it is what the marker wanted.
        why: Why not, in one sentence.
    """

    mark: AnswerMark | None
    done: bool
    why: str = ""


def questions(course: Course) -> list[Question]:
    """All cells that a person marks, by notebook and in its order; answers that do not count are not among them."""
    groups = course.groups()
    with database.opened(course) as gradebook:
        asked = {one.key: one for one in database.grade_cells(gradebook) if one.manual}
        waiting: dict[str, list[bool]] = {key: [] for key in asked}
        columns = (Grade.cell_id, Grade.needs_manual_grade)
        for student, assignment, _, key, waits in database.of_submissions(
            gradebook, Grade, columns, None, None
        ):
            if key in waiting and groups.counts(student, assignment):
                waiting[key].append(bool(waits))
        made = [
            Question(
                notebook=name_of(one.assignment, one.notebook),
                cell=one.grade_id,
                max_points=one.max_points,
                answers=len(waiting[key]),
                waiting=sum(waiting[key]),
            )
            for key, one in asked.items()
        ]
    there = course.all_notebooks()
    places = {name: _places(course, name) for name in {one.notebook for one in made} & set(there)}
    return sorted(
        made,
        key=lambda one: (one.notebook, places.get(one.notebook, {}).get(one.cell, math.inf), one.cell),
    )


def _places(course: Course, notebook: str) -> dict[str, int]:
    return {
        cells.grade_id(cell): place for place, cell in enumerate(course.template(notebook).notebook.cells)
    }


def questions_of(course: Course, assignment: str) -> list[Question]:
    """The questions of one assignment.

    Raises:
        CourseError: There is no such assignment, or nothing of it that a person marks.
    """
    found = [one for one in questions(course) if assignment_of(one.notebook) == assignment]
    if not found:
        course.chosen([assignment])
        raise CourseError(
            f"'{assignment}' has nothing in the gradebook that a person marks; where it has written answers, "
            "`autograder grade` puts submissions there"
        )
    return found


def read(course: Course, notebook: str, cell: str) -> list[AnswerMark]:
    """The marks of one question, by student: of those for whom the assignment counts."""
    groups = course.groups()
    with database.opened(course) as gradebook:
        assignment, identity = split(notebook)
        rows = _rows(gradebook, assignment).filter(Notebook.name == identity, BaseCell.name == cell)
        counting = [row for row in rows if groups.counts(row[0], assignment)]
        return sorted((_mark(course, gradebook, row) for row in counting), key=lambda one: one.student)


def comments_elsewhere(course: Course, notebook: str, cell: str) -> list[str]:
    """The comments of people on an assignment's other questions, those that were used most first."""
    assignment, identity = split(notebook)
    with database.opened(course) as gradebook:
        columns = (BaseCell.name, Comment.manual_comment)
        rows = database.of_submissions(gradebook, Comment, columns, None, assignment)
        counts = Counter(
            comment
            for *_, of, name, comment in rows.filter(Comment.manual_comment.isnot(None))
            if comment and (of, name) != (identity, cell)
        )
    return [comment for comment, _ in counts.most_common()]


def put(course: Course, changes: Iterable[MarkChange]) -> list[Result]:
    """Write marks, each only where the gradebook still has what the marker saw."""
    with database.opened(course) as gradebook:
        return [_put(course, gradebook, change) for change in changes]


def _rows(gradebook: Gradebook, assignment: str | None = None):
    """The grade, the cell's grade_id, the submitted notebook's id and the student, behind where it is."""
    columns = (Grade, BaseCell.name, SubmittedNotebook.id, Student)
    found = database.of_submissions(gradebook, Grade, columns, None, assignment)
    return found.join(Student, SubmittedAssignment.student_id == Student.id)


def _comment(gradebook: Gradebook, notebook: str, cell: str) -> Comment | None:
    found = gradebook.db.query(Comment).join(BaseCell, Comment.cell_id == BaseCell.id)
    return found.filter(Comment.notebook_id == notebook, BaseCell.name == cell).first()


def _mark(course: Course, gradebook: Gradebook, row) -> AnswerMark:
    _, assignment, of, grade, cell, notebook, student = row
    comment = _comment(gradebook, notebook, cell)
    return AnswerMark(
        key=grade.id,
        student=student.id,
        name=database.person(student).full_name,
        points=grade.manual_score,
        waits=bool(grade.needs_manual_grade),
        comment=(comment.manual_comment or "") if comment is not None else "",
        max_points=grade.max_score,
        answer=_answer(course.autograded(student.id, name_of(assignment, of)), cell),
    )


def _answer(path: Path, cell: str) -> str:
    try:
        return _answers(path, path.stat().st_mtime_ns).get(cell, "")
    except FileNotFoundError:
        return ""


@functools.lru_cache(maxsize=4096)
def _answers(path: Path, _changed: int) -> dict[str, str]:
    written = manual.written(nbformat.v4.reads(path.read_text(encoding="utf-8")))
    return {cell: _digest(text) for cell, text in written.items()}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _put(course: Course, gradebook: Gradebook, change: MarkChange) -> Result:
    gradebook.db.expire_all()
    row = _rows(gradebook).filter(Grade.id == change.key).first()
    if row is None:
        return Result(mark=None, done=False, why="the gradebook has no such answer any more")
    before = _mark(course, gradebook, row)
    wanted = (change.points, change.points is None, change.comment)
    if (before.points, before.waits, before.comment) == wanted:
        return Result(mark=before, done=True)
    if change.points is not None and not (math.isfinite(change.points) and change.points >= 0):
        return Result(mark=before, done=False, why=f"points are a number from 0 on, got {change.points}")
    if change.version != before.version:
        same = not change.version or change.version.endswith(before.answer)
        return Result(mark=before, done=False, why=TAKEN if same else ANOTHER)
    *_, grade, cell, notebook, _ = row
    # the row is changed only where it still is what was compared: another process may be as far
    changed = gradebook.db.execute(
        update(Grade)
        .where(
            Grade.id == grade.id,
            Grade.manual_score.is_(None) if before.points is None else Grade.manual_score == before.points,
            Grade.needs_manual_grade.is_(before.waits),
        )
        .values(manual_score=change.points, needs_manual_grade=change.points is None)
        .execution_options(synchronize_session=False)
    ).rowcount
    done = changed == 1 and _put_comment(gradebook, notebook, cell, before.comment, change.comment)
    # no submission is recorded now, as this process is the one that writes to the gradebook
    same = _mark(course, gradebook, row).answer == before.answer
    if done and same:
        gradebook.db.commit()
    else:
        gradebook.db.rollback()
    now = _mark(course, gradebook, _rows(gradebook).filter(Grade.id == change.key).first())
    return Result(mark=now, done=done and same, why="" if done and same else TAKEN if same else ANOTHER)


def _put_comment(gradebook: Gradebook, notebook: str, cell: str, before: str, after: str) -> bool:
    """Whether the comment could be written over the one that was there before."""
    if before == after:
        return True
    comment = _comment(gradebook, notebook, cell)
    if comment is None:
        return False
    unchanged = Comment.manual_comment == before
    if not before:
        unchanged = unchanged | Comment.manual_comment.is_(None)
    changed = gradebook.db.execute(
        update(Comment)
        .where(Comment.id == comment.id, unchanged)
        .values(manual_comment=after or None)
        .execution_options(synchronize_session=False)
    )
    return changed.rowcount == 1
