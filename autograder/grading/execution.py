"""Execute a rebuilt submission: the student's cells in a kernel, the test cells here."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.course import cells
from autograder.course.given import Surroundings
from autograder.course.modules import PACKAGES
from autograder.course.regions import Regions
from autograder.errors import CellTimeout, KernelDied
from autograder.grading.follow_through import copied, second_try
from autograder.grading.outputs import as_stdout, error_output, outputs_of
from autograder.grading.plan import not_executed
from autograder.grading.results import CellResult, Execution
from autograder.grading.task import Task
from autograder.kernel.kernel import Kernel
from autograder.kernel.limits import Limits
from autograder.kernel.outputs import OutputCollector
from autograder.text import listed
from autograder.verdict.disclosure import what_was_raised
from autograder.verdict.folder import folder_of
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status, Verdict

__all__ = ["execute"]

OUTPUTS_PER_NOTEBOOK = 8
"""A whole submission's outputs may be this many times as long as one cell's."""
NOT_DEFINED = re.compile(r"^(?:your code raised NameError: )?name '(\w{1,100})' is not defined")
NO_ROOM = "[not kept: this notebook has printed too much]\n"


def execute(task: Task, open_kernel: Callable[[Limits], Kernel]) -> Execution:
    """Run all cells of a notebook in order and judge its grade cells.

    A kernel that dies or hangs costs the cell that was running. The next cell gets a new
    kernel in which the student's earlier cells have been run again, without that one.

    Args:
        open_kernel: Starts an empty kernel, within what is left of the submission's limits; it has the files already.
    """
    notes = task.notebook.metadata.get("autograder", {})
    given, ran = notes.get("given_code", ()), notes.get("submitted_outputs", ())
    skipped = frozenset() if task.everything else not_executed(task.notebook, given, ran)
    with folder_of(task.files) as folder:
        return _Run(task, open_kernel, skipped, folder).execute()


class _Run:
    def __init__(
        self,
        task: Task,
        open_kernel: Callable[[Limits], Kernel],
        skipped: frozenset[str],
        folder: Path,
        values: dict[str, Any] | None = None,
        met_hidden: bool = False,
    ) -> None:
        self.task = task
        self.notebook = task.notebook
        self.limits = task.limits
        self.open_kernel = open_kernel
        self.skipped = skipped
        self.folder = folder
        self.shipped = frozenset(name for name, _ in task.files)
        self.answers = dict(task.answers)
        self.kernel: Kernel | None = None
        self.history: list[NotebookNode] = []
        self.stopped: dict[str, str] = {}  # a cell that did not run to its end -> what stopped it
        self.starts = 0
        self.began = time.monotonic()
        self.cpu_seconds = 0.0  # of kernels that have ended
        self.waiting_seconds = 0.0
        self.cell_seconds = 0.0
        self.outputs: dict[str, list] = {}
        self.room = self.limits.output_bytes * OUTPUTS_PER_NOTEBOOK
        self.results: list[CellResult] = []
        self.notes = self.notebook.metadata.get("autograder", {})
        self.regions = Regions.of_notes(self.notes)
        self.values = values or {}  # what test cells have given to names of theirs
        self.values_before: dict[str, dict[str, Any]] = {}  # of each test that follows through
        self.met_hidden = met_hidden  # whether the student's code may have kept hidden inputs
        self.problems: dict[str, list[str]] = {}  # what happened -> the cells where it did

    def execute(self) -> Execution:
        try:
            for cell in self.notebook.cells:
                if cells.is_test(cell):
                    self.judge(cell)
                elif cells.is_written(cell):
                    points = cells.points(cell)
                    self.results.append(
                        CellResult(
                            cell=cells.grade_id(cell), status=Status.MANUAL, points=None, max_points=points
                        )
                    )
                    if cell.cell_type == "code":
                        self.run(cell)
                elif cell.cell_type == "code":
                    self.run(cell)
            if self.answers:
                for cell in filter(cells.follows_through, self.notebook.cells):
                    self.follow_through(cell)
        finally:
            self.drop_kernel()
        return Execution(
            cells=tuple(self.results),
            outputs=self.outputs,
            seconds=time.monotonic() - self.began,
            cell_seconds=self.cell_seconds,
            sandboxed=self.task.sandboxed,
            problems=tuple(f"{what} (in {listed(places, 3)})" for what, places in self.problems.items()),
            not_executed=tuple(cell.id for cell in self.notebook.cells if cell.id in self.skipped),
        )

    def run(self, cell: NotebookNode) -> None:
        """Run one of the student's cells (or one given to the student)."""
        if not cell.source.strip() or cell.id in self.skipped:
            return
        started = None
        try:
            kernel = self.ready_kernel(self.limits.cell_seconds)
            started = time.monotonic()
            run = kernel.run(cell.source)
            self.keep(cell, run.outputs)
            self.history.append(cell)
            if run.error is not None:
                self.stopped[cell.id] = what_was_raised(run, self.met_hidden, cell.source)
        except (CellTimeout, KernelDied) as error:
            self.keep(cell, self.kernel.collector.outputs if self.kernel else [])
            self.outputs[cell.id].append(error_output(type(error).__name__, str(error)))
            self.give_up(cell, error)
        if started is not None:
            self.cell_seconds += time.monotonic() - started

    def judge(self, cell: NotebookNode) -> None:
        """Run one test cell."""
        name = cells.grade_id(cell)
        if self.answers and cells.follows_through(cell):
            self.values_before[name] = copied(self.values)
        try:
            kernel = self.ready_kernel(self.limits.test_seconds)
            kernel.collector = OutputCollector(self.limits.output_bytes)
            verdict = run_test_cell(
                cell.source,
                kernel,
                name,
                seconds=self.limits.check_seconds,
                seed=self.task.seed,
                tested=self.met_hidden,
                points=cells.points(cell),
                given=self.given(name),
                regions=self.regions,
                sources=[cell.source for cell in self.history],
                folder=self.folder,
                shipped=self.shipped,
                values=self.values,
                memory=self.limits.memory_bytes,
            )
        except CellTimeout as error:
            verdict = Verdict(status=Status.TIMEOUT, message=str(error))
        except KernelDied as error:
            verdict = Verdict(status=Status.KERNEL_DIED, message=str(error))
        self.cell_seconds += verdict.seconds
        shown = self.kernel.collector.outputs if self.kernel else []
        outputs = self.keep(cell, [as_stdout(output) for output in shown])
        message = verdict.message
        if found := NOT_DEFINED.search(message):
            message = self.why_missing(found[1]) or message
        outputs += outputs_of(verdict, message)
        if verdict.status in (Status.TIMEOUT, Status.KERNEL_DIED):
            self.problems.setdefault(verdict.message, []).append(name)
            self.drop_kernel()
        self.leave(name)
        self.met_hidden |= self.may_hide(cell.source)
        status = verdict.status
        if status is not Status.PASSED and name in self.notes.get("tests_of_missing_answers", ()):
            status = Status.MISSING
        if verdict.points is not None:
            points = verdict.points
        else:
            points = cells.points(cell) if status is Status.PASSED else 0.0
        self.results.append(
            CellResult(
                cell=name,
                status=status,
                points=points,
                max_points=cells.points(cell),
                message=message,
                trace=verdict.trace,
                seconds=round(verdict.seconds, 4),
                records=verdict.records,
                hidden=verdict.hidden,
                behaviour=verdict.behaviour,
            )
        )

    def follow_through(self, test: NotebookNode) -> None:
        """Make a test that failed once more, with the reference in the place of wrong earlier answers."""
        name = cells.grade_id(test)
        place = [result.cell for result in self.results].index(name)
        if self.results[place].status in (Status.PASSED, Status.MISSING):
            return
        failed = {result.cell for result in self.results if result.status is not Status.PASSED}
        left = {result.cell: self.given(result.cell).left for result in self.results}
        again = second_try(self.notebook, test, failed, self.answers, left)
        self.drop_kernel()
        if again is None or self.seconds_left() <= 0:
            return
        limits = replace(self.limits, notebook_seconds=self.seconds_left())
        run = _Run(
            replace(self.task, notebook=again.notebook, limits=limits, answers=()),
            self.open_kernel,
            self.skipped,
            self.folder,
            values=self.values_before[name],
            met_hidden=True,  # its code may know the reference's now
        )
        execution = run.execute()
        self.cpu_seconds += run.cpu_seconds
        self.waiting_seconds += run.waiting_seconds
        self.cell_seconds += run.cell_seconds
        [result] = (one for one in execution.cells if one.cell == name)
        if (result.points or 0) > (self.results[place].points or 0):  # a message could quote the reference
            self.results[place] = replace(result, replaced=again.replaced)
            self.outputs[test.id] = execution.outputs[test.id]

    def keep(self, cell: NotebookNode, outputs: list) -> list:
        """Keep a cell's outputs as long as there is room: each cell's are bounded, but not their number."""
        size = len(json.dumps(outputs))
        if size > self.room:
            outputs = [nbformat.v4.new_output("stream", name="stdout", text=NO_ROOM)]
        else:
            self.room -= size
        self.outputs[cell.id] = list(outputs)
        return self.outputs[cell.id]

    def may_hide(self, source: str) -> bool:
        """Whether a test cell has inputs that students do not read in it."""
        return self.regions.hidden[0] in source or any(package in source for package in PACKAGES)

    def given(self, name: str) -> Surroundings:
        """What the instructor's other cells give to a test cell."""
        return Surroundings.of_notes(self.notes.get("surroundings", {}).get(name, {}))

    def leave(self, name: str) -> None:
        """Give the student's later cells what this test cell has imported before their eyes."""
        left = self.given(name).left
        if left and self.kernel is not None and self.kernel.broken is None:
            try:
                self.kernel.run(left)
                self.history.append(nbformat.v4.new_code_cell(left))
            except (CellTimeout, KernelDied):
                self.drop_kernel()

    def ready_kernel(self, seconds: float) -> Kernel:
        """The kernel, started again where it died; it may use this many CPU seconds from now.

        Raises:
            CellTimeout: The submission's whole time is used up.
            KernelDied: It has died too often, or cannot be started.
        """
        if self.seconds_left() <= 0:
            raise CellTimeout.of_the_whole(self.limits.notebook_seconds)
        while self.kernel is None:
            if self.starts > self.limits.restarts:
                raise KernelDied.because("it had ended too often, and was not started again")
            self.starts += 1
            self.kernel = self.open_kernel(replace(self.limits, notebook_seconds=self.seconds_left()))
            self.run_again(self.kernel)
        self.kernel.limit_time(min(self.seconds_left(), seconds))
        return self.kernel

    def run_again(self, kernel: Kernel) -> None:
        """Bring a new kernel to where the last one was; a cell that ends this one, too, is left out from now on."""
        for cell in self.history:
            try:
                kernel.limit_time(min(self.seconds_left(), self.limits.cell_seconds))
                kernel.run(cell.source)
            except (CellTimeout, KernelDied) as error:
                self.history.remove(cell)
                self.give_up(cell, error)
                return

    def give_up(self, cell: NotebookNode, error: Exception) -> None:
        """Note that a cell has ended its kernel."""
        self.stopped[cell.id] = str(error)
        self.problems.setdefault(str(error), []).append(cells.called(cell))
        self.drop_kernel()

    def why_missing(self, name: str) -> str | None:
        """Why a name does not exist, where the cell that should define it was stopped."""
        for cell in reversed(self.notebook.cells):
            if cell.id in self.stopped and name in cells.defined_names(cell.source):
                if not self.stopped[cell.id].removeprefix("NotImplementedError").strip(": "):
                    return "not answered yet: the placeholder is still there"
                return f"'{name}' is not defined, because its cell '{cell.id}' was stopped: {self.stopped[cell.id]}"
        return None

    def seconds_left(self) -> float:
        """Of the submission's whole time: that of the processor, or that of waiting if less of it is left."""
        cpu, waiting = self.cpu_seconds, self.waiting_seconds
        if self.kernel is not None:
            cpu, waiting = cpu + self.kernel.cpu_seconds, waiting + self.kernel.waiting_seconds
        return self.limits.notebook_seconds - max(cpu, waiting)

    def drop_kernel(self) -> None:
        if self.kernel is not None:
            self.kernel.close()
            self.cpu_seconds += self.kernel.cpu_seconds
            self.waiting_seconds += self.kernel.waiting_seconds
            self.kernel = None
