"""Run one test cell in the grader, with proxies for the student's names."""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import random
import sys
import time
import traceback
import warnings
from dataclasses import dataclass, field, replace
from types import FrameType

import numpy as np
import torch

from autograder.boundary.proxy import Channel, Student, use_student
from autograder.boundary.wire import clean_text
from autograder.boundary.withheld import ONLY_FOR_MARKERS
from autograder.checking.records import Table, collecting
from autograder.checking.seeds import DEFAULT_SEED, seeded
from autograder.course import names
from autograder.errors import CellTimeout, KernelDied
from autograder.grading.behaviour import behaviour
from autograder.grading.deadline import within
from autograder.grading.importing import PLACE
from autograder.grading.results import Status
from autograder.kernel.limits import Limits

__all__ = ["Verdict", "run_test_cell"]

HIDDEN_LINE = "BEGIN HIDDEN TESTS"
CHECKS = f"{PLACE}checks/"
KIT = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


@dataclass(frozen=True)
class Verdict:
    """What a test cell found.

    Attributes:
        status: passed, failed, error, timeout or kernel-died.
        message: What is wrong, for the student; empty where it passed.
        trace: The traceback of the student's own code, where that raised.
        printed: What the test cell itself printed.
        seconds: Wall-clock time.
        records: Tables that the test cell kept for the class report.
        withheld: What the student's code raised, where that may carry hidden inputs: for markers only.
        hidden: Whether the part that students see had passed before.
        behaviour: Of a test that found something wrong, see `autograder.grading.behaviour`.
    """

    status: Status
    message: str = ""
    trace: str = ""
    printed: str = ""
    seconds: float = 0.0
    records: dict[str, Table] = field(default_factory=dict)
    withheld: str = ""
    hidden: bool = False
    behaviour: tuple[str, ...] = ()


def run_test_cell(
    source: str,
    channel: Channel,
    name: str = "test",
    seconds: float = Limits.check_seconds,
    seed: int = DEFAULT_SEED,
    tested: bool = False,
) -> Verdict:
    """Execute a test cell's source here; names that it does not define are the student's.

    Args:
        source: The trusted source, hidden tests included.
        channel: The way into the kernel in which the student's cells have run.
        name: The cell's id, for messages.
        seconds: CPU seconds of the checks' own work.
        seed: Decides the hidden inputs.
        tested: Whether the student's code has met hidden inputs in a test before.

    Returns:
        The verdict. Whatever happens is a verdict; only exact success is `passed`.
    """
    filename = f"<{name}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    printed = io.StringIO()
    started = time.monotonic()
    hidden_from = _first_hidden_line(source)
    student = Student(channel, source, lambda: tested or _reached(filename, hidden_from))
    records: dict[str, Table] = {}
    raised: BaseException | None = None
    _seed(seed)
    try:
        with collecting() as records, seeded(seed):
            within(seconds, lambda: _run(source, filename, student, printed))
        if channel.broken is not None:
            raise channel.broken
        verdict = Verdict(Status.PASSED)
    except CellTimeout as error:
        raised, verdict = error, Verdict(Status.TIMEOUT, str(error))
    except KernelDied as error:
        raised, verdict = error, Verdict(Status.KERNEL_DIED, str(error))
    except BaseException as error:
        raised, verdict = error, _fault(error, source, filename)
    finally:
        linecache.cache.pop(filename, None)
    return replace(
        verdict,
        printed=printed.getvalue(),
        seconds=time.monotonic() - started,
        records=records,
        withheld="\n".join(student.withheld),
        hidden=raised is not None and _is_behind(raised, filename, hidden_from, source),
        behaviour=behaviour(student.crossed) if verdict.status in (Status.FAILED, Status.ERROR) else (),
    )


def _is_behind(error: BaseException, filename: str, line: int, source: str) -> bool:
    """Whether a cell with hidden tests had come to them when it failed; where that cannot be told, it had."""
    places = [
        frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename
    ]
    return HIDDEN_LINE in source and (not places or places[0] >= line)


def _reached(filename: str, line: int) -> bool:
    """Whether a cell that is being executed has come to a line."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == filename and frame.f_lineno >= line:
            return True
        frame = frame.f_back
    return False


def _run(source: str, filename: str, student: Student, printed: io.StringIO) -> None:
    with (
        use_student(student),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        wanted = sorted(names.free(source))
        namespace = {"__name__": "__main__", **(student.look_up(wanted) if wanted else {})}
        exec(compile(source, filename, "exec"), namespace)


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def _fault(error: BaseException, source: str, filename: str) -> Verdict:
    trace = getattr(error, "student_traceback", "")
    message = clean_text(str(error))
    if hasattr(error, "student_type"):
        if error.student_type == "NotImplementedError" and not message:
            return Verdict(Status.FAILED, "not answered yet: the placeholder is still there", trace)
        shown = message if message.startswith(error.student_type) else f"{error.student_type}: {message}"
        shown = shown.replace(f": {ONLY_FOR_MARKERS}", f" {ONLY_FOR_MARKERS}")
        return Verdict(Status.ERROR, f"your code raised {shown}", trace)
    quoted = _may_be_quoted(error, source, filename)
    if isinstance(error, AssertionError):
        return Verdict(
            Status.FAILED, message if message and quoted else _failed_line(error, source, filename)
        )
    if isinstance(error, NameError):
        return Verdict(Status.ERROR, f"{message}: did the cell that defines it run without an error?")
    name = type(error).__name__
    return Verdict(Status.ERROR, f"the value cannot be checked ({f'{name}: {message}' if quoted else name})")


def _may_be_quoted(error: BaseException, source: str, filename: str) -> bool:
    """Whether a message was written for the student: by the teacher, or by the kit.

    What torch, numpy or a reference solution say while a hidden test runs may contain what it
    expects (`torch.testing.assert_close` and a size that does not match do).
    """
    frames = traceback.extract_tb(error.__traceback__)
    places = [frame.lineno or 0 for frame in frames if frame.filename == filename]
    if not places or places[-1] < _first_hidden_line(source):
        return True
    if isinstance(error, AssertionError):
        return frames[-1].filename == filename or frames[-1].filename.startswith((KIT, CHECKS))
    return frames[-1].filename.startswith(os.path.join(KIT, "boundary"))


def _first_hidden_line(source: str) -> int:
    lines = source.splitlines()
    return next((number for number, line in enumerate(lines, 1) if HIDDEN_LINE in line), len(lines) + 1)


def _failed_line(error: BaseException, source: str, filename: str) -> str:
    """The assertion without a message that failed, unless it is a hidden one."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
    if frames and frames[-1].lineno and frames[-1].lineno < _first_hidden_line(source):
        return f"this does not hold: {source.splitlines()[frames[-1].lineno - 1].strip()}"
    return "a hidden check does not hold"
