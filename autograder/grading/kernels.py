"""The kernel of one submission: started again where it ends, within the time of the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nbformat import NotebookNode

from autograder.course import cells
from autograder.errors import CellTimeout, KernelDied
from autograder.kernel.kernel import Kernel
from autograder.kernel.limits import Limits

__all__ = ["Kernels"]


class Kernels:
    """One kernel after another, each with what the student's cells have done so far.

    Args:
        open_kernel: Starts an empty kernel, within what is left of the submission's limits.
        limits: The bounds of the submission.

    Attributes:
        running: The kernel that there is; None before the first one, and where one has ended.
        history: The cells that have run in it.
        stopped: For the ids of cells that did not run to their end, what stopped them.
        problems: What ended a kernel, and the cells that did.
        cpu_seconds: Of kernels that have ended.
        waiting_seconds: Of these, too.
    """

    def __init__(self, open_kernel: Callable[[Limits], Kernel], limits: Limits) -> None:
        self.open_kernel = open_kernel
        self.limits = limits
        self.running: Kernel | None = None
        self.history: list[NotebookNode] = []
        self.stopped: dict[str, str] = {}
        self.problems: dict[str, list[str]] = {}
        self.cpu_seconds = 0.0
        self.waiting_seconds = 0.0
        self._starts = 0

    def ready(self, seconds: float) -> Kernel:
        """The kernel, started again where it died; it may use this many CPU seconds from now.

        Raises:
            CellTimeout: The submission's whole time is used up.
            KernelDied: It has died too often, or cannot be started.
        """
        if self.seconds_left() <= 0:
            raise CellTimeout.of_the_whole(self.limits.notebook_seconds)
        while self.running is None:
            if self._starts > self.limits.restarts:
                raise KernelDied.because("it had ended too often, and was not started again")
            self._starts += 1
            self.running = self.open_kernel(replace(self.limits, notebook_seconds=self.seconds_left()))
            self._run_again(self.running)
        self.running.limit_time(min(self.seconds_left(), seconds))
        return self.running

    def _run_again(self, kernel: Kernel) -> None:
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
        self.ended(str(error), cells.called(cell))

    def ended(self, why: str, place: str) -> None:
        """Note what has ended the kernel, and in which cell."""
        self.problems.setdefault(why, []).append(place)
        self.drop()

    def seconds_left(self) -> float:
        """Of the submission's whole time: that of the processor, or that of waiting if less of it is left."""
        cpu, waiting = self.cpu_seconds, self.waiting_seconds
        if self.running is not None:
            cpu, waiting = cpu + self.running.cpu_seconds, waiting + self.running.waiting_seconds
        return self.limits.notebook_seconds - max(cpu, waiting)

    def drop(self) -> None:
        """End the kernel, where there is one."""
        if self.running is not None:
            self.running.close()
            self.cpu_seconds += self.running.cpu_seconds
            self.waiting_seconds += self.running.waiting_seconds
            self.running = None
