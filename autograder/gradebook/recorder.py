"""Write executions into nbgrader's gradebook, as its `Autograde` does, without converting anything twice."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import BaseCell, Comment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.converters import Autograde
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    Execute,
    OverwriteCells,
    SaveAutoGrades,
)

from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of, split
from autograder.files import write_whole
from autograder.gradebook import assignments, database, deadlines, manual, scores
from autograder.gradebook.copies import keep_copy
from autograder.gradebook.late import LatePenalties
from autograder.gradebook.preprocessors import better
from autograder.gradebook.scores import Score
from autograder.grading.graded import Graded, Recorder
from autograder.grading.preparation import Prepared
from autograder.grading.preprocessors import IsolatedExecute, show
from autograder.grading.record import Record, is_companion
from autograder.grading.results import Execution
from autograder.submission.replies import is_answered_elsewhere
from autograder.submission.submissions import COMPANIONS, submitted_at

__all__ = ["GradebookRecorder"]

DONE_HERE = (AssignLatePenalties, CheckCellMetadata, Execute, IsolatedExecute, OverwriteCells, SaveAutoGrades)
"""Of nbgrader's own steps, those whose work recording does itself, or that a rebuilt notebook does not need."""


class GradebookRecorder(Recorder):
    """Keeps the points of a course in its gradebook, and the executed notebooks in autograded/."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self.before: Mapping[tuple[str, str], Score] = {}
        self.copied = False
        self._stack = contextlib.ExitStack()

    def begin(self, wanted: Sequence[str]) -> None:
        """Register what the gradebook has otherwise, and open it once for the whole run."""
        for assignment in wanted:
            assignments.bring_up_to_date(self.course, assignment)
        self.before = scores.read(self.course).scores
        self.book = self._stack.enter_context(database.opened(self.course))
        self.late = LatePenalties(self.course.config)
        self.exceptions = self.course.exceptions
        converter = Autograde(coursedir=self.course.directory, config=self.course.config)
        self.permissions = int(str(converter.permissions), 8)
        self.steps = [
            step(config=self.course.config)
            for step in converter.autograde_preprocessors
            if not (isinstance(step, type) and issubclass(step, DONE_HERE))
        ]

    def end(self) -> None:
        """Close the gradebook."""
        self._stack.close()

    def is_current(self, record: Record) -> bool:
        """Whether the gradebook and autograded/ have what a record says, and its lateness costs what it cost."""
        before = self.before.get(record.name)
        return (
            before is not None
            and record.late == self.late.decided_by(before.seconds_late, before.points)
            and self._autograded(record).is_file()
        )

    def record(self, prepared: Prepared, execution: Execution, record: Record) -> Graded:
        """Write the points and the notebook; what a person entered stays, and is reviewed."""
        before = self.before.get(record.name)
        if before is not None and not self.copied:
            keep_copy(self.course)
            self.copied = True
        try:
            with _one_commit(self.book):
                now, notices, kept = self._record(prepared, execution, record, before is not None)
        except Exception as error:
            self.book.db.rollback()
            if isinstance(error, OSError) or "OperationalError" in type(error).__name__:
                raise
            why = f"nbgrader could not record it: {type(error).__name__}: {error}"
            return Graded(record=replace(record, problems=(*record.problems, why)), recorded=False)
        graded = Graded(
            record=replace(record, late=self.late.decided_by(now.seconds_late, now.points)),
            notices=notices,
            kept=kept,
        )
        if before is not None and now.total != before.total:
            return replace(graded, score_before=before.total, score_now=now.total)
        return graded

    def _record(
        self, prepared: Prepared, execution: Execution, record: Record, known: bool
    ) -> tuple[Score, tuple[str, ...], float]:
        student, assignment = record.name
        notebook = prepared.task.notebook
        path = self._autograded(record)
        answers = manual.written(nbformat.read(path, as_version=4)) if known and path.is_file() else {}
        show(execution, notebook)
        resources: dict[str, Any] = {
            "unique_key": assignment,
            "nbgrader": {
                "student": student,
                "assignment": assignment,
                "notebook": split(record.notebook)[1],
                "db_url": self.course.directory.db_url,
            },
        }
        for step in self.steps:
            notebook, resources = step(notebook, resources)
        if not known:
            self.book.update_or_create_student(student)
        source = prepared.submission.path
        companions = [
            beside for name in COMPANIONS if source and is_companion(beside := source.parent / name)
        ]
        timestamp = submitted_at(source.parent) if source is not None else None
        # also where nothing says it any more: the time of the one before is not that of this one
        submission = self.book.update_or_create_submission(assignment, student, timestamp=timestamp)
        [submitted] = [one for one in submission.notebooks if one.name == split(record.notebook)[1]]
        _give_nothing_for_missing(submission, source)
        entered = manual.entered(submitted) if known else {}
        self._note_released(record.notebook, notebook)
        kept = self._save(notebook, submitted)
        changed = (
            frozenset(cell for cell in answers if answers[cell] != manual.written(notebook).get(cell))
            if entered
            else frozenset()
        )
        notices = manual.review(submitted, entered, changed)
        self._write(record.notebook, path, notebook, companions)
        self.book.db.flush()
        deadlines.extend(submission, self.exceptions)
        return self.late.assign(self.book, submission), notices, kept

    def _note_released(self, name: str, notebook: NotebookNode) -> None:
        """As nbgrader's `OverwriteCells`: by the checksum an answer is known that has no points and waits for nobody."""
        template = self.course.template(name)
        released = {}
        for cell in template.notebook.cells:
            if utils.is_solution(cell):
                blank = NotebookNode({**cell, "source": template.regions.released(cell.source)})
                released[cell.id] = utils.compute_checksum(blank)
        for cell in notebook.cells:
            if cell.id in released and not is_answered_elsewhere(notebook, cell):
                cell.metadata.nbgrader["checksum"] = released[cell.id]

    def _save(self, notebook: NotebookNode, submitted: SubmittedNotebook) -> float:
        """As nbgrader's `SaveAutoGrades`, with one query for all cells instead of one for each.

        Returns:
            The points of before that stay, beyond what the tests give now.
        """
        kept = 0.0
        grades = _by_cell(self.book, Grade, submitted)
        comments = _by_cell(self.book, Comment, submitted)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if utils.is_grade(cell) and name in grades:
                grade = grades[name]
                now = utils.determine_grade(cell)[0]
                grade.auto_score = better(self.course.settings, cell, grade.auto_score, now)
                kept += (grade.auto_score or 0.0) - (now or 0.0)
                grade.needs_manual_grade = grade.manual_score is not None or _is_unmarked(grade)
            elif utils.is_task(cell) and name in grades and grades[name].manual_score is None:
                grades[name].needs_manual_grade = _is_unmarked(grades[name])
            if (utils.is_solution(cell) or utils.is_task(cell)) and name in comments:
                unanswered = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
                blank = unanswered and not utils.is_task(cell)
                comments[name].auto_comment = "No response." if blank else None
        return kept

    def _write(self, of: str, path: Path, notebook: NotebookNode, companions: Sequence[Path]) -> None:
        """What nbgrader leaves in autograded/: the notebook, the course's files, those of the exchange."""
        siblings = {f"{split(name)[1]}.ipynb" for name in self.course.notebooks(assignment_of(of))}
        for there in path.parent.iterdir() if path.parent.is_dir() else ():
            if there.is_dir() and not there.is_symlink():
                shutil.rmtree(there, ignore_errors=True)
            elif there.name not in siblings:
                there.unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        for name, content in self.course.template(of).files:
            write_whole(path.parent / name, content)
        for companion in companions:
            shutil.copyfile(companion, path.parent / companion.name, follow_symlinks=False)
        # on one line, which is written and read several times as fast as a notebook that people edit
        write_whole(path, json.dumps(notebook, ensure_ascii=False, sort_keys=True) + "\n")
        for file in path.parent.rglob("*"):
            if file.is_file():
                os.chmod(file, self.permissions)

    def _autograded(self, record: Record) -> Path:
        return self.course.autograded(record.student, record.notebook)


