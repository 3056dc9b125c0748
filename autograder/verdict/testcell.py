"""Run one test cell in the grader, with proxies for the student's names."""

from __future__ import annotations

import ast
import asyncio
import builtins
import contextlib
import io
import linecache
import os
import random
import sys
import threading
import time
import types
import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch

from autograder.boundary.channel import Channel
from autograder.boundary.current import use_student
from autograder.boundary.held import copied
from autograder.boundary.named_files import NamedFiles
from autograder.boundary.student import Student
from autograder.boundary.texts import has_text, names_path, spells
from autograder.checking.records import Table, collecting
from autograder.checking.seeds import DEFAULT_SEED, seeded
from autograder.course.given import Surroundings
from autograder.course.names import free, of_test
from autograder.course.regions import DEFAULT, Regions
from autograder.course.writing import files_named
from autograder.errors import CellTimeout, KernelDied
from autograder.kernel.limits import Limits
from autograder.verdict.behaviour import behaviour
from autograder.verdict.credit import NotPoints, asking, compiled, points_of
from autograder.verdict.deadline import within
from autograder.verdict.evaluating import EvaluationError, evaluating_nothing_of_the_students
from autograder.verdict.event_loop import evaluated
from autograder.verdict.folder import working_in
from autograder.verdict.importing import import_submodules
from autograder.verdict.memory import at_most
from autograder.verdict.namespace import OVERRIDES, seeding_both, showing_sources, standing_for_main
from autograder.verdict.stopped import GIVEN, StoppedCell
from autograder.verdict.verdict import Status, Verdict

__all__ = ["run_test_cell"]


def run_test_cell(
    source: str,
    channel: Channel,
    name: str = "test",
    seconds: float = Limits.check_seconds,
    seed: int = DEFAULT_SEED,
    tested: bool = False,
    points: float = 1.0,
    given: Surroundings | None = None,
    regions: Regions = DEFAULT,
    sources: Sequence[str] = (),
    folder: Path | None = None,
    shipped: Collection[str] = (),
    values: dict[str, Any] | None = None,
    memory: int = Limits.memory_bytes,
) -> Verdict:
    """Execute a test cell's source here; names that it does not define are the student's.

    Args:
        source: The trusted source, hidden tests included.
        channel: The way into the kernel in which the student's cells have run.
        name: The cell's id, for messages.
        seconds: CPU seconds of the checks' own work.
        seed: Decides the hidden inputs.
        tested: Whether the student's code has met hidden inputs in a test before.
        points: The most that it may give.
        given: What it takes from other cells of the instructor's.
        regions: The delimiters of hidden tests.
        sources: The student's cells that have run, for `inspect.getsource`.
        folder: Where it runs, with what the assignment ships; where this process does if it is not given.
        shipped: The names of these files.
        values: What earlier test cells of the notebook have given to their names; this one's are added.
        memory: Bytes that the checks may take.

    Returns:
        The verdict. Whatever happens is a verdict; only exact success is `passed`.
    """
    given = given or Surroundings()
    source = of_test(source)
    filename = f"<{name}>"
    cell = _Cell(
        source=source,
        filename=filename,
        given=given,
        sources=sources,
        folder=folder,
        shipped=shipped,
        values={} if values is None else values,
    )
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    printed = io.StringIO()
    started = time.monotonic()
    hidden_from = regions.first_hidden_line(source)
    thread = threading.get_ident()
    student = Student(
        channel,
        source,
        lambda: tested or _reached(filename, hidden_from, len(source.splitlines()), thread),
        files=frozenset([filename, GIVEN]),
        shipped=f"{folder}{os.sep}" if folder else None,
        classes=frozenset(given.classes),
    )
    records: dict[str, Table] = {}
    stopped: StoppedCell | None = None

    def stopped_by(error: BaseException) -> StoppedCell:
        return StoppedCell(error, source, filename, hidden_from)

    _seed(seed)
    try:
        with collecting() as records, seeded(seed), at_most(memory):
            earned = within(seconds, lambda: _run(cell, student, printed, points))
        if channel.broken is not None:
            raise channel.broken
        verdict = _earned(earned, points)
    except CellTimeout as error:
        stopped, verdict = stopped_by(error), Verdict(status=Status.TIMEOUT, message=str(error))
    except KernelDied as error:
        stopped, verdict = stopped_by(error), Verdict(status=Status.KERNEL_DIED, message=str(error))
    except (NotPoints, EvaluationError) as error:
        verdict = Verdict(status=Status.ERROR, message=str(error))
    except BaseException as error:
        stopped = stopped_by(error)
        verdict = stopped.verdict()
    finally:
        channel.serve = None
        linecache.cache.pop(filename, None)
    return replace(
        verdict,
        printed=printed.getvalue(),
        seconds=time.monotonic() - started,
        records=records,
        withheld="\n".join(student.withheld),
        hidden=stopped is not None and regions.hidden[0] in source and stopped.is_behind,
        behaviour=_behaviour(student, verdict),
    )


def _behaviour(student: Student, verdict: Verdict) -> tuple[str, ...]:
    match verdict.status:
        case Status.FAILED:
            return behaviour(student.crossed, student.wrong_call, verdict.message)
        case (
            Status.ERROR
        ):  # what the student's code raised has crossed; how much of it is told depends on earlier tests
            return behaviour(student.crossed, student.wrong_call)
        case _:
            return ()


