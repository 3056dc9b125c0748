"""When assignments are due, in nbgrader's own fields: the due date, and the extension of a submission."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from nbgrader.api import Assignment, SubmittedAssignment

from autograder.course.exceptions import Exceptions
from autograder.course.folder import Course
from autograder.gradebook import assignments, database, scores
from autograder.gradebook.scores import Late

__all__ = ["end_extensions", "extend", "late_ones", "read", "set_due"]


def read(course: Course) -> dict[str, datetime | None]:
    """When each assignment of source/ is due, in UTC; None where that is not known."""
    found: dict[str, datetime | None] = dict.fromkeys(course.assignments())
    if database.exists(course):
        with database.opened(course) as book:
            for name, due in book.db.query(Assignment.name, Assignment.duedate):
                found[name] = due.replace(tzinfo=UTC) if due else None
    return found


def set_due(course: Course, assignment: str, due: datetime | None) -> None:
    """Write when an assignment is due; None for no deadline, and no penalty.

    Args:
        due: A time with a zone.

    Raises:
        SourceError: The assignment is not registered yet, and cannot be.
    """
    assignments.bring_up_to_date(course, assignment)
    with database.opened(course) as book:
        found = book.find_assignment(assignment)
        found.duedate = due.astimezone(UTC).replace(tzinfo=None) if due else None
        if due is None:
            for submission in found.submissions:
                for notebook in submission.notebooks:
                    notebook.late_submission_penalty = None
        book.db.commit()


def extend(submission: SubmittedAssignment, exceptions: Exceptions) -> None:
    """Give a submission the time that was agreed with its student, measured from the class's due date.

    An extension that nobody names stays; nothing is committed.
    """
    until = exceptions.extended.get((submission.student_id, submission.assignment.name))
    due = submission.assignment.duedate
    if until is not None and due is not None:
        submission.extension = max(until.replace(tzinfo=None) - due, timedelta()) or None


def end_extensions(course: Course, assignment: str, students: tuple[str, ...]) -> None:
    """Take the extensions of some submissions back."""
    with database.opened(course) as book:
        for submission in book.db.query(SubmittedAssignment):
            if submission.assignment.name == assignment and submission.student_id in students:
                submission.extension = None
        book.db.commit()


def late_ones(course: Course, assignment: str) -> list[Late]:
    """Who handed an assignment in after its due date, as the gradebook has it now, by id."""
    groups = course.groups()
    return [
        one
        for one in scores.read(course).late
        if one.assignment == assignment and groups.counts(one.student, assignment)
    ]
