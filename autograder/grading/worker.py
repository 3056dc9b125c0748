"""A worker, local or remote: a task in, its execution out."""

from __future__ import annotations

import functools
import multiprocessing
import os
import platform
import signal
import threading
from typing import TYPE_CHECKING

from autograder.errors import CourseError
from autograder.grading.results import Execution
from autograder.grading.task import Task, engine_hash
from autograder.kernel import watching

if TYPE_CHECKING:
    from autograder.grading.engine import Engine

__all__ = ["die_with_parent", "run_task"]

_one_at_a_time = threading.Lock()


def run_task(task: Task) -> Execution:
    """Execute one submission.

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
        return _engine().execute(task)


@functools.cache
def _engine() -> Engine:
    # imported only where something is executed: the grader itself needs no torch
    from autograder.grading.engine import Engine

    return Engine()


def die_with_parent() -> None:
    """End this worker when the grader that started it ends, however that happens (Linux)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    watching.end_with_parent(os.getppid())
    grader = multiprocessing.parent_process()
    if grader is not None:
        # another process has forked this worker, so its parent's death is not the grader's
        threading.Thread(target=_end_after, args=(grader,), daemon=True, name="end-with-grader").start()


def _end_after(process: multiprocessing.process.BaseProcess) -> None:
    process.join()
    os._exit(1)
