"""What the files of a course and its gradebook do not say alike: it would cost a student points, or give them to nobody."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Set

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment

from autograder.course.concern import Concern
from autograder.course.exceptions import FILE, Exceptions
from autograder.course.folder import Course
from autograder.gradebook import database
from autograder.text import counted, listed

__all__ = ["strays"]


def strays(course: Course, assignments: Collection[str]) -> tuple[Concern, ...]:
    """Students that no roster knows, agreements about nobody, and points whose submission is gone."""
    if not database.exists(course):
        return ()
    folders = {(path.parent.name, path.name) for path in course.submitted.glob("*/*") if path.is_dir()}
    there = {student for student, assignment in folders if assignment in assignments}
    with database.opened(course) as gradebook:
        people = {one.id: database.person(one) for one in gradebook.students}
        roster = {student for student, person in people.items() if person.is_described}
        every = {one.name for one in gradebook.assignments} | {path.name for path in course.source.glob("*/")}
        return (
            *_of_no_roster(there - course.exceptions.left, roster, course.submitted.name),
            *_agreed_with_nobody(course.exceptions, {*people, *there}, every),
            *_gone(gradebook, folders, assignments, course.submitted.name),
        )


def _of_no_roster(there: Set[str], roster: Set[str], submitted: str) -> Iterator[Concern]:
    for student in sorted(there - roster if roster else ()):
        yield Concern(
            f"{submitted}/{student}",
            "nobody on the roster has this id, and the points are of nobody else; rename the folder, add the "
            f"student with `autograder roster`, or `autograder roster --drop {student}` where it is nobody's",
        )


def _agreed_with_nobody(
    exceptions: Exceptions, people: Collection[str], assignments: Collection[str]
) -> Iterator[Concern]:
    for one in exceptions.agreements:
        if one.student not in people:
            yield Concern(FILE, f"the course has no student '{one.student}': '{one.until}' is for nobody")
        elif one.assignment and one.assignment not in assignments:
            yield Concern(
                FILE,
                f"the course has no assignment '{one.assignment}': {one.student}'s '{one.until}' is for nothing",
            )


def _gone(
    gradebook: Gradebook,
    folders: Set[tuple[str, str]],
    assignments: Collection[str],
    submitted: str,
) -> Iterator[Concern]:
    rows = gradebook.db.query(SubmittedAssignment.student_id, Assignment.name)
    graded = {tuple(row) for row in rows.join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)}
    for assignment in sorted(assignments):
        gone = sorted(student for student, name in graded - folders if name == assignment)
        if gone and any(name == assignment for _, name in folders):  # else the whole folder was put away
            yield Concern(
                assignment,
                f"{counted(len(gone), 'graded submission')} no longer in {submitted}/, and the points are kept: "
                f"{listed(gone)}; where the folder was renamed, the marks are under its old name",
            )
