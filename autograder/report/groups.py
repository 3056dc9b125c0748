"""The students who failed a test, by what their code did: known mistakes, then those that did the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from autograder.course.notebooks import place_of
from autograder.grading.results import CellResult, alike
from autograder.mistakes.known import KnownMistakes
from autograder.report.classroom import Classroom
from autograder.report.statistics import most_frequent

__all__ = ["BehaviourGroup", "BehaviourGroups", "groups"]


@dataclass(frozen=True, kw_only=True)
class BehaviourGroup:
    """Students whose code did the same in a test.

    Attributes:
        students: Their ids, in alphabetical order.
        message: What most of them were told.
        mistake: The known wrong answers that do the same, as 'cell: name'.
        hint: What the course says to it, by language.
    """

    students: tuple[str, ...]
    message: str
    mistake: tuple[str, ...] = ()
    hint: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The known wrong answers without their cell, which is the same for all."""
        return tuple(dict.fromkeys(one.partition(": ")[2] for one in self.mistake))


@dataclass(frozen=True, kw_only=True)
class BehaviourGroups:
    """All who failed one test.

    Attributes:
        cell: Its grade_id.
        known: Those who made a known mistake, the most frequent first.
        unknown: Of the others, those who are not alone with what their code did, the largest group first.
        alone: The ids of all others with an answer that was tested.
    """

    cell: str
    known: tuple[BehaviourGroup, ...]
    unknown: tuple[BehaviourGroup, ...]
    alone: tuple[str, ...]

    def file(self, assignment: str) -> str:
        """Where known answers to the notebook of the test are written, from the course folder."""
        return KnownMistakes(assignment=place_of(assignment, self.cell)[0]).file

    @property
    def students(self) -> int:
        """How many they are."""
        return sum(len(group.students) for group in (*self.known, *self.unknown)) + len(self.alone)


def groups(classroom: Classroom, assignment: str) -> tuple[BehaviourGroups, ...]:
    """For each test of an assignment that somebody failed with an answer, who did what.

    Answers that are not there are in no group.
    """
    failed: dict[str, list[tuple[str, CellResult]]] = {}
    for (student, name), outcome in sorted(classroom.outcomes.items()):
        if name == assignment and classroom.counts(student, name):
            for cell in outcome.cells:
                if cell.behaviour:
                    failed.setdefault(cell.cell, []).append((student, cell))
    order = [item.cell for item in classroom.book.items.get(assignment, ())]
    return tuple(_of_test(cell, failed[cell]) for cell in order if cell in failed)


def _of_test(name: str, failed: Sequence[tuple[str, CellResult]]) -> BehaviourGroups:
    known: dict[tuple[str, ...], list[tuple[str, CellResult]]] = {}
    unknown: list[list[tuple[str, CellResult]]] = []
    for student, cell in failed:
        if cell.mistake:
            known.setdefault(cell.mistake, []).append((student, cell))
            continue
        group = next((one for one in unknown if alike(one[0][1].behaviour, cell.behaviour)), None)
        if group is None:
            unknown.append([(student, cell)])
        else:
            group.append((student, cell))
    return BehaviourGroups(
        cell=name,
        known=_largest_first(known.values()),
        unknown=_largest_first(one for one in unknown if len(one) > 1),
        alone=tuple(one[0][0] for one in unknown if len(one) == 1),
    )


def _largest_first(found) -> tuple[BehaviourGroup, ...]:
    made = [
        BehaviourGroup(
            students=tuple(student for student, _ in group),
            message=next(iter(most_frequent([cell.message for _, cell in group], 1)), ("", 0))[0],
            mistake=group[0][1].mistake,
            hint=group[0][1].hint,
        )
        for group in found
    ]
    return tuple(sorted(made, key=lambda group: -len(group.students)))
