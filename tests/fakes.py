"""A kernel in this process: everything that a real one answers, without starting anything.

    kernel = InProcessKernel("def double(x):\\n    return 2 * x")
    assert run_test_cell("assert double(2) == 4", kernel).status is Status.PASSED

The real agent answers and the real wire format carries, so what reaches a test cell is what
would reach it from a sandbox: exact builtin types, copies, handles. There is no protection:
give it only code that you wrote yourself.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import itertools
import linecache
import math
import pickle
import random
import sys
import time
import traceback
import types
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import matplotlib
import nbformat
import numpy as np
import torch

from autograder.boundary.agent import Agent
from autograder.errors import CellTimeout, KernelDied
from autograder.grading.execution import execute
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.kernel.kernel import CellRun, Kernel
from autograder.kernel.limits import Limits
from autograder.kernel.outputs import OutputCollector
from autograder.kernel.server import CompanionFile
from autograder.verdict import importing

matplotlib.use("agg")

__all__ = ["FakeEngine", "FakeKernels", "InProcessKernel", "text_of"]

_numbers = itertools.count(1)
_UNPICKLING = {"load": pickle.load, "loads": pickle.loads}


class InProcessKernel(Kernel):
    """Runs a student's cells in a namespace of its own, as `StudentKernel` does in a sandbox.

    It has its own random generators (seeded as a kernel's are) and, where a folder is given,
    its own working directory. Two names exist in it that a real kernel does not have:
    `die()` ends it like a crash, and `hang()` like an endless loop; neither can be caught.

    Args:
        sources: Cells that are run at once; one that raises is an error here, unlike in `run`.
        limits: Only the bound on output is kept.
        folder: The working directory, in which companion files are written.
        files: Companion files of the assignment.

    Attributes:
        namespace: The student's global names.
        history: Every source that was run.
        time_limits: Every limit that was set.
        requests: How many requests of the grader were answered.
        closed: Whether `close` was called.
        cpu_seconds: What it is said to have used; a test sets it.
        waiting_seconds: How long it is said to have waited; a test sets it.
    """

    def __init__(
        self,
        *sources: str,
        limits: Limits | None = None,
        folder: Path | None = None,
        files: Sequence[CompanionFile] = (),
    ) -> None:
        self.limits = limits or Limits()
        self.collector = OutputCollector(self.limits.output_bytes)
        self.main = types.ModuleType("__main__")
        self.namespace = vars(self.main)
        self.namespace.update(__builtins__=builtins, die=self._die, hang=self._hang)
        self.history: list[str] = []
        self.time_limits: list[float] = []
        self.cpu_seconds = 0.0
        self.waiting_seconds = 0.0
        self.requests = 0
        self.closed = False
        self._folder = folder
        self._end: Exception | None = None
        self._deadline = math.inf
        self._random_state = _seeded_state()
        self._outer: tuple | None = None
        with self._inside():
            self.agent = Agent(self.namespace)
        self.agent.ask = self._ask
        for name, content in files:
            assert folder is not None, "companion files need a folder"
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        for source in sources:
            run = self.run(source)
            if run.error is not None:
                raise AssertionError(f"a cell of the fake kernel raised:\n{text_of(run.outputs)}")

    def limit_time(self, seconds: float) -> None:
        """Enforced between requests only: what never returns hangs the test, too."""
        self.time_limits.append(seconds)
        self._deadline = time.monotonic() + seconds

    def run(self, source: str) -> CellRun:
        """Run one of the student's cells; what it prints, shows and raises are its outputs."""
        self._check()
        self.collector = OutputCollector(self.limits.output_bytes)
        self.history.append(source)
        value = error = None
        with self._inside():
            try:
                value = self._evaluate(source)
            except BaseException as raised:
                error = raised
        self._check()
        if value is not None:
            data = {"text/plain": repr(value)}
            self._output("execute_result", data=data, metadata={}, execution_count=len(self.history))
        if error is None:
            return CellRun(self.collector.outputs)
        name = type(error).__name__
        self._output("error", ename=name, evalue=_text(error), traceback=_student_frames(error))
        return CellRun(self.collector.outputs, name)

    def request(self, payload: bytes) -> list[bytes]:
        """Have the agent answer; what the student's code prints meanwhile goes to `collector`."""
        self._check()
        self.requests += 1
        with self._inside():
            buffers = self.agent.answer(payload)
        self._check()
        return buffers

    def take_printed(self) -> str:
        return self.collector.take_printed()

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> InProcessKernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _evaluate(self, source: str) -> object:
        """Execute a cell; the value of its last line, where that is an expression."""
        filename = f"<cell {next(_numbers)} of a fake kernel>"
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        body = ast.parse(source, filename).body
        last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), filename, "exec", dont_inherit=True), self.namespace)
        if last is None:
            return None
        return eval(compile(ast.Expression(last.value), filename, "eval", dont_inherit=True), self.namespace)

    def _ask(self, kind: str, buffers: list[bytes]) -> tuple[str, bytes]:
        """The grader answers a call in its own world; a request that it makes meanwhile is answered at once."""
        assert kind == "call", kind
        with self._outside():
            return "reply", self.serve(buffers)

    @contextlib.contextmanager
    def _outside(self) -> Iterator[None]:
        stdout, stderr, main, state, folder = self._outer
        inner = sys.modules["__main__"], _random_state(), Path.cwd()
        for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)):
            if stream.getvalue():
                self._output("stream", name=name, text=stream.getvalue())
                stream.seek(0)
                stream.truncate()
        sys.modules["__main__"] = main
        _set_random_state(state)
        try:
            with (
                contextlib.chdir(folder),
                contextlib.redirect_stdout(stdout),
                contextlib.redirect_stderr(stderr),
            ):
                yield
        finally:
            self._outer = (stdout, stderr, main, _random_state(), folder)
            sys.modules["__main__"] = inner[0]
            _set_random_state(inner[1])

    @contextlib.contextmanager
    def _inside(self) -> Iterator[None]:
        """What a process of its own would have of its own."""
        printed = {"stdout": io.StringIO(), "stderr": io.StringIO()}
        before = self._outer
        self._outer = (sys.stdout, sys.stderr, sys.modules["__main__"], _random_state(), Path.cwd())
        _set_random_state(self._random_state)
        sys.modules["__main__"] = self.main
        try:
            with (
                contextlib.chdir(self._folder or "."),
                contextlib.redirect_stdout(printed["stdout"]),
                contextlib.redirect_stderr(printed["stderr"]),
                mock.patch.multiple(
                    pickle, **_UNPICKLING
                ),  # what is refused to a test cell is not to a kernel
                warnings.catch_warnings(),
            ):
                warnings.resetwarnings()
                warnings.showwarning = _show_warning
                yield
        finally:
            sys.modules["__main__"] = self._outer[2]
            self._random_state = _random_state()
            _set_random_state(self._outer[3])
            self._outer = before
            for name, stream in printed.items():
                if stream.getvalue():
                    self._output("stream", name=name, text=stream.getvalue())

    def _output(self, kind: str, **content: object) -> None:
        self.collector.add({"header": {"msg_type": kind}, "content": content})

    def _check(self) -> None:
        if self._end is None and time.monotonic() > self._deadline:
            self._end = CellTimeout.after(self.time_limits[-1])
        if self._end is not None:
            self.broken = self._end
            raise self._end

    def _die(self) -> None:
        self._end = KernelDied.because("stopped by signal SIGKILL")
        raise _Ended

    def _hang(self) -> None:
        self._end = CellTimeout.after(self.time_limits[-1] if self.time_limits else 0)
        raise _Ended


