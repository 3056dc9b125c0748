"""The kit's step for grading in nbgrader's own commands."""

from __future__ import annotations

from autograder.grading.preprocessors import IsolatedExecute
from autograder.grading.record import Record

__all__ = ["ExecuteAndRecognise"]


class ExecuteAndRecognise(IsolatedExecute):
    """In the place of nbgrader's `Execute`: known mistakes are named, too, as far as it is known what they do."""

    def keep_record(self, record: Record) -> None:
        """Keep it with the mistakes."""
        # imported here, as every nbgrader command reads this file
        from autograder.mistakes.recognition import name_known

        super().keep_record(record)
        name_known(self.course(), record)