@contextlib.contextmanager
def _one_commit(book: Gradebook) -> Iterator[None]:
    """All of a submission is kept at once, or nothing; nbgrader's own methods would commit after each step."""
    vars(book.db)["commit"] = book.db.flush
    try:
        yield
    finally:
        del vars(book.db)["commit"]
    book.db.commit()


def _give_nothing_for_missing(submission: SubmittedAssignment, there: Path | None) -> None:
    """As nbgrader's `Autograde`: a notebook that was not handed in has no points, and waits for nobody."""
    if there is None or len(list(there.parent.glob("*.ipynb"))) >= len(submission.notebooks):
        return
    for notebook in submission.notebooks:
        if not (there.parent / f"{notebook.name}.ipynb").exists():
            for grade in notebook.grades:
                grade.auto_score, grade.needs_manual_grade = 0.0, False


def _is_unmarked(grade: Grade) -> bool:
    """Whether it has no points yet; a cell that is worth none needs none."""
    return grade.auto_score is None and grade.cell.max_score > 0


def _by_cell(
    book: Gradebook, kind: type[Grade] | type[Comment], submitted: SubmittedNotebook
) -> dict[str, Any]:
    rows = (
        book.db.query(kind, BaseCell.name)
        .join(BaseCell, kind.cell_id == BaseCell.id)
        .filter(kind.notebook_id == submitted.id)
    )
    return {name: row for row, name in rows}
