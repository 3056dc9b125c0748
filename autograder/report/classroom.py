"""Everything that the class report is made of: gradebook, records, groups of assignments, roster."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo

from autograder.collecting import beforehand
from autograder.collecting.beforehand import Standing
from autograder.course import cells
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.groups import Group, Groups
from autograder.course.notebooks import chosen, qualified, split
from autograder.course.roster import Person
from autograder.errors import CourseError
from autograder.gradebook import requests, scores
from autograder.gradebook.database import GradeCell
from autograder.gradebook.requests import Request
from autograder.gradebook.scores import Book, Score
from autograder.report import outcomes
from autograder.report.outcomes import Outcome, State
from autograder.submission import submissions

__all__ = ["Classroom", "read"]


@dataclass(frozen=True, kw_only=True)
class Classroom:
    """A class at one moment.

    Attributes:
        course: The course's id.
        assignments: Those that somebody has submitted, in alphabetical order.
        empty: Those that nobody has submitted.
        book: The gradebook.
        outcomes: For each (student, assignment) in submitted/, what its kept result says.
        groups: Which assignments count for whom.
        requests: Students' questions about scores, answered or not.
        zone: Of the times that are shown.
        keeps_better: Whether the points of an earlier submission stay where they are better.
        misplaced: What is in submitted/ and belongs to no assignment.
        beforehand: For each (student, assignment), the questions that could be answered before the rest: the cell, and
            how its answer stands to the results; None for no answer.
    """

    course: str
    assignments: tuple[str, ...]
    empty: tuple[str, ...] = ()
    book: Book = field(default_factory=Book)
    outcomes: dict[tuple[str, str], Outcome] = field(default_factory=dict)
    groups: Groups = field(default_factory=Groups)
    misplaced: tuple[Concern, ...] = ()
    requests: tuple[Request, ...] = ()
    zone: tzinfo = UTC
    keeps_better: bool = False
    beforehand: dict[tuple[str, str], tuple[tuple[str, Standing | None], ...]] = field(default_factory=dict)

    @property
    def students(self) -> list[str]:
        """Everybody on the roster, in the file of a group, or with a submission, but for who has left."""
        everybody = {*self.book.people, *self.groups.students, *(student for student, _ in self.outcomes)}
        return sorted(everybody - self.groups.exceptions.left)

    @functools.cached_property
    def later(self) -> dict[tuple[str, str], datetime]:
        """For each (student, assignment) with more time than the class has, until when."""
        return self.groups.exceptions.later(self.book.duedates)

    def shown(self, student: str) -> str:
        """The name and the id, as everywhere; the id alone where the gradebook has no name."""
        return Person(id=student, name=self.book.name(student)).shown

    def submitted(self, student: str, assignment: str) -> bool:
        """Whether there is a submission, graded or not."""
        return (student, assignment) in self.outcomes or (student, assignment) in self.book.scores

    def counts(self, student: str, assignment: str) -> bool:
        """Whether an assignment counts for a student; see `Groups.counts`."""
        return self.groups.counts(student, assignment)

    def expected(self, student: str, assignment: str) -> bool:
        """Whether a student has to submit an assignment: nobody who is not on the roster has; see `Groups.expects`."""
        known = not self.book.roster or student in self.book.roster
        return known and self.groups.expects(student, assignment)

    def of_group(self, group: Group) -> list[str]:
        """The assignments of a group that somebody has submitted."""
        return [name for name in self.assignments if name in group]

    def counted(self, assignment: str) -> dict[str, Score]:
        """For each student for whom the assignment counts, what the gradebook has."""
        return {
            student: score
            for (student, name), score in self.book.scores.items()
            if name == assignment and self.counts(student, assignment)
        }

    def is_current(self, student: str, assignment: str) -> bool:
        """Whether the gradebook has what the kept result says."""
        outcome, score = self.outcomes[student, assignment], self.book.scores.get((student, assignment))
        return (
            outcome.state is State.KNOWN
            and score is not None
            and all(
                cell.points is None
                or (cell.cell in score.cells and self._fits(score.cells[cell.cell].auto_points, cell.points))
                for cell in outcome.cells
            )
        )

    def _fits(self, has: float | None, points: float) -> bool:
        return has == points or (self.keeps_better and has is not None and has > points)


def read(
    course: Course,
    names: Sequence[str] = (),
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Classroom:
    """Read a course; nothing is executed, and nothing of it is changed.

    Raises:
        CourseError: There is no such assignment, or nothing has been submitted.
    """
    book = scores.read(course)
    in_source = course.assignments()
    known = sorted({*in_source, *book.items})
    wanted = sorted(set(chosen(names, known)))
    groups = course.groups(known)
    found = outcomes.read(course, [name for name in wanted if name in in_source], progress)
    book = replace(
        book,
        items={name: _in_order(course, book.items.get(name, ()), name in in_source) for name in wanted},
        scores={
            key: score
            for key, score in book.scores.items()
            if key[1] in wanted and key[0] not in groups.exceptions.left
        },
    )
    there = {assignment for _, assignment in (*found, *book.scores)}
    if not there:
        raise CourseError(
            f"nothing has been submitted: {course.submitted} holds no submission"
            f" of {', '.join(names) if names else 'any assignment'}"
        )
    return Classroom(
        course=course.directory.course_id or course.root.name,
        assignments=tuple(name for name in wanted if name in there),
        empty=tuple(name for name in wanted if name not in there),
        book=book,
        outcomes=found,
        groups=groups,
        misplaced=submissions.elsewhere(course.submitted, known),
        requests=requests.read(course),
        zone=course.zone,
        keeps_better=course.settings.keep_better,
        beforehand=_beforehand(course, sorted({*found, *book.scores}), in_source),
    )


def _beforehand(
    course: Course, submitted: Sequence[tuple[str, str]], in_source: Sequence[str]
) -> dict[tuple[str, str], tuple[tuple[str, Standing | None], ...]]:
    asked = {
        assignment: [
            (name, cell)
            for name in course.notebooks(assignment)
            for cell in beforehand.questions(course.template(name))
        ]
        for assignment in {assignment for _, assignment in submitted}.intersection(in_source)
    }
    return {
        (student, assignment): tuple(
            (
                qualified(*split(name), cell),
                beforehand.standing(beforehand.read(course, student, name), cell),
            )
            for name, cell in asked[assignment]
        )
        for student, assignment in submitted
        if asked.get(assignment)
    }


def _in_order(course: Course, items: Sequence[GradeCell], in_source: bool) -> tuple[GradeCell, ...]:
    """In the order of the notebook; where the gradebook does not know the assignment, as the source has it."""
    if not in_source:
        return tuple(items)
    graded = [
        qualified(*split(name), str(cells.grade_id(cell)))
        for name in (course.notebooks(items[0].assignment) if items else ())
        for cell in course.template(name).notebook.cells
        if cells.is_test(cell) or cells.is_written(cell)
    ]
    order = {name: place for place, name in enumerate(graded)}
    return tuple(sorted(items, key=lambda item: (order.get(item.cell, len(order)), item.cell)))
