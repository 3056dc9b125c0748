"""The points that leave the gradebook: as nbgrader counts them, and nothing that is not decided yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder.course.concern import Concern
from autograder.course.groups import read_groups
from autograder.course.notebooks import qualified
from autograder.course.roster import Roster
from autograder.course.settings import groups_of
from autograder.errors import CourseError
from autograder.gradebook import database
from autograder.gradebook.database import CellMark
from autograder.gradebook.early import ToldSoFar, told_so_far
from autograder.gradebook.strays import strays
from autograder.text import counted, listed

__all__ = ["Mark", "Marks", "number", "read", "read_cells"]


_NOTHING = (0.0, 0.0, False, None)
"""The score, the penalty, whether it is unfinished, and the time, of who has handed in nothing."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What one student has for one assignment.

    Attributes:
        student: The student's id.
        assignment: The assignment's id.
        raw: The sum of all cells: automatic or manual points, and extra credit.
        penalty: What is taken off because it was late.
        unfinished: Whether a person has still to mark something.
        early: Whether points of hidden tests wait for the deadline; `raw` is without them.
        timestamp: When it was submitted, where that is known.
        max_score: Points of the assignment.
        submitted: Whether there is a submission in the gradebook.
        score: What is exported; None where nothing is.
    """

    student: str
    assignment: str
    raw: float
    penalty: float
    unfinished: bool
    timestamp: datetime | None
    max_score: float
    submitted: bool
    early: bool = False
    score: float | None = None

    @property
    def total(self) -> float:
        """The points as nbgrader exports them."""
        return max(0.0, self.raw - self.penalty)


@dataclass(frozen=True, kw_only=True)
class Marks:
    """All marks of some assignments.

    Attributes:
        roster: The students of the gradebook.
        assignments: The assignments' ids and points.
        by_name: For (student, assignment), the mark; none for one of a group that is not the student's, and
            none where the student is excused.
        excused: Each (student, assignment) that the student need not hand in.
        duedates: When each assignment is due, where that is known.
        attention: What a person should look at before the export is used.
        told: For each (student, assignment) of which not everything may be told yet, what may.
    """

    roster: Roster
    assignments: Mapping[str, float]
    by_name: Mapping[tuple[str, str], Mark]
    duedates: Mapping[str, datetime | None]
    attention: tuple[Concern, ...]
    excused: frozenset[tuple[str, str]] = frozenset()
    told: Mapping[tuple[str, str], ToldSoFar] = field(default_factory=dict)

    def score(self, student: str, assignment: str) -> float | None:
        """What is exported; None where nothing is."""
        mark = self.by_name.get((student, assignment))
        return mark.score if mark is not None else None


def number(score: float | None) -> str:
    """A score as text, without digits that say nothing; empty where there is none."""
    return "" if score is None else f"{round(score, 5):.10g}"


def read(
    gradebook: Gradebook,
    directory: CourseDirectory,
    config: Config,
    assignments: Sequence[str] = (),
    students: Sequence[str] = (),
    missing: str = "empty",
    unfinished: str = "empty",
    now: datetime | None = None,
) -> Marks:
    """Read marks from the gradebook.

    A submission that waits for a person, or for its deadline (`CourseSettings.before_deadline`), has no score,
    unless `unfinished` is 'partial': points that are not decided, or not to be told yet, would be shown to the
    student. Of a group of assignments, only the one
    that was allocated to the student counts.

    Args:
        gradebook: nbgrader's gradebook.
        directory: The course's folders.
        config: The course's configuration, which names its groups; nbgrader's `CourseDirectory` has not all of it.
        assignments: Which ones; all where none is named.
        students: Which ones; all where none is named.
        missing: 'empty', or 'zero' for who has handed in nothing.
        unfinished: 'empty', or 'partial' for the points so far.
        now: Decides whether a deadline has passed; with a zone, this moment where it is not given.

    Raises:
        CourseError: The gradebook has no such assignment or student, or none at all, or the
            file of a group names an assignment that the course does not have.
    """
    points = {found.name: found.max_score for found in gradebook.assignments}
    if not points:
        raise CourseError("the gradebook has no assignment yet; run `autograder grade` first")
    wanted = _chosen(assignments, sorted(points), "assignment")
    people = {student.id: database.person(student) for student in gradebook.students}
    duedates = {found.name: found.duedate for found in gradebook.assignments}
    found = _submissions(gradebook)
    in_source = Path(directory.root, directory.source_directory).glob("*/")
    groups = read_groups(
        Path(directory.root), groups_of(config), {*points, *(folder.name for folder in in_source)}
    )
    here = [student for student in sorted(people) if student not in groups.exceptions.left]
    chosen = _chosen(students, here, "student")
    handed_in = _handed_in(directory)
    told = told_so_far(gradebook, directory, config, now)
    early = {name: one for name, one in told.items() if one.waits is None or one.waits}
    told_cells = read_cells(gradebook, early) if early else {}

    marks: dict[tuple[str, str], Mark] = {}
    attention: list[Concern] = []
    not_theirs: list[Concern] = []
    for assignment in wanted:
        for student in chosen:
            name = (student, assignment)
            instead = groups.instead(student, assignment)
            if not (groups.expects(*name) or name in found or name in handed_in) or groups.excused(*name):
                continue
            if instead == assignment:
                raw, penalty, waiting, when = found.get(name, _NOTHING)
                if name in early:
                    raw = sum(cell.points for cell in told_cells.get(name, {}).values())
                mark = Mark(
                    student=student,
                    assignment=assignment,
                    raw=raw,
                    penalty=penalty,
                    unfinished=waiting,
                    timestamp=when,
                    max_score=points[assignment],
                    submitted=name in found,
                    early=name in early,
                )
                marks[name] = replace(mark, score=_score(mark, missing, unfinished, name in handed_in))
            elif name in found:
                why = f"the student was allocated {instead}; this one is not exported"
                not_theirs.append(Concern("/".join(name), why))
        waiting = [name[0] for name, mark in marks.items() if name[1] == assignment and mark.unfinished]
        ungraded = [
            student
            for student, name in sorted(handed_in)
            if name == assignment
            and groups.counts(student, name)
            and (student, name) not in found
            and (not students or student in chosen)
        ]
        held = [name[0] for name, mark in marks.items() if name[1] == assignment and mark.early]
        attention += _warnings(assignment, waiting, held, ungraded, unfinished)
    return Marks(
        roster=Roster(people[student] for student in chosen),
        assignments={name: points[name] for name in wanted},
        by_name=marks,
        duedates={name: duedates[name] for name in wanted},
        attention=(*attention, *not_theirs, *strays(gradebook, directory, wanted)),
        excused=groups.exceptions.excused,
        told=told,
    )


def _submissions(gradebook: Gradebook) -> dict[tuple[str, str], tuple]:
    """For each (student, assignment): the score, the penalty, whether it is unfinished, and the time."""
    rows = gradebook.db.query(
        SubmittedAssignment.student_id,
        Assignment.name,
        SubmittedAssignment.score,
        SubmittedAssignment.late_submission_penalty,
        SubmittedAssignment.needs_manual_grade,
        SubmittedAssignment.timestamp,
    ).join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
    return {
        (student, assignment): (score, penalty or 0.0, bool(manual), timestamp)
        for student, assignment, score, penalty, manual, timestamp in rows
    }


def _handed_in(directory: CourseDirectory) -> set[tuple[str, str]]:
    """Each (student, assignment) that has a folder in submitted/."""
    return {
        (path.parent.name, path.name)
        for path in Path(directory.root, directory.submitted_directory).glob("*/*")
        if path.is_dir()
    }


def _score(mark: Mark, missing: str, unfinished: str, handed_in: bool) -> float | None:
    if mark.submitted:
        return None if (mark.unfinished or mark.early) and unfinished == "empty" else mark.total
    return 0.0 if missing == "zero" and not handed_in else None


def _warnings(
    assignment: str, waiting: Sequence[str], held: Sequence[str], ungraded: Sequence[str], unfinished: str
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
    return concerns


def read_cells(
    gradebook: Gradebook, told: Mapping[tuple[str, str], ToldSoFar] | None = None
) -> dict[tuple[str, str], dict[str, CellMark]]:
    """For each (student, assignment) with a submission, its grade cells, as `qualified` names them.

    Args:
        gradebook: nbgrader's gradebook.
        told: Of submissions whose deadline is to come; points that may not be told yet are left out.
    """
    found: dict[tuple[str, str], dict[str, CellMark]] = {}
    for (student, assignment, notebook), cells in database.marks(gradebook).items():
        early = (told or {}).get((student, assignment))
        for cell, one in cells.items():
            name = qualified(assignment, notebook, cell)
            if early is not None and one.auto_points is not None and not one.by_hand and early.holds(name):
                one = replace(one, points=0.0, auto_points=None, extra=None, waits=True)
            found.setdefault((student, assignment), {})[name] = one
    return found


def _chosen(wanted: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    for name in wanted:
        if str(name) not in known:
            few = listed(known) or "none"
            raise CourseError(f"the gradebook has no {what} '{name}'; there are {few}")
    return [name for name in known if not wanted or name in map(str, wanted)]
