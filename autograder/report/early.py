"""Who in the class has handed a written answer in before the results, for each question that allows it."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.collecting.beforehand import Standing, When
from autograder.report.classroom import Classroom

__all__ = ["EarlyQuestion", "early"]

ORDER = (When.BEFORE, When.CHANGED, When.REMOVED, When.WITH, None)
"""In which order students are listed."""


@dataclass(frozen=True, kw_only=True)
class EarlyQuestion:
    """A question that can be answered before the rest.

    Attributes:
        cell: The question's grade_id.
        answers: (student, how the answer stands to the results; None for no answer) of everybody with a submission
            that counts; those with an early one first, then by name.
    """

    assignment: str
    cell: str
    answers: tuple[tuple[str, Standing | None], ...]

    @property
    def before(self) -> int:
        """How many had an answer before their results, whatever became of it."""
        return sum(standing is not None and standing.when is not When.WITH for _, standing in self.answers)


def early(classroom: Classroom) -> tuple[EarlyQuestion, ...]:
    """The questions of a class that can be answered early, in the order of assignments and cells."""
    found: dict[tuple[str, str], list[tuple[str, Standing | None]]] = {}
    for (student, assignment), answers in classroom.beforehand.items():
        if classroom.counts(student, assignment):
            for cell, standing in answers:
                found.setdefault((assignment, cell), []).append((student, standing))

    def place(answer: tuple[str, Standing | None]) -> tuple:
        student, standing = answer
        return ORDER.index(standing.when if standing else None), classroom.shown(student).casefold()

    return tuple(
        EarlyQuestion(assignment=assignment, cell=cell, answers=tuple(sorted(answers, key=place)))
        for (assignment, cell), answers in sorted(found.items(), key=lambda item: item[0][0])
    )
