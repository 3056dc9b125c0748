"""What needs an instructor's attention, and why; pure functions of a class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from autograder.course.concern import Concern
from autograder.gradebook.scores import Late
from autograder.report.classroom import Classroom
from autograder.report.items import ItemReport
from autograder.report.outcomes import Outcome, State
from autograder.report.statistics import surely_negative

__all__ = ["Absent", "Attention", "Case", "Doubt", "OtherTheme", "Ungraded", "Unknown", "attention"]

ENOUGH_TO_FAIL = 5
"""From this number of submissions on, an item that nobody passes is doubted."""


@dataclass(frozen=True, kw_only=True)
class Ungraded:
    """Answers of one assignment that wait for a person.

    Attributes:
        submissions: In how many submissions.
        answers: How many answers.
        points: What they can give together.
    """

    assignment: str
    submissions: int
    answers: int
    points: float


@dataclass(frozen=True)
class Case:
    """One submission and why it needs attention, one sentence each."""

    student: str
    assignment: str
    reasons: tuple[str, ...]


class Unknown(StrEnum):
    """Why the gradebook's points and the submission do not belong together."""

    NEVER = "never"
    CHANGED = "changed"
    NOT_RECORDED = "not recorded"
    OTHER_POINTS = "other points"


@dataclass(frozen=True, kw_only=True)
class OtherTheme:
    """A student who submitted another theme than the allocated one.

    Attributes:
        theme: The allocated theme; None where themes.csv does not name the student.
        submitted: The other themes.
        has_own: Whether the allocated one was submitted, too.
    """

    student: str
    theme: str | None
    submitted: tuple[str, ...]
    has_own: bool


@dataclass(frozen=True)
class Absent:
    """The students without a submission of an assignment; None stands for "any theme"."""

    assignment: str | None
    students: tuple[str, ...]


@dataclass(frozen=True)
class Doubt:
    """An item that is probably a bad test.

    Attributes:
        item: Its report.
        nobody: True where nobody passed it; otherwise its discrimination is negative.
    """

    item: ItemReport
    nobody: bool


@dataclass(frozen=True, kw_only=True)
class Attention:
    """All that needs attention, the most urgent first.

    Attributes:
        ungraded: Written answers without points.
        broken: Files that cannot be graded.
        unknown: Submissions that must be graded (again): (student, assignment, why).
        not_on_roster: Submissions of students who are not on the roster: (student, assignments).
        misplaced: What is in submitted/ and belongs to no assignment.
        stopped: Time limits, and processes that ended.
        questions: What grading could not decide.
        suspicious: Signs of an attempt to decide one's own grade.
        unsandboxed: Submissions whose code ran without a sandbox.
        other_theme: Another theme than the allocated one.
        absent: Students without a submission.
        late: Submissions after the due date.
        doubts: Items that look broken.
    """

    ungraded: tuple[Ungraded, ...] = ()
    broken: tuple[Case, ...] = ()
    unknown: tuple[tuple[str, str, Unknown], ...] = ()
    not_on_roster: tuple[tuple[str, tuple[str, ...]], ...] = ()
    misplaced: tuple[Concern, ...] = ()
    stopped: tuple[Case, ...] = ()
    questions: tuple[Case, ...] = ()
    suspicious: tuple[Case, ...] = ()
    unsandboxed: tuple[Case, ...] = ()
    other_theme: tuple[OtherTheme, ...] = ()
    absent: tuple[Absent, ...] = ()
    late: tuple[Late, ...] = ()
    doubts: tuple[Doubt, ...] = ()


