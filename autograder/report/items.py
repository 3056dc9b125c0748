"""How a class did on each grade cell."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.gradebook.database import GradeCell
from autograder.report.classroom import Classroom
from autograder.report.statistics import ItemStatistics, item_statistics, most_frequent
from autograder.verdict.verdict import Status

__all__ = ["ItemReport", "items"]

MESSAGES = 3
NOT_REACHED = (Status.PASSED, Status.MANUAL)


@dataclass(frozen=True, kw_only=True)
class ItemReport:
    """One grade cell.

    Attributes:
        statistics: Its numbers.
        waiting: Submissions in which a person has still to give points.
        messages: The most frequent messages of failures, and how often each came.
    """

    item: GradeCell
    statistics: ItemStatistics
    waiting: int
    messages: tuple[tuple[str, int], ...] = ()


def items(classroom: Classroom, assignment: str) -> list[ItemReport]:
    """One report for each grade cell of an assignment, in its order."""
    scores = classroom.counted(assignment)
    all_items = classroom.book.items.get(assignment, ())
    automatic = {item.cell for item in all_items if not item.manual}
    totals = {
        student: sum(cell.points for name, cell in score.cells.items() if name in automatic)
        for student, score in scores.items()
    }
    failures: dict[str, list[str]] = {}
    for (student, name), outcome in classroom.outcomes.items():
        if name == assignment and classroom.counts(student, name):
            for result in outcome.cells:
                if result.status not in NOT_REACHED:
                    failures.setdefault(result.cell, []).append(result.message)
    reports = []
    for item in all_items:
        cells = {
            student: score.cells[item.cell] for student, score in scores.items() if item.cell in score.cells
        }
        points = {student: cell.points for student, cell in cells.items() if not cell.waits}
        rest = {
            student: totals[student] - (cells[student].points if item.cell in automatic else 0.0)
            for student in points
        }
        messages = most_frequent(failures.get(item.cell, []), MESSAGES)
        reports.append(
            ItemReport(
                item=item,
                statistics=item_statistics(points, item.max_points, rest),
                waiting=len(cells) - len(points),
                messages=tuple(messages),
            )
        )
    return reports
