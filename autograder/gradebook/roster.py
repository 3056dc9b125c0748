"""The students of nbgrader's gradebook, as a roster."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from autograder.course.folder import Course
from autograder.course.roster import Person, Roster, split_name, why_not_an_id
from autograder.errors import CourseError
from autograder.gradebook import database

__all__ = ["Changes", "check_ids", "fill", "from_gradebook"]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What a roster says otherwise than the gradebook.

    Attributes:
        new: Students whom no roster had put there.
        gone: Students there whom the roster does not name, but for those known to have left.
        renamed: Before and after, of those with another name.
    """

    new: tuple[Person, ...] = ()
    gone: tuple[Person, ...] = ()
    renamed: tuple[tuple[Person, Person], ...] = ()


def fill(course: Course, roster: Roster) -> Changes:
    """Write students into the gradebook; what the roster does not say stays as it is there.

    Returns:
        What has changed.

    Raises:
        CourseError: nbgrader cannot use one of the ids.
    """
    for person in roster.people:
        reason = why_not_an_id(person.id)
        if reason:
            raise CourseError(reason)
    before = {person.id: person for person in from_gradebook(course).people}
    with database.opened(course) as gradebook:
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
    after = {person.id: person for person in from_gradebook(course).people}
    left = course.exceptions.left
    return Changes(
        new=tuple(person for person in roster.people if person.id not in before),
        gone=tuple(one for one in before.values() if one.id not in {*roster.ids, *left}),
        renamed=tuple(
            (before[student], after[student])
            for student in roster.ids
            if student in before and before[student].full_name not in ("", after[student].full_name)
        ),
    )


def from_gradebook(course: Course) -> Roster:
    """The students that a roster has put into the gradebook: those with a name, an address or a number."""
    with database.opened(course) as gradebook:
        people = map(database.person, gradebook.students)
        return Roster(person for person in people if person.is_described)


def check_ids(course: Course, students: Iterable[str]) -> None:
    """Refuse ids that no student has, by a roster or by what was handed in.

    Raises:
        CourseError: Says who may be meant.
    """
    with database.opened(course) as gradebook:
        known = {*(student.id for student in gradebook.students), *course.students()}
    for student in students:
        if student not in known:
            like = from_gradebook(course).like(student)
            near = f"; did you mean {like}?" if like else "; `autograder roster` enters the class"
            raise CourseError(f"no student has the id '{student}'; nothing was changed{near}")