def attention(classroom: Classroom, reports: Mapping[str, Sequence[ItemReport]]) -> Attention:
    """Go through a class.

    Args:
        reports: For each assignment, the reports of its items.
    """
    every = [classroom.outcomes[key] for key in sorted(classroom.outcomes, key=lambda key: key[::-1])]
    # a theme that does not count need not be graded: it is listed as such, and nothing else is asked of it
    outcomes = [one for one in every if classroom.counts(one.student, one.assignment)]
    return Attention(
        ungraded=tuple(filter(None, (_ungraded(classroom, name) for name in classroom.assignments))),
        broken=_cases(outcomes, lambda one: (one.broken,) if one.state is State.BROKEN else ()),
        unknown=tuple(_unknown(classroom, outcomes)),
        not_on_roster=tuple(_not_on_roster(classroom)),
        misplaced=classroom.misplaced,
        stopped=_cases(outcomes, lambda one: one.problems),
        questions=_cases(outcomes, lambda one: one.questions),
        suspicious=_cases(every, lambda one: one.signs),
        unsandboxed=tuple(Case(one.student, one.assignment, ()) for one in every if not one.sandboxed),
        other_theme=tuple(_other_themes(classroom)),
        absent=tuple(_absent(classroom)),
        late=classroom.book.late,
        doubts=tuple(_doubts(reports)),
    )


def _cases(outcomes: Sequence[Outcome], reasons) -> tuple[Case, ...]:
    return tuple(Case(one.student, one.assignment, tuple(reasons(one))) for one in outcomes if reasons(one))


def _ungraded(classroom: Classroom, assignment: str) -> Ungraded | None:
    waiting = {
        student: score.waiting for student, score in classroom.counted(assignment).items() if score.waiting
    }
    if not waiting:
        return None
    return Ungraded(
        assignment=assignment,
        submissions=len(waiting),
        answers=sum(map(len, waiting.values())),
        points=sum(classroom.book.open_points(student, assignment) for student in waiting),
    )


def _unknown(classroom: Classroom, outcomes: Sequence[Outcome]):
    for one in outcomes:
        recorded = (one.student, one.assignment) in classroom.book.scores
        if one.state is State.UNKNOWN:
            yield one.student, one.assignment, Unknown.CHANGED if recorded else Unknown.NEVER
        elif one.state is State.KNOWN and not recorded:
            yield one.student, one.assignment, Unknown.NOT_RECORDED
        elif one.state is State.KNOWN and not classroom.is_current(one.student, one.assignment):
            yield one.student, one.assignment, Unknown.OTHER_POINTS


def _not_on_roster(classroom: Classroom):
    if not classroom.book.roster:
        return
    for student in classroom.students:
        names = tuple(name for name in classroom.assignments if classroom.submitted(student, name))
        if names and student not in classroom.book.roster:
            yield student, names


def _other_themes(classroom: Classroom):
    for group in classroom.groups.groups:
        if not classroom.groups.decided(group):
            continue
        chosen = classroom.groups.chosen[group.name]
        for student in classroom.students:
            own = chosen.get(student)
            others = tuple(
                name
                for name in classroom.of_group(group)
                if name != own and classroom.submitted(student, name)
            )
            if others:
                yield OtherTheme(
                    student=student,
                    theme=own,
                    submitted=others,
                    has_own=own is not None and classroom.submitted(student, own),
                )


def _absent(classroom: Classroom):
    for assignment in classroom.assignments:
        missing = tuple(
            student
            for student in classroom.students
            if classroom.expected(student, assignment) and not classroom.submitted(student, assignment)
        )
        if missing:
            yield Absent(assignment, missing)
    for group in classroom.groups.groups:
        names = classroom.of_group(group)
        if names and not classroom.groups.decided(group):
            missing = tuple(
                student
                for student in classroom.students
                if not any(classroom.submitted(student, name) for name in names)
            )
            if missing:
                yield Absent(None, missing)


def _doubts(reports: Mapping[str, Sequence[ItemReport]]):
    for found in reports.values():
        somebody = any(report.statistics.share for report in found)
        for report in found:
            numbers = report.statistics
            if report.item.manual:
                continue
            if numbers.success == 0 and numbers.n >= ENOUGH_TO_FAIL and somebody:
                yield Doubt(report, nobody=True)
            elif numbers.discrimination is not None and surely_negative(numbers.discrimination, numbers.n):
                yield Doubt(report, nobody=False)