class FakeKernels:
    """Opens fake kernels, as `execute` wants them opened, and remembers them.

    Args:
        limits: Given to each.
        folder: Given to each.

    Attributes:
        opened: All kernels, in order.
    """

    def __init__(self, limits: Limits | None = None, folder: Path | None = None) -> None:
        self.limits = limits
        self.folder = folder
        self.opened: list[InProcessKernel] = []

    def __call__(self, limits: Limits | None = None) -> InProcessKernel:
        self.opened.append(InProcessKernel(limits=self.limits or limits, folder=self.folder))
        return self.opened[-1]


class _Ended(BaseException):
    """Unwinds the student's code after `die()` or `hang()`."""


def text_of(outputs: Sequence[nbformat.NotebookNode]) -> str:
    """All that outputs show as text."""
    parts = []
    for output in outputs:
        if output["output_type"] == "stream":
            parts.append(output["text"])
        elif output["output_type"] == "error":
            parts.append("\n".join(output["traceback"]))
        else:
            parts.append(output["data"].get("text/plain", ""))
    return "".join(parts)


def _student_frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [number for number, frame in enumerate(frames) if frame.filename.startswith("<cell ")]
    lines = traceback.format_list(frames[own[0] :]) if own else []
    return ["Traceback (most recent call last):\n", *lines, f"{type(error).__name__}: {_text(error)}"]


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:
        return ""


def _show_warning(message, category, filename, lineno, file=None, line=None):
    sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))


def _random_state() -> tuple:
    return random.getstate(), np.random.get_state(), torch.get_rng_state()


def _set_random_state(state: tuple) -> None:
    random.setstate(state[0])
    np.random.set_state(state[1])
    torch.set_rng_state(state[2])


def _seeded_state() -> tuple:
    outer = _random_state()
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    state = _random_state()
    _set_random_state(outer)
    return state


class FakeEngine:
    """Counts executions, and makes them with fake kernels."""

    def __init__(self) -> None:
        self.executions = 0

    def execute(self, task: Task) -> Execution:
        self.executions += 1
        importing.install(task.modules)
        return execute(task, FakeKernels())
