"""The students of nbgrader's gradebook, as a roster."""

from __future__ import annotations

from nbgrader.api import Gradebook

from autograder.course.folder import Course
from autograder.course.roster import Person, Roster, split_name, why_not_an_id
from autograder.errors import CourseError

__all__ = ["fill", "from_gradebook"]


def fill(course: Course, roster: Roster) -> int:
    """Write students into the gradebook; what the roster does not say stays as it is there.

    Returns:
        How many there are.

    Raises:
        CourseError: nbgrader cannot use one of the ids.
    """
    for person in roster.people:
        reason = why_not_an_id(person.id)
        if reason:
            raise CourseError(reason)
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        for person in roster.people:
            first, last = person.first_name, person.last_name
            if not first and not last and person.name:
                first, last = split_name(person.name)
            known = {
                "first_name": first,
                "last_name": last,
                "email": person.email,
                "lms_user_id": person.lms_user_id,
            }
            gradebook.update_or_create_student(
                person.id, **{name: value for name, value in known.items() if value}
            )
    return len(roster)


def from_gradebook(course: Course) -> Roster:
    """The students that a roster has put into the gradebook: those with a name, an address or a number."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return Roster(
            Person(
                student.id,
                student.first_name or "",
                student.last_name or "",
                "",
                student.email or "",
                "",
                student.lms_user_id or "",
            )
            for student in gradebook.students
            if student.first_name or student.last_name or student.email or student.lms_user_id
        )
