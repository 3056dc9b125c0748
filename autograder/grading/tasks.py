"""One task of a worker, local or remote: a rebuilt submission in, its execution out."""

from __future__ import annotations

import ctypes
import functools
import json
import multiprocessing
import os
import platform
import signal
import sys
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import nbformat

from autograder.course.modules import Module
from autograder.errors import CourseError
from autograder.grading.cache import engine_hash
from autograder.kernel.limits import Limits
from autograder.kernel.setup import KernelSetup

if TYPE_CHECKING:
    from autograder.grading.engine import Engine
    from autograder.kernel.server import CompanionFile

__all__ = ["Task", "die_with_parent", "run_task"]

_one_at_a_time = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Task:
    """Everything that decides an execution.

    Attributes:
        notebook: The rebuilt submission, as JSON.
        files: What the assignment ships beside its notebook.
        modules: The course's checks and solutions that its test cells import.
        setup: What the course puts into the kernels; its folders lie at the same places on each machine.
        limits: The bounds.
        sandboxed: Whether to close the student's code off.
        seed: Of the hidden inputs.
        everything: Whether cells that decide nothing are executed, too.
        answers: The reference's, for tests that follow through.
        setup_digest: Of the setup where it was read; a worker on another machine must have the same.
        engine: Versions of the kit and its libraries; a worker on another machine must have the same.
    """

    notebook: str
    files: tuple[CompanionFile, ...]
    modules: tuple[Module, ...]
    setup: KernelSetup
    limits: Limits
    sandboxed: bool
    seed: int
    everything: bool = False
    answers: tuple[tuple[str, str], ...] = ()
    setup_digest: str = ""
    engine: str = ""


def run_task(task: Task) -> dict:
    """Execute one submission; returns the `Execution` as plain data.

    Raises:
        CourseError: This worker's machine has other data, or another version of the kit.
    """
    with _one_at_a_time:
        if task.engine and task.engine != engine_hash():
            raise CourseError(
                f"the worker on {platform.node()} has another version of this kit, of Python or of a library; "
                "install the same on every machine"
            )
        if task.setup_digest and task.setup_digest != task.setup.digest():
            folders = ", ".join(path for _, path in task.setup.data)
            raise CourseError(
                f"the worker on {platform.node()} does not have the data that this course grades with; "
                f"copy {folders} to the same place there"
            )
        engine = _engine(task.setup, task.sandboxed)
        notebook = nbformat.from_dict(json.loads(task.notebook))
        execution = engine.execute(
            notebook, task.files, task.modules, task.seed, task.everything, task.limits, task.answers
        )
        return asdict(execution)


@functools.lru_cache(maxsize=1)
def _engine(setup: KernelSetup, sandboxed: bool) -> Engine:
    # imported only in workers: the grader itself needs no torch
    from autograder.grading.engine import Engine

    return Engine(setup, sandboxed=sandboxed)


def die_with_parent() -> None:
    """End this worker when the grader that started it ends, however that happens (Linux)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if sys.platform == "linux":
        PR_SET_PDEATHSIG = 1
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    grader = multiprocessing.parent_process()
    if grader is not None:
        # another process has forked this worker, so its parent's death is not the grader's
        threading.Thread(target=_end_after, args=(grader,), daemon=True, name="end-with-grader").start()


def _end_after(process: multiprocessing.process.BaseProcess) -> None:
    process.join()
    os._exit(1)
