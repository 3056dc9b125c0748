"""Write executions into nbgrader's gradebook, through nbgrader's own `Autograde` converter."""

from __future__ import annotations

import glob
import logging
import shutil
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import CheckCellMetadata, ClearOutput, DeduplicateIds, Execute, OverwriteCells

from autograder.course import cells
from autograder.course.folder import Course
from autograder.errors import CourseError, SourceError
from autograder.grading.preprocessors import IsolatedExecute, RebuildSubmission
from autograder.release import build

__all__ = [
    "Standing",
    "bring_up_to_date",
    "check_cells",
    "is_current",
    "record",
    "scores",
    "standing",
    "standings",
    "written_answers_without_points",
]

DONE_BY_REBUILDING = (CheckCellMetadata, ClearOutput, DeduplicateIds, OverwriteCells)
"""What they see to is so in every notebook that was rebuilt from its source; they take most of nbgrader's time."""


def bring_up_to_date(course: Course, assignment: str) -> bool:
    """Register an assignment's source in the gradebook where the gradebook has another one.

    Returns:
        Whether it had to be registered.

    Raises:
        SourceError: The source breaks a rule, or adds or removes graded cells after submissions
            have been graded.
    """
    if is_current(course, assignment):
        return False
    check_cells(course, assignment)
    build.register(course, assignment)
    return True


def check_cells(course: Course, assignment: str) -> None:
    """Refuse other graded cells than those that submissions have been graded with.

    Raises:
        SourceError: Graded cells were added or removed after submissions were graded.
    """
    wanted = {
        str(cells.grade_id(cell))
        for cell in course.template(assignment).notebook.cells
        if cells.is_test(cell) or cells.is_written(cell)
    }
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        try:
            notebook = gradebook.find_notebook(assignment, assignment)
        except MissingEntry:
            return
        known = {cell.name for cell in [*notebook.grade_cells, *notebook.task_cells]}
        submitted = bool(notebook.submissions)
    if submitted and known != wanted:
        parts = [
            f"{what}: {', '.join(sorted(names))}"
            for what, names in (("removed", known - wanted), ("added", wanted - known))
            if names
        ]
        raise SourceError(
            f"'{assignment}' has graded submissions, and its graded cells must stay ({'; '.join(parts)}): put the "
            "ids back (0 points take a cell out of the score), or make a new assignment of it"
        )


def is_current(course: Course, assignment: str) -> bool:
    """Whether the gradebook has an assignment's graded cells, with their points and tests, as the source has."""
    wanted = {
        cells.grade_id(cell): (cell.source, cells.points(cell))
        for cell in course.template(assignment).notebook.cells
        if cells.grade_id(cell) and (cells.is_test(cell) or cells.is_written(cell))
    }
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        try:
            notebook = gradebook.find_notebook(assignment, assignment)
        except MissingEntry:
            return False
        points = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
        known = {
            cell.name: (cell.source, points[cell.name])
            for cell in notebook.source_cells
            if cell.name in points
        }
    return known == wanted


@dataclass(frozen=True)
class Standing:
    """What the gradebook has of one submission.

    Attributes:
        points: The sum of all cells.
        penalty: Points taken off for lateness.
        seconds_late: After the due date, extensions counted; 0 where it was in time.
    """

    points: float
    penalty: float
    seconds_late: float

    @property
    def score(self) -> float:
        """As nbgrader counts it."""
        return max(0.0, self.points - self.penalty)


def standings(course: Course) -> dict[tuple[str, str], Standing]:
    """The standing of each (student, assignment) that the gradebook has a submission of."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return {
            (submission.student_id, assignment.name): _standing(submission)
            for assignment in gradebook.assignments
            for submission in assignment.submissions
        }


def standing(course: Course, student: str, assignment: str) -> Standing:
    """The standing of one submission."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return _standing(gradebook.find_submission(assignment, student))


def _standing(submission: SubmittedAssignment) -> Standing:
    return Standing(submission.score, submission.late_submission_penalty, submission.total_seconds_late)


def scores(course: Course) -> dict[tuple[str, str], float]:
    """The score of each (student, assignment) that the gradebook has a submission of."""
    return {name: standing.score for name, standing in standings(course).items()}


def written_answers_without_points(course: Course) -> int:
    """How many answers wait for a person."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return gradebook.db.query(Grade).filter(Grade.needs_manual_grade).count()


def record(
    course: Course,
    student: str,
    assignment: str,
    notebook: NotebookNode,
    key: str,
    companions: Iterable[Path] = (),
) -> None:
    """Have nbgrader autograde one rebuilt submission whose execution is in the result cache.

    nbgrader reads a copy made here, never the student's file.

    Args:
        course: The course folder.
        student: The student's id.
        assignment: The assignment's id.
        notebook: The rebuilt submission.
        key: Of its execution in the result cache.
        companions: Files that nbgrader reads beside the notebook.

    Raises:
        CourseError: nbgrader refused; the message is nbgrader's.
    """
    staged = course.state / "staged"
    folder = staged / student / assignment
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / f"{assignment}.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")
    for companion in companions:
        shutil.copyfile(companion, folder / companion.name, follow_symlinks=False)
    config = deepcopy(course.config)
    config.CourseDirectory.submitted_directory = str(staged)
    config.CourseDirectory.assignment_id = glob.escape(assignment)
    config.CourseDirectory.student_id = glob.escape(student)
    config.RebuildSubmission.rebuilt = True
    steps = Autograde(config=config)
    before = [step for step in steps.sanitize_preprocessors if step not in DONE_BY_REBUILDING]
    if RebuildSubmission not in before:  # the course's own configuration need not name the kit's steps
        before.insert(0, RebuildSubmission)
    config.Autograde.sanitize_preprocessors = before
    config.Autograde.autograde_preprocessors = [
        IsolatedExecute if step is Execute else step
        for step in steps.autograde_preprocessors
        if step not in DONE_BY_REBUILDING
    ]
    config.IsolatedExecute.result = key
    log = logging.getLogger("autograder.nbgrader")
    log.propagate = False
    messages = _Errors()
    log.addHandler(messages)
    try:
        Autograde(coursedir=CourseDirectory(config=config), config=config, force=True, log=log).start()
    except (NbGraderException, SystemExit):
        last = [line for line in messages.text.splitlines() if line.strip()][-1:] or ["no message"]
        raise CourseError(f"nbgrader could not record it: {last[0].strip()}") from None
    finally:
        log.removeHandler(messages)
        shutil.rmtree(folder, ignore_errors=True)


class _Errors(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        # what nbgrader says around the traceback tells nothing
        if not record.getMessage().startswith(("There was an error processing assignment", "Please see the")):
            self.text += record.getMessage() + "\n"
