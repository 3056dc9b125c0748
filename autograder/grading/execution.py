"""Execute a rebuilt submission: the student's cells in a kernel, the test cells here."""

from __future__ import annotations

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
from autograder.grading.kernels import Kernels
from autograder.grading.outputs import as_stdout, error_output, outputs_of
from autograder.grading.plan import not_executed
from autograder.grading.results import CellResult, Execution
from autograder.grading.task import Task
from autograder.kernel.kernel import Kernel
from autograder.kernel.limits import Limits
from autograder.kernel.outputs import OutputCollector, weight
from autograder.text import listed
from autograder.verdict.disclosure import what_was_raised
from autograder.verdict.folder import folder_of
from autograder.verdict.testcell import run_test_cell
from autograder.verdict.verdict import Status, Verdict

__all__ = ["execute"]

OUTPUTS_PER_NOTEBOOK = 8
"""A whole submission's outputs may be this many times as long as one cell's."""
NOT_DEFINED = re.compile(r"^(?:your code raised NameError: )?name '(\w{1,100})' is not defined")
CELL_MAGIC = re.compile(r"\s*(%%\w{1,40})[^\n]*\n(.*)", re.DOTALL)
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
    changed = notes.get("changed_experiments", ())
    skipped = frozenset() if task.everything else not_executed(task.notebook, given, ran, changed)
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
        self.kernels = Kernels(open_kernel, task.limits)
        self.skipped = skipped
        self.folder = folder
        self.shipped = frozenset(name for name, _ in task.files)
        self.answers = dict(task.answers)
        self.began = time.monotonic()
        self.cell_seconds = 0.0
        self.outputs: dict[str, list] = {}
        self.room = self.limits.output_bytes * OUTPUTS_PER_NOTEBOOK
        self.results: list[CellResult] = []
        self.notes = self.notebook.metadata.get("autograder", {})
        self.regions = Regions.of_notes(self.notes)
        self.values = values or {}  # what test cells have given to names of theirs
        self.values_before: dict[str, dict[str, Any]] = {}  # of each test that follows through
        self.met_hidden = met_hidden  # whether the student's code may have kept hidden inputs

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
            self.kernels.drop()
        return Execution(
            cells=tuple(self.results),
            outputs=self.outputs,
            seconds=time.monotonic() - self.began,
            cell_seconds=self.cell_seconds,
            sandboxed=self.task.sandboxed,
            problems=tuple(
                f"{what} (in {listed(places, 3)})" for what, places in self.kernels.problems.items()
            ),
            not_executed=tuple(cell.id for cell in self.notebook.cells if cell.id in self.skipped),
        )

    def run(self, cell: NotebookNode) -> None:
        """Run one of the student's cells (or one given to the student)."""
        if not cell.source.strip() or cell.id in self.skipped:
            return
        started = None
        try:
            kernel = self.kernels.ready(self.limits.cell_seconds)
            started = time.monotonic()
            run = kernel.run(cell.source)
            self.keep(cell, run.outputs)
            self.kernels.history.append(cell)
            if run.error is not None or any(output.output_type == "error" for output in run.outputs):
                self.kernels.stopped[cell.id] = what_was_raised(run, self.met_hidden, cell.source)
        except (CellTimeout, KernelDied) as error:
            self.keep(cell, self.shown())
            self.outputs[cell.id].append(error_output(type(error).__name__, str(error)))
            self.kernels.give_up(cell, error)
        if started is not None:
            self.cell_seconds += time.monotonic() - started

    def judge(self, cell: NotebookNode) -> None:
        """Run one test cell."""
        name = cells.grade_id(cell)
        if self.answers and cells.follows_through(cell):
            self.values_before[name] = copied(self.values)
        try:
            kernel = self.kernels.ready(self.limits.test_seconds)
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
                sources=[cell.source for cell in self.kernels.history],
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
        outputs = self.keep(cell, [as_stdout(output) for output in self.shown()])
        message = verdict.message
        if found := NOT_DEFINED.search(message):
            message = self.why_missing(found[1]) or message
        outputs += outputs_of(verdict, message)
        if verdict.status in (Status.TIMEOUT, Status.KERNEL_DIED):
            self.kernels.ended(verdict.message, name)
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
        self.kernels.drop()
        if again is None or self.kernels.seconds_left() <= 0:
            return
        limits = replace(self.limits, notebook_seconds=self.kernels.seconds_left())
        run = _Run(
            replace(self.task, notebook=again.notebook, limits=limits, answers=()),
            self.kernels.open_kernel,
            self.skipped,
            self.folder,
            values=self.values_before[name],
            met_hidden=True,  # its code may know the reference's now
        )
        execution = run.execute()
        self.kernels.cpu_seconds += run.kernels.cpu_seconds
        self.kernels.waiting_seconds += run.kernels.waiting_seconds
        self.cell_seconds += run.cell_seconds
        [result] = (one for one in execution.cells if one.cell == name)
        if (result.points or 0) > (self.results[place].points or 0):  # a message could quote the reference
            self.results[place] = replace(result, replaced=again.replaced)
            self.outputs[test.id] = execution.outputs[test.id]

    def shown(self) -> list:
        """What the kernel has put out for the last cell."""
        return self.kernels.running.collector.outputs if self.kernels.running else []

    def keep(self, cell: NotebookNode, outputs: list) -> list:
        """Keep a cell's outputs as long as there is room: each cell's are bounded, but not their number."""
        size = weight(outputs)
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
        kernel = self.kernels.running
        if left and kernel is not None and kernel.broken is None:
            try:
                kernel.run(left)
                self.kernels.history.append(nbformat.v4.new_code_cell(left))
            except (CellTimeout, KernelDied):
                self.kernels.drop()

    def why_missing(self, name: str) -> str | None:
        """Why a name does not exist, where the cell that should define it was stopped, or is no Python."""
        stopped = self.kernels.stopped
        ran = {cell.id for cell in self.kernels.history}
        for cell in reversed(self.notebook.cells):
            if cell.id in stopped and name in cells.defined_names(cell.source):
                if not stopped[cell.id].removeprefix("NotImplementedError").strip(": "):
                    return "not answered yet: the placeholder is still there"
                return (
                    f"'{name}' is not defined, because its cell '{cell.id}' was stopped: {stopped[cell.id]}"
                )
            magic = CELL_MAGIC.match(cell.source)
            if magic and cell.id in ran and name in cells.defined_names(magic[2]):
                return (
                    f"'{name}' is not defined, because its cell '{cell.id}' begins with '{magic[1]}': "
                    "what stands below that is not run as part of the notebook"
                )
        return None
