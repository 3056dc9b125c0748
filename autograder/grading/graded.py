"""What a run of the grader gives for each submission, and who takes its points."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.grading.preparation import Prepared
from autograder.grading.record import Record
from autograder.grading.results import Execution

__all__ = ["Graded", "Recorder"]


@dataclass(frozen=True, kw_only=True)
class Graded:
    """One submission after a run of the grader.

    Attributes:
        record: What became of it.
        executed: Whether it was executed now, and not taken from what was kept.
        unchanged: Whether there was nothing to do: its record and the gradebook had all of it.
        recorded: Whether its points are in the gradebook; otherwise the gradebook was left as it was.
        notices: What recording it led to that a person has to look at, one sentence each.
        score_before: The score in the gradebook before, where there was one and it is another now.
        score_now: The score in the gradebook now, where it has changed.
        kept: Points that stay of an earlier submission, beyond what this one's tests give.
    """

    record: Record
    executed: bool = False
    unchanged: bool = False
    recorded: bool = True
    notices: tuple[str, ...] = ()
    score_before: float | None = None
    score_now: float | None = None
    kept: float = 0.0

    @property
    def concerns(self) -> tuple[str, ...]:
        """What a person has to look at, one sentence each."""
        return (*self.record.concerns, *self.notices)


class Recorder(ABC):
    """Takes what grading finds to where points are kept; the gradebook's is `GradebookRecorder`."""

    @abstractmethod
    def begin(self, assignments: Sequence[str]) -> None:
        """Called once, before the first submission, with the assignments that are graded.

        Raises:
            SourceError: The points of an assignment's submissions cannot be kept.
        """

    @abstractmethod
    def is_current(self, record: Record) -> bool:
        """Called for a submission that has not changed: whether what is kept is what its record says."""

    @abstractmethod
    def record(self, prepared: Prepared, execution: Execution, record: Record) -> Graded:
        """Called for every other submission that has been executed, in the order in which they are ready.

        Returns:
            The submission with its record as it is to be kept.
        """

    @abstractmethod
    def end(self) -> None:
        """Called once, behind the last submission, also where grading was interrupted."""
