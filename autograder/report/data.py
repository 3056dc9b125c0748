"""What the report says of a class, for other programs."""

from __future__ import annotations

from typing import Any

from autograder.collecting.beforehand import Standing
from autograder.report.attention import attention
from autograder.report.classroom import Classroom
from autograder.report.early import early
from autograder.report.items import items
from autograder.report.rows import rows

__all__ = ["data"]


def data(classroom: Classroom) -> dict[str, Any]:
    """The parts of the report by name."""
    reports = {name: items(classroom, name) for name in classroom.assignments}
    return {
        "assignments": classroom.assignments,
        "nobody_has_submitted": classroom.empty,
        "attention": attention(classroom, reports),
        "requests": classroom.requests,
        "items": reports,
        "early": [
            {
                "assignment": question.assignment,
                "cell": question.cell,
                "answers": [_answer(student, standing) for student, standing in question.answers],
            }
            for question in early(classroom)
        ],
        "students": rows(classroom),
    }


def _answer(student: str, standing: Standing | None) -> dict[str, Any]:
    """An answer that could come before the results: "before", "changed", "removed", "with" them, or "none"."""
    return {
        "student": student,
        "when": standing.when.name.lower() if standing else "none",
        "handed_in": standing.first.at if standing else None,
        "or_earlier": bool(standing and standing.first.collected),
        "changed": standing.changed.at if standing and standing.changed else None,
    }
