"""Classes made by hand: gradebook, outcomes and allocation, without any file."""

from __future__ import annotations

from dataclasses import replace

from autograder.course.groups import Group, Groups
from autograder.course.roster import Person
from autograder.gradebook.database import CellMark, GradeCell
from autograder.gradebook.scores import Book, Score
from autograder.grading.results import CellResult
from autograder.report.classroom import Classroom
from autograder.report.outcomes import Outcome, State
from autograder.verdict.verdict import Status

__all__ = ["classroom", "items_of", "known", "score"]


def score(penalty: float = 0.0, late: float = 0.0, waits: tuple[str, ...] = (), **cells: float) -> Score:
    """A submission in the gradebook: the points of its cells, some of which wait for a person."""
    kept = {
        name: CellMark(points=points, max_points=points, auto_points=points) for name, points in cells.items()
    }
    kept |= {name: CellMark(points=0.0, max_points=0.0, waits=True) for name in waits}
    return Score(points=sum(cells.values()), penalty=penalty, seconds_late=late, cells=kept)


def known(student: str, assignment: str, messages: dict[str, str] | None = None, **details) -> Outcome:
    """A submission with a kept result; the cells with a message failed."""
    cells = tuple(
        CellResult(
            cell=name,
            status=Status.FAILED if message else Status.PASSED,
            points=0.0 if message else 1.0,
            max_points=1.0,
            message=message,
        )
        for name, message in (messages or {}).items()
    )
    return Outcome(student=student, assignment=assignment, state=State.KNOWN, **{"cells": cells, **details})


def items_of(assignment: str, manual: tuple[str, ...] = (), **points: float) -> tuple[GradeCell, ...]:
    """The grade cells of an assignment."""
    return tuple(
        GradeCell(
            key=name,
            assignment=assignment,
            notebook=assignment,
            grade_id=name,
            cell=name,
            max_points=value,
            manual=name in manual,
        )
        for name, value in points.items()
    )


def classroom(
    items: dict[str, tuple[GradeCell, ...]],
    scores: dict[tuple[str, str], Score] | None = None,
    outcomes: list[Outcome] | None = None,
    allocated: dict[str, str] | None = None,
    roster: tuple[str, ...] = (),
) -> Classroom:
    """A class in which everybody who has a score is on the roster."""
    scores = scores or {}
    students = dict.fromkeys([*roster, *(student for student, _ in scores)])
    return Classroom(
        course="course",
        assignments=tuple(sorted(items)),
        empty=(),
        book=Book(people={student: Person(id=student) for student in students}, items=items, scores=scores),
        outcomes={(one.student, one.assignment): one for one in outcomes or []},
        groups=Groups(groups=(Group(name="theme", pattern="theme_*"),), chosen={"theme": allocated or {}}),
    )


def on_roster(book: Book, *students: str) -> Book:
    """The gradebook, with these students entered by a roster."""
    entered = {name: Person(id=name, email=f"{name}@example.org") for name in students}
    return replace(book, people={**book.people, **entered})
