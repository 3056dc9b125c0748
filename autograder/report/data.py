"""What the report says of a class, for other programs."""

from __future__ import annotations

from typing import Any

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
        "early": early(classroom),
        "students": rows(classroom),
    }
