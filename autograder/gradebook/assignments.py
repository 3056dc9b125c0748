"""Assignments in nbgrader's gradebook: registered from their sources, and what of them waits for a person."""

from __future__ import annotations

from nbgrader.api import Assignment, Grade, MissingEntry, Notebook

from autograder.course import cells
from autograder.course.folder import Course
from autograder.course.notebooks import qualified, split
from autograder.errors import SourceError
from autograder.gradebook import database
from autograder.release import build

__all__ = ["bring_up_to_date", "check_cells", "is_current", "is_registered", "written_answers_without_points"]


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
    wanted = set(_wanted(course, assignment))
    with database.opened(course) as gradebook:
        try:
            registered = gradebook.find_assignment(assignment)
        except MissingEntry:
            return
        known = {cell for notebook in registered.notebooks for cell in _registered(notebook)}
        submitted = bool(registered.submissions)
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
    with database.opened(course) as gradebook:
        try:
            notebooks = gradebook.find_assignment(assignment).notebooks
        except MissingEntry:
            return False
        known = {name: cell for notebook in notebooks for name, cell in _registered(notebook).items()}
    return known == _wanted(course, assignment)


def is_registered(course: Course, assignment: str) -> bool:
    """Whether the gradebook has an assignment at all."""
    with database.opened(course) as gradebook:
        return gradebook.db.query(Assignment).filter(Assignment.name == assignment).count() > 0


def _wanted(course: Course, assignment: str) -> dict[str, tuple[str, float]]:
    """Source and points of each graded cell, by its name among all of the assignment's."""
    return {
        qualified(assignment, split(name)[1], str(cells.grade_id(cell))): (cell.source, cells.points(cell))
        for name in course.notebooks(assignment)
        for cell in course.template(name).notebook.cells
        if cells.is_test(cell) or cells.is_written(cell)
    }


def _registered(notebook: Notebook) -> dict[str, tuple[str, float]]:
    """`_wanted`, as the gradebook has it."""
    points = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
    return {
        qualified(notebook.assignment.name, notebook.name, cell.name): (cell.source, points[cell.name])
        for cell in notebook.source_cells
        if cell.name in points
    }


def written_answers_without_points(course: Course) -> int:
    """How many answers wait for a person, of submissions that count."""
    groups = course.groups()
    with database.opened(course) as gradebook:
        rows = database.of_submissions(gradebook, Grade, (Grade.id,), None, None)
        return sum(
            groups.counts(student, assignment)
            for student, assignment, *_ in rows.filter(Grade.needs_manual_grade)
        )