def _reached(filename: str, line: int, last: int, thread: int) -> bool:
    """Whether a cell that a thread is executing has come to a line; where that cannot be told, it has if there is such a line."""
    frame: FrameType | None = sys._getframe(1)
    whole = False
    while frame is not None:
        if frame.f_code.co_filename == filename:
            if frame.f_lineno >= line:
                return True
            whole = whole or frame.f_code.co_name == "<module>"
        frame = frame.f_back
    # a task of the cell's own, which itself waits for another, or a thread
    apart = asyncio._get_running_loop() is not None or threading.get_ident() != thread
    return line <= last and apart and not whole


@dataclass(frozen=True, kw_only=True)
class _Cell:
    source: str
    filename: str
    given: Surroundings
    sources: Sequence[str]
    folder: Path | None
    shipped: Collection[str]
    values: dict[str, Any]

    @property
    def whole(self) -> str:
        """The source, behind what the grader gives to it."""
        return f"{self.given.prelude}\n{self.source}"

    @property
    def own_files(self) -> set[str]:
        """Of what the assignment ships the files that are no answer's to write."""
        return set(self.shipped).difference(self.given.written)

    def is_own(self, filename: str) -> bool:
        """Whether code of this file name is the test cell's, or of what it takes from the assignment."""
        return filename in (self.filename, GIVEN) or (
            self.folder is not None and filename.startswith(f"{self.folder}{os.sep}")
        )

    def is_outside(self, path: str) -> bool:
        """Whether a path leads out of this folder."""
        return self.folder is None or not os.path.realpath(path).startswith(
            f"{self.folder.resolve()}{os.sep}"
        )

    def is_shipped(self, path: str) -> bool:
        """Whether an absolute path is none of this folder, or of a file that is no answer's and no test's."""
        inside = f"{self.folder}{os.sep}"
        return not path.startswith(inside) or path.removeprefix(inside) in self.own_files


def _earned(points: float, most: float) -> Verdict:
    if points == most:
        return Verdict(status=Status.PASSED)
    return Verdict(
        status=Status.FAILED, message=f"partly right: {points:g} of {most:g} points", points=points
    )


def _run(cell: _Cell, student: Student, printed: io.StringIO, points: float) -> float:
    """Execute the cell; the points that it gives."""
    given = cell.given
    program = compiled(cell.source, cell.filename, given.prelude, given.read, given.carried, given.replaced)
    module = types.ModuleType("__main__")
    errors = io.StringIO()
    namespace = vars(module)
    with (
        working_in(cell.folder, given.folders),
        use_student(student),
        standing_for_main(module),
        seeding_both(student, cell.filename),
        showing_sources(student, cell.sources),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(errors),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        student.filters = list(warnings.filters)
        own = {name for name in given.replaced if "." not in name and not hasattr(builtins, name)}
        names = sorted(free(cell.whole).union(own, given.read) - set(OVERRIDES))
        if cell.folder is not None:
            files = NamedFiles(files_named(cell.whole).union(given.named) - cell.own_files, cell.folder)
            student.files = files if files.names else None
        namespace.update(__builtins__=builtins, **OVERRIDES)
        later = {*given.carried, *given.kept}
        student.go_on_with(value for name, value in cell.values.items() if name in later)
        namespace.update(student.look_up(names) if names or student.files else {})
        exec(compile(asking(given.prelude, GIVEN), GIVEN, "exec", dont_inherit=True), namespace)
        import_submodules(ast.parse(cell.whole))
        for name, imported_from, attribute in given.imported:
            if name in namespace and not student.has(name, imported_from, attribute):
                del namespace[name]
        for name in cell.values.keys() & given.carried:
            value = cell.values[name]
            # what the student's code leaves in it is no later cell's
            namespace[name] = copied(value) if name in program.changed else value
        before = dict(namespace)
        if given.replaced or given.handed:
            student.watch((*given.replaced, *given.handed), namespace)
        if program.changed:
            student.change(program.changed, namespace)
        if given.handed:
            student.hand_over(given.handed, namespace, given.read)
        spelled = spells(cell.whole)
        try:
            with evaluating_nothing_of_the_students(
                cell.whole,
                cell.is_own,
                lambda: student.has_told(spelled) or has_text(cell.values, spelled),
                cell.is_shipped,
                lambda path: cell.is_outside(path) and names_path(student.crossed, path),
            ):
                value = evaluated([program.body, *([program.last] if program.last else [])], namespace)
        finally:
            kept = _kept(namespace, before)
            cell.values.update({name: kept[name] for name in kept.keys() - program.spoilt})
            if given.handed or given.left_values:
                student.leave(given.left_values, namespace)
        student.finish()
    if errors.getvalue():
        raise AssertionError(
            "the test cell has written to standard error, which nbgrader counts as failed: "
            f"{errors.getvalue().strip().splitlines()[-1]}"
        )
    return points_of(value, program.students, points)


def _kept(namespace: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What a test cell has given to names, but for code."""
    return {
        name: value
        for name, value in namespace.items()
        if value is not before.get(name, namespace)
        and not isinstance(value, (type, types.FunctionType, types.ModuleType))
    }


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)
