"""Run tasks on workers: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from autograder.errors import CourseError, KernelDied
from autograder.grading.results import Execution
from autograder.grading.tasks import Task, die_with_parent, run_task

__all__ = ["cores", "run_all"]

ATTEMPTS = 3
Key = TypeVar("Key")


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(
    tasks: Iterable[tuple[Key, Task]], jobs: int, scheduler: str | None = None
) -> Iterator[tuple[Key, Execution | Exception]]:
    """Run all tasks; gives each one's result as soon as it is there.

    A worker that dies takes its task to another one; a task whose worker dies three times
    is given up, and its error is its result.

    Args:
        tasks: A key for each task, and the task.
        jobs: Worker processes; on a cluster, the tasks in flight at most are twice its workers.
        scheduler: The address of a Dask scheduler; None uses processes of this machine.
    """
    with contextlib.ExitStack() as stack:
        yield from (_Cluster(stack, scheduler) if scheduler else _Local(stack, jobs)).run(deque(tasks))


class _Local:
    def __init__(self, stack: contextlib.ExitStack, jobs: int) -> None:
        self.jobs = jobs
        self.pool: ProcessPoolExecutor | None = None
        stack.callback(self.stop)

    def stop(self) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.pool = None

    def executor(self) -> Executor:
        if self.pool is None:
            self.pool = ProcessPoolExecutor(
                self.jobs, mp_context=multiprocessing.get_context("spawn"), initializer=die_with_parent
            )
        return self.pool

    def run(self, waiting: deque) -> Iterator:
        suspects: deque = (
            deque()
        )  # were in flight when a worker died; run one by one to find out whose fault it is
        attempts: dict = {}
        running: dict[Future, tuple] = {}
        while waiting or suspects or running:
            queue, window = (suspects, 1) if suspects else (waiting, self.jobs * 2)
            while queue and len(running) < window:
                item = queue.popleft()
                running[self.executor().submit(run_task, item[1])] = item
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            broken = False
            for future in done:
                key, task = running.pop(future)
                try:
                    yield key, Execution.from_json(future.result())
                except BrokenProcessPool:
                    broken = True
                    attempts[key] = attempts.get(key, 0) + 1
                    if attempts[key] >= ATTEMPTS:
                        yield key, KernelDied.because(f"it ended its grader's worker {ATTEMPTS} times")
                    else:
                        suspects.append((key, task))
                except Exception as error:
                    yield key, error
            if broken:
                suspects.extend(running.values())
                running.clear()
                self.stop()


class _Cluster:
    def __init__(self, stack: contextlib.ExitStack, scheduler: str) -> None:
        from distributed import Client

        try:
            self.client = stack.enter_context(Client(scheduler, timeout="20s", set_as_default=False))
        except (OSError, ValueError) as error:
            raise CourseError(f"there is no Dask scheduler at {scheduler}: {error}") from error
        if not self.client.scheduler_info()["workers"]:
            raise CourseError(
                f"the Dask scheduler at {scheduler} has no workers; start some with `dask worker`"
            )

    def run(self, waiting: deque) -> Iterator:
        # retries=0: dask itself moves the task of a lost worker; pure=False: equal tasks are not merged
        executor = self.client.get_executor(pure=False, retries=0)
        running: dict[Future, object] = {}
        while waiting or running:
            workers = max(1, len(self.client.scheduler_info(n_workers=-1)["workers"]))
            while waiting and len(running) < 2 * workers:
                key, task = waiting.popleft()
                running[executor.submit(run_task, task)] = key
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                key = running.pop(future)
                try:
                    yield key, Execution.from_json(future.result())
                except Exception as error:
                    yield key, error
