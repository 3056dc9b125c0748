"""The kit's step for recording in nbgrader's own commands."""

from __future__ import annotations

from nbformat import NotebookNode
from nbgrader.preprocessors import SaveAutoGrades

from autograder.course import cells
from autograder.course.settings import CourseSettings, settings_of

__all__ = ["SaveGrades", "better"]


def better(
    settings: CourseSettings, cell: NotebookNode, before: float | None, now: float | None
) -> float | None:
    """A test's points: those of now, or where the course wants it the better ones of before."""
    if before is None or now is None or not settings.keep_better:
        return now
    return max(now, min(before, cells.points(cell)))


class SaveGrades(SaveAutoGrades):
    """nbgrader's own, for courses that keep a student's better score, too."""

    def _add_score(self, cell: NotebookNode, resources: dict) -> None:
        grade = self.gradebook.find_grade(
            cells.grade_id(cell), self.notebook_id, self.assignment_id, self.student_id
        )
        before = grade.auto_score
        super()._add_score(cell, resources)
        grade.auto_score = better(settings_of(self.config), cell, before, grade.auto_score)
        self.gradebook.db.commit()
