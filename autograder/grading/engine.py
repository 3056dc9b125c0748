"""The engine of one worker: a fork server, and submissions executed with it one after another."""

from __future__ import annotations

import contextlib

import torch

from autograder.errors import KernelDied
from autograder.grading.execution import execute
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.kernel import ahead
from autograder.kernel.client import StudentKernel
from autograder.kernel.compiler import put_off_compiler
from autograder.kernel.limits import Limits
from autograder.kernel.server import ForkServer
from autograder.kernel.torchvision import declare_missing_operators
from autograder.verdict import importing

__all__ = ["Engine"]


class Engine:
    """Executes submissions; starts a fork server at the first one, and a new one where it must."""

    def __init__(self) -> None:
        self._server: ForkServer | None = None
        self._made_for = ""
        self._used = False
        torch.set_num_threads(1)
        put_off_compiler()
        declare_missing_operators()  # checks and reference solutions may import torchvision, too

    def execute(self, task: Task) -> Execution:
        """Execute one rebuilt submission.

        Raises:
            SandboxUnavailable: A sandbox is asked for and cannot be had.
        """
        importing.install(task.modules)
        importing.import_libraries(task.modules)
        try:
            return execute(task, lambda left: self._open_kernel(task, left))
        finally:
            self._clean()

    def close(self) -> None:
        """Stop the fork server."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_kernel(self, task: Task, left: Limits) -> StudentKernel:
        self._clean()
        wanted = ahead.Wanted(setup=task.setup, sandboxed=task.sandboxed, limits=task.limits)
        if self._made_for != wanted.digest():
            self.close()
        for attempt in (1, 2):
            if self._server is None:
                self._server = ForkServer(task.setup, task.sandboxed, task.limits, ahead.take(wanted))
                self._made_for = wanted.digest()
            self._used = True
            try:
                return StudentKernel(self._server, left, task.files)
            except (KernelDied, TimeoutError):
                # the last submission may have broken the server; this one must not pay for it
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    def _clean(self) -> None:
        """Leave nothing of a kernel; a server that cannot is replaced."""
        if self._server is None or not self._used:
            return
        self._used = False
        problem: str | None = "the fork server did not answer"
        with contextlib.suppress(TimeoutError, OSError, KernelDied):
            problem = self._server.clean()
        if problem is not None:
            self.close()
