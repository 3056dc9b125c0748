"""What stopped a test cell, in words for the student that tell nothing of a hidden test."""

from __future__ import annotations

import os
import traceback

from autograder.boundary.withheld import ONLY_FOR_MARKERS
from autograder.text import clean_text
from autograder.verdict.disclosure import about_package
from autograder.verdict.importing import PLACE
from autograder.verdict.verdict import Status, Verdict

__all__ = ["DOES_NOT_HOLD", "GIVEN", "StoppedCell"]

DOES_NOT_HOLD = "this does not hold"
"""What the message begins with where an assertion without one has failed."""

GIVEN = "<given>"
"""The file name of what the grader gives to a test cell, in tracebacks."""
CHECKS = f"{PLACE}checks/"
KIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class StoppedCell:
    """A test cell that something stopped.

    Args:
        hidden_from: The first line of its hidden tests.
    """

    def __init__(self, error: BaseException, source: str, filename: str, hidden_from: int) -> None:
        self.error = error
        self.source = source
        self.filename = filename
        self.hidden_from = hidden_from
        frames = traceback.extract_tb(error.__traceback__)
        self.files = [frame.filename for frame in frames]
        self.lines = [frame.lineno or 0 for frame in frames if frame.filename == filename]

    @property
    def is_behind(self) -> bool:
        """Whether the cell had come to its hidden tests; where that cannot be told, it had."""
        return not self.lines or self.lines[0] >= self.hidden_from

    def verdict(self) -> Verdict:
        """What it says of the student's code."""
        error = self.error
        trace = getattr(error, "student_traceback", "")
        message = clean_text(str(error))
        if hasattr(error, "student_type"):
            if error.student_type == "NotImplementedError" and not message:
                return Verdict(
                    status=Status.FAILED,
                    message="not answered yet: the placeholder is still there",
                    trace=trace,
                )
            shown = message if message.startswith(error.student_type) else f"{error.student_type}: {message}"
            shown = shown.replace(f": {ONLY_FOR_MARKERS}", f" {ONLY_FOR_MARKERS}")
            return Verdict(
                status=Status.ERROR, message=f"your code raised {shown}{about_package(shown)}", trace=trace
            )
        quoted = self.may_be_quoted
        if isinstance(error, AssertionError):
            return Verdict(status=Status.FAILED, message=message if message and quoted else self.failed_line)
        if isinstance(error, NameError):
            return Verdict(
                status=Status.ERROR, message=f"{message}: did the cell that defines it run without an error?"
            )
        if isinstance(error, ImportError) and error.name:
            return Verdict(
                status=Status.ERROR,
                message=f"the test needs the module '{error.name}', which is not installed where it is graded",
            )
        name = type(error).__name__
        if isinstance(error, MemoryError):
            message = "what the test makes of it takes too much memory"
        return Verdict(
            status=Status.ERROR,
            message=f"the value cannot be checked ({f'{name}: {message}' if quoted else name})",
        )

    @property
    def may_be_quoted(self) -> bool:
        """Whether a message was written for the student: by the teacher, or by the kit.

        What torch, numpy or a reference solution say while a hidden test runs may contain what it
        expects (`torch.testing.assert_close` and a size that does not match do).
        """
        if not self.lines or self.lines[-1] < self.hidden_from:
            return True
        if isinstance(self.error, AssertionError):
            return self.files[-1] == self.filename or self.files[-1].startswith((KIT, CHECKS, GIVEN))
        return self.files[-1].startswith(os.path.join(KIT, "boundary"))

    @property
    def failed_line(self) -> str:
        """The assertion without a message that failed, unless it is a hidden one."""
        if self.lines and 0 < self.lines[-1] < self.hidden_from:
            return f"{DOES_NOT_HOLD}: {self.source.splitlines()[self.lines[-1] - 1].strip()}"
        return "a hidden check does not hold"
