"""Every exception that the kit raises: what happened, what was expected, what to do next."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "TOLD_IN_ONE_SENTENCE",
    "ArchiveError",
    "BoundaryError",
    "CellTimeout",
    "CheckFailed",
    "CourseError",
    "GraderBusy",
    "KernelDied",
    "MistakesError",
    "ReleaseError",
    "SandboxUnavailable",
    "SourceError",
    "StudentError",
    "SubmissionError",
    "UnclearName",
]


class BoundaryError(ValueError):
    """Something may not, or cannot, cross between the grader and the student's kernel."""

    @classmethod
    def not_sent(cls, what: str) -> BoundaryError:
        """The grader tried to send an object that must stay with the grader."""
        return cls(
            f"{what} belongs to the grader and is never sent to the student's kernel; "
            "send library objects (torch, numpy, builtins) or plain data"
        )

    @classmethod
    def not_understood(cls, why: str) -> BoundaryError:
        """A reply of the student's kernel is not in the wire format."""
        return cls(f"the student's kernel sent something that is not plain data: {why}")

    @classmethod
    def too_large(cls, what: str, got: int, limit: int) -> BoundaryError:
        """A reply of the student's kernel is over a limit of the wire format."""
        return cls(f"the student's code returned too much: {what} {got:,}, the limit is {limit:,}")


class StudentError(Exception):
    """The student's code raised an exception whose type is not a builtin one, or is unsafe to raise."""


class CheckFailed(AssertionError):
    """A hidden check found the student's answer wrong; the message is written for the student."""


class CellTimeout(TimeoutError):
    """The student's code took longer than the cell allows."""

    @classmethod
    def after(cls, seconds: float) -> CellTimeout:
        """The code has computed for as many seconds as the cell may."""
        return cls(
            f"stopped after {seconds:g} s of computing, the limit of this cell: is there an endless loop?"
        )

    @classmethod
    def waiting(cls, seconds: float) -> CellTimeout:
        """The code has done nothing for as many seconds as the cell may."""
        return cls(
            f"stopped after {seconds:g} s of waiting, the limit of this cell: does it sleep, or wait for something "
            "that never comes?"
        )

    @classmethod
    def of_the_whole(cls, seconds: float) -> CellTimeout:
        """The cell was not run, as the submission has used all its time."""
        return cls(f"not run: the whole submission has used its {seconds:g} s")

    @classmethod
    def of_the_check(cls, seconds: float) -> CellTimeout:
        """What the student's code returned has kept the check itself busy for too long."""
        return cls(
            f"what the code returned could not be checked within {seconds:g} s of computing: is it larger than was "
            "asked for?"
        )


class KernelDied(ConnectionError):
    """The process that ran the student's code ended while it was needed."""

    @classmethod
    def because(cls, reason: str) -> KernelDied:
        """The reason is what the process's own supervisor saw: a signal, or a limit that was passed."""
        return cls(f"the process that runs the student's code ended: {reason}")


class SandboxUnavailable(RuntimeError):
    """A sandbox was required and this machine cannot make one."""


class SourceError(ValueError):
    """An instructor's notebook in source/ breaks a rule; the message names the cell."""

    @classmethod
    def at(cls, notebook: str, cell: str, what: str) -> SourceError:
        """Names the notebook and the cell, then says what is wrong and what to do."""
        return cls(f"source notebook '{notebook}', cell '{cell}': {what}")


class MistakesError(ValueError):
    """The known answers of an assignment, in mistakes/, are not in the format, or do not fit its notebook."""

    @classmethod
    def at(cls, file: str, line: int, place: Sequence[str], what: str) -> MistakesError:
        """Names the file, the line where one is known, the cell and the answer's name, then says what is wrong."""
        where = f"{file}, line {line}" if line else file
        named = [f"{kind} '{name}'" for kind, name in zip(("cell", "answer"), place, strict=False)]
        return cls(": ".join(filter(None, (where, ", ".join(named), what))))


class ReleaseError(ValueError):
    """A built release would show students what they must not see."""


class SubmissionError(ValueError):
    """A submitted file cannot be read as a notebook; the message says why in one sentence."""


class CourseError(ValueError):
    """The course folder, or a name given for something in it, is not what was expected."""


class GraderBusy(RuntimeError):
    """Another grader is at work in the same course folder."""


class ArchiveError(ValueError):
    """What was given to collect from cannot be read as an archive or a folder of submissions."""


class UnclearName(ValueError):
    """The name of a submitted file does not say for certain whose it is, or what; the message says why."""


TOLD_IN_ONE_SENTENCE = (
    ArchiveError,
    ConnectionError,
    CourseError,
    GraderBusy,
    MistakesError,
    ReleaseError,
    SandboxUnavailable,
    SourceError,
)
"""What ends a command with its message and status 2, and no traceback."""
