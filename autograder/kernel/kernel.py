"""What execution needs of a kernel, whether it is a process in a sandbox or, in tests, a namespace."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from nbformat import NotebookNode

from autograder.boundary.channel import Channel
from autograder.kernel.outputs import OutputCollector

__all__ = ["CellRun", "Kernel"]


@dataclass(frozen=True)
class CellRun:
    """What running one of the student's cells led to.

    Attributes:
        outputs: nbformat outputs, bounded.
        error: The name of the exception that the cell raised; None where it raised none.
    """

    outputs: list[NotebookNode] = field(default_factory=list)
    error: str | None = None


class Kernel(Channel):
    """A kernel with one submission's code in it.

    Attributes:
        collector: Where outputs go; execution gives each test cell one of its own.
        cpu_seconds: What all its processes have used since it was started, as far as that is known; all of
            it is behind `close`.
        waiting_seconds: How long they have done nothing, as far as that is known.
    """

    collector: OutputCollector
    cpu_seconds: float
    waiting_seconds: float

    @abstractmethod
    def limit_time(self, seconds: float) -> None:
        """Called before each cell: from now on, all runs and requests together may take so many CPU seconds.

        Raises:
            KernelDied: The process ended.
        """

    @abstractmethod
    def run(self, source: str) -> CellRun:
        """Called for each of the student's cells that is executed.

        Raises:
            CellTimeout: It did not end in time; the kernel is of no further use.
            KernelDied: The process ended.
        """

    @abstractmethod
    def close(self) -> None:
        """Called once, at the end or when the kernel is of no further use."""
