"""What a test cell found."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autograder.checking.records import Table

__all__ = ["Status", "Verdict"]


class Status(StrEnum):
    """What became of one grade cell."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    TIMEOUT = "timeout"
    KERNEL_DIED = "kernel-died"
    MISSING = "missing"
    MANUAL = "manual"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a test cell found.

    Attributes:
        status: passed, failed, error, timeout or kernel-died.
        message: What is wrong, for the student; empty where it passed.
        trace: The traceback of the student's own code, where that raised.
        printed: What the test cell itself printed.
        seconds: Wall-clock time.
        records: Tables that the test cell kept for the class report.
        points: What it gives; None for all of its points where it passed, and none where it did not.
        withheld: What the student's code raised, where that may carry hidden inputs: for markers only.
        hidden: Whether the part that students see had passed before.
        behaviour: Of a test that found something wrong, see `autograder.verdict.behaviour`.
    """

    status: Status
    message: str = ""
    trace: str = ""
    printed: str = ""
    seconds: float = 0.0
    records: dict[str, Table] = field(default_factory=dict)
    points: float | None = None
    withheld: str = ""
    hidden: bool = False
    behaviour: tuple[str, ...] = ()
