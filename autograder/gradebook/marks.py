"""The points that leave the gradebook: as nbgrader counts them, and nothing that is not decided yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.roster import Roster
from autograder.errors import CourseError
from autograder.gradebook import attempts, early, scores
from autograder.gradebook.scores import Book, Score
from autograder.gradebook.strays import strays
from autograder.text import counted, listed

__all__ = ["Mark", "Marks", "number", "read"]


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What one student has for one assignment.

    Attributes:
        max_score: Points of the assignment.
        graded: What the gradebook has, as far as it may be told; None for who has handed in nothing.
        unfinished: Whether a person has still to mark something.
        early: Whether points of hidden tests wait for the deadline, and are left out of `graded`.
        score: What is exported; None where nothing is.
    """

    student: str
    assignment: str
    max_score: float
    graded: Score | None = None
    unfinished: bool = False
    early: bool = False
    score: float | None = None

    @property
    def total(self) -> float:
        """The points as nbgrader exports them."""
        return self.graded.total if self.graded else 0.0


@dataclass(frozen=True, kw_only=True)
class Marks:
    """All marks of some assignments.

    Attributes:
        roster: The students of the gradebook.
        assignments: The assignments' ids and points.
        by_name: For (student, assignment), the mark; none for one of a group that is not the student's, and
            none where the student is excused.
        excused: Each (student, assignment) that the student need not hand in.
        duedates: When each assignment is due, where that is known; with a zone.
        attention: What a person should look at before the export is used.
        waits: For each (student, assignment) of which not everything may be told yet, the test cells whose points wait.
    """

    roster: Roster
    assignments: Mapping[str, float]
    by_name: Mapping[tuple[str, str], Mark]
    duedates: Mapping[str, datetime | None]
    attention: tuple[Concern, ...]
    excused: frozenset[tuple[str, str]] = frozenset()
    waits: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def score(self, student: str, assignment: str) -> float | None:
        """What is exported; None where nothing is."""
        mark = self.by_name.get((student, assignment))
        return mark.score if mark is not None else None


def number(score: float | None) -> str:
    """A score as text, without digits that say nothing; empty where there is none."""
    return "" if score is None else f"{round(score, 5):.10g}"


def read(
    course: Course,
    assignments: Sequence[str] = (),
    students: Sequence[str] = (),
    missing: str = "empty",
    unfinished: str = "empty",
) -> Marks:
    """Read marks from the gradebook.

    A submission that waits for a person, or for its deadline (`CourseSettings.before_deadline`), has no score,
    unless `unfinished` is 'partial': points that are not decided, or not to be told yet, would be shown to the
    student. Of a group of assignments, only the one that was allocated to the student counts.

    Args:
        missing: 'empty', or 'zero' for who has handed in nothing.
        unfinished: 'empty', or 'partial' for the points so far.

    Raises:
        CourseError: The gradebook has no such assignment or student, or none at all, or the
            file of a group names an assignment that the course does not have.
    """
    book = scores.read(course)
    if not book.duedates:
        raise CourseError("the gradebook has no assignment yet; run `autograder grade` first")
    wanted = _chosen(assignments, sorted(book.duedates), "assignment")
    groups = course.groups({*book.duedates, *(folder.name for folder in course.source.glob("*/"))})
    here = [student for student in sorted(book.people) if student not in groups.exceptions.left]
    chosen = _chosen(students, here, "student")
    handed_in = {(path.parent.name, path.name) for path in course.submitted.glob("*/*") if path.is_dir()}
    waits = early.waiting(course, book.scores)

    marks: dict[tuple[str, str], Mark] = {}
    attention: list[Concern] = []
    not_theirs: list[Concern] = []
    for assignment in wanted:
        for student in chosen:
            name = (student, assignment)
            instead = groups.instead(student, assignment)
            if not (groups.expects(*name) or name in book.scores or name in handed_in) or groups.excused(
                *name
            ):
                continue
            if instead == assignment:
                mark = _mark(name, book, waits.get(name, frozenset()))
                marks[name] = replace(mark, score=_score(mark, missing, unfinished, name in handed_in))
            elif name in book.scores:
                why = f"the student was allocated {instead}; this one is not exported"
                not_theirs.append(Concern("/".join(name), why))
        waiting = [name[0] for name, mark in marks.items() if name[1] == assignment and mark.unfinished]
        ungraded = [
            student
            for student, name in sorted(handed_in)
            if name == assignment
            and groups.counts(student, name)
            and (student, name) not in book.scores
            and (not students or student in chosen)
        ]
        again = [
            student
            for student, name in sorted(handed_in & book.scores.keys() & marks.keys())
            if name == assignment and attempts.is_newer(course, student, name)
        ]
        held = [name[0] for name, mark in marks.items() if name[1] == assignment and mark.early]
        attention += _warnings(assignment, waiting, held, ungraded, again, unfinished)
    return Marks(
        roster=Roster(book.people[student] for student in chosen),
        assignments={name: book.max_points(name) for name in wanted},
        by_name=marks,
        duedates={name: book.duedates[name] for name in wanted},
        attention=(*attention, *not_theirs, *strays(course, wanted)),
        excused=groups.exceptions.excused,
        waits=waits,
    )


def _mark(name: tuple[str, str], book: Book, waits: frozenset[str]) -> Mark:
    graded = book.scores.get(name)
    unfinished = graded is not None and bool(graded.waiting)
    if graded is not None and waits:
        told = early.cells_told(graded.cells, waits)
        graded = replace(graded, cells=told, points=sum(cell.points for cell in told.values()))
    return Mark(
        student=name[0],
        assignment=name[1],
        max_score=book.max_points(name[1]),
        graded=graded,
        unfinished=unfinished,
        early=bool(waits),
    )


def _score(mark: Mark, missing: str, unfinished: str, handed_in: bool) -> float | None:
    if mark.graded is not None:
        return None if (mark.unfinished or mark.early) and unfinished == "empty" else mark.total
    return 0.0 if missing == "zero" and not handed_in else None


def _warnings(
    assignment: str,
    waiting: Sequence[str],
    held: Sequence[str],
    ungraded: Sequence[str],
    again: Sequence[str],
    unfinished: str,
) -> list[Concern]:
    concerns = []
    if held:
        how = "empty" if unfinished == "empty" else "without the points of hidden tests"
        why = (
            f"the deadline of {counted(len(held), 'submission')} is to come, until when students are not told how "
            f"hidden tests went (CourseSettings.before_deadline): exported {how}: {listed(held)}"
        )
        concerns.append(Concern(assignment, why))
    if waiting:
        done = (
            "exported empty; mark them with `autograder mark`, or --unfinished partial exports the points so far"
            if unfinished == "empty"
            else "exported with the points so far"
        )
        why = f"written answers are not marked in {counted(len(waiting), 'submission')}, {done}: "
        concerns.append(Concern(assignment, why + listed(waiting)))
    if ungraded:
        why = f"handed in, but not graded: {listed(ungraded)}; `autograder grade` does it, or says why not"
        concerns.append(Concern(assignment, why))
    if again:
        why = (
            f"handed in again and not graded since, exported with the points of the submission before: {listed(again)}; "
            "`autograder grade` grades the new one"
        )
        concerns.append(Concern(assignment, why))
    return concerns


def _chosen(wanted: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    for name in wanted:
        if str(name) not in known:
            few = listed(known) or "none"
            raise CourseError(f"the gradebook has no {what} '{name}'; there are {few}")
    return [name for name in known if not wanted or name in map(str, wanted)]
