"""The engine of one worker: a fork server, and submissions executed with it one after another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

import torch
from nbformat import NotebookNode

from autograder.checking.seeds import DEFAULT_SEED
from autograder.course.modules import Module
from autograder.errors import KernelDied
from autograder.grading.execution import execute
from autograder.grading.results import Execution
from autograder.kernel import ahead, bubblewrap
from autograder.kernel.client import StudentKernel
from autograder.kernel.limits import Limits
from autograder.kernel.server import CompanionFile, ForkServer
from autograder.kernel.setup import KernelSetup
from autograder.kernel.torchvision import declare_missing_operators, import_without_compiler
from autograder.verdict import importing

__all__ = ["Engine"]


class Engine:
    """Executes submissions; starts its fork server at the first one, and a new one where it must.

    Args:
        setup: What the course puts into the kernels.
        sandboxed: True, False, or None for "where this machine can".

    Raises:
        SandboxUnavailable: (at the first submission) `sandboxed` is True and cannot be had.
    """

    def __init__(self, setup: KernelSetup | None = None, *, sandboxed: bool | None = None) -> None:
        self.setup = setup or KernelSetup()
        self.sandboxed = bubblewrap.why_unavailable() is None if sandboxed is None else sandboxed
        self._server: ForkServer | None = None
        self._scratch_bytes = 0
        self._used = False
        torch.set_num_threads(1)
        declare_missing_operators()  # checks and reference solutions may import torchvision, too

    def execute(
        self,
        notebook: NotebookNode,
        files: Sequence[CompanionFile] = (),
        modules: Iterable[Module] = (),
        seed: int = DEFAULT_SEED,
        everything: bool = True,
        limits: Limits | None = None,
        answers: Sequence[tuple[str, str]] = (),
    ) -> Execution:
        """Execute one rebuilt submission.

        Args:
            notebook: The rebuilt submission.
            files: What the assignment ships beside its notebook.
            modules: The course's checks and solutions that the test cells import.
            seed: Decides the hidden inputs.
            everything: Whether cells that decide nothing are executed, too.
            limits: The bounds of this submission.
            answers: The reference's, for tests that follow through.
        """
        importing.install(modules := tuple(modules))
        if any("torchvision" in source for _, source in modules):
            import_without_compiler()
        try:
            return execute(
                notebook,
                lambda left: self._open_kernel(left, files),
                limits,
                self.sandboxed,
                seed,
                everything,
                files,
                answers,
            )
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

    def _open_kernel(self, limits: Limits, files: Sequence[CompanionFile]) -> StudentKernel:
        self._clean()
        if self._scratch_bytes != limits.scratch_bytes:  # the size of its file systems, which cannot change
            self.close()
        for attempt in (1, 2):
            if self._server is None:
                launched = ahead.take(ahead.Wanted(setup=self.setup, sandboxed=self.sandboxed, limits=limits))
                self._server = ForkServer(self.setup, self.sandboxed, limits, launched)
                self._scratch_bytes = limits.scratch_bytes
            self._used = True
            try:
                return StudentKernel(self._server, limits, files)
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
            problem = self._server.clean().problem
        if problem is not None:
            self.close()
