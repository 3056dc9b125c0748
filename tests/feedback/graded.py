"""Graded submissions of the small course, without a kernel: what grading leaves is written by hand."""

from __future__ import annotations

from typing import Any

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.course import cells
from autograder.course.folder import Course
from autograder.gradebook.database import CellMark
from autograder.gradebook.transcripts import Transcript
from autograder.submission.repair import rebuild
from tests import small_course

__all__ = ["MARKED", "grade", "notebook", "transcript"]

PASSED = {
    "test_scale": {"status": "passed", "message": ""},
    "test_total": {"status": "passed", "message": ""},
}


def notebook(
    course: Course,
    results: dict[str, dict[str, Any]] | None = None,
    submission: NotebookNode | None = None,
    language: str = "en",
    **answers: str,
) -> NotebookNode:
    """An autograded notebook.

    Args:
        course: The small course.
        results: For test cells, what is in `metadata.autograder.cells`; those that are not named have passed.
        submission: What was handed in; otherwise correct answers but for `answers`.
        language: Of the release that was handed in.
        answers: Sources of cells that are not answered correctly.
    """
    handed_in = submission or small_course.answered(course, language, **answers)
    made = rebuild(course.template(small_course.ASSIGNMENT), handed_in).notebook
    made.metadata.autograder["cells"] = {**PASSED, **(results or {})}
    for name, result in (results or {}).items():
        if result.get("message"):
            cell = next(cell for cell in made.cells if cells.grade_id(cell) == name)
            cell.outputs = [
                nbformat.v4.new_output("stream", text="printed while it was tested: 12345"),
                nbformat.v4.new_output(
                    "error", ename="failed", evalue=result["message"], traceback=[result["message"]]
                ),
            ]
    return made


def grade(
    course: Course,
    student: str,
    graded: NotebookNode | None = None,
    task: float | None = None,
    comment: str = "",
    late: float = 0.0,
) -> None:
    """Put a submission into autograded/ and the gradebook.

    Args:
        course: The small course, registered in its gradebook.
        student: The student's id.
        graded: The autograded notebook; a correct one by default.
        task: A person's points for the written task; None where it waits.
        comment: What the person has written.
        late: Points taken off.
    """
    name = small_course.ASSIGNMENT
    made = graded or notebook(course)
    path = course.root / course.directory.autograded_directory / student / name / f"{name}.ipynb"
    small_course.write(path, nbformat.writes(made).encode())
    status = made.metadata.autograder["cells"]
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.update_or_create_student(student)
        submission = book.update_or_create_submission(name, student)
        for entry in submission.notebooks[0].grades:
            if entry.name == "task":
                entry.manual_score, entry.needs_manual_grade = task, task is None
            else:
                entry.needs_manual_grade = False
                entry.auto_score = entry.max_score if status[entry.name]["status"] == "passed" else 0.0
        book.find_comment("task", name, name, student).manual_comment = comment or None
        submission.notebooks[0].late_submission_penalty = late
        book.db.commit()


MARKED = CellMark(points=2.0, max_points=4.0, manual_points=2.0, comment="More, please.")


def transcript(**entries: CellMark) -> Transcript:
    given = {
        "test_scale": CellMark(points=2.0, max_points=2.0),
        "test_total": CellMark(points=3.0, max_points=3.0),
        "task": CellMark(points=0.0, max_points=4.0, waits=True),
    }
    return Transcript(name="Ada", entries={**given, **entries})
