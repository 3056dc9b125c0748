"""Run tasks on workers: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import socket
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Protocol, TypeVar

from autograder.errors import CourseError, KernelDied
from autograder.grading import preload
from autograder.grading.results import Execution
from autograder.grading.task import Task
from autograder.grading.worker import die_with_parent, run_task
from autograder.kernel.ahead import Wanted, take_from

__all__ = ["Workers", "cores", "run_all", "warm_workers"]

ATTEMPTS = 3
CONNECT_SECONDS = 20
NO_WORKERS_SECONDS = 60.0
POLL_SECONDS = 2.0
Key = TypeVar("Key")


def cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def warm_workers(jobs: int, scheduler: str | None = None) -> Iterator[Workers]:
    """Workers that stay for several calls of `run_all`.

    Raises:
        CourseError: The cluster cannot be reached, or has no workers.
    """
    with contextlib.ExitStack() as stack:
        yield _Cluster(stack, scheduler) if scheduler else _Local(stack, jobs)


def run_all(
    tasks: Iterable[tuple[Key, Task]],
    jobs: int,
    scheduler: str | None = None,
    workers: Workers | None = None,
) -> Iterator[tuple[Key, Execution | Exception]]:
    """Run all tasks; gives each one's result as soon as it is there.

    A task whose worker dies is run again; one whose workers die again and again, at last with
    nothing else running, is given up, and its error is its result.

    Args:
        tasks: A key for each task, and the task; taken one after the other, as workers become free.
        jobs: Worker processes; on a cluster, the tasks in flight at most are twice its workers.
        scheduler: The address of a Dask scheduler; None uses processes of this machine.
        workers: Those of `warm_workers`, where they are to stay; otherwise this starts and stops its own.

    Raises:
        CourseError: The cluster cannot be reached, or has no workers (any more).
    """
    with contextlib.nullcontext(workers) if workers else warm_workers(jobs, scheduler) as ready:
        yield from ready.run(iter(tasks))


class Workers(Protocol):
    """Where tasks are run; what `warm_workers` gives."""

    def run(self, tasks: Iterator) -> Iterator: ...


class _Local:
    def __init__(self, stack: contextlib.ExitStack, jobs: int) -> None:
        self.jobs = jobs
        self.pool: ProcessPoolExecutor | None = None
        self.stack = stack
        self.folder = ""
        self.ahead = preload.ahead()

    def stop(self) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=False, cancel_futures=True)
            self.pool = None

    def abandon(self) -> None:
        """End the workers in the middle of what they do: Python would wait for it before it exits."""
        workers = list((getattr(self.pool, "_processes", None) or {}).values())
        self.stop()
        for worker in workers:
            worker.kill()

    def begin(self) -> None:
        """Start what workers are forked from, when the first one is wanted."""
        # the workers' temporary files: whatever becomes of a worker, they are removed with this folder
        self.folder = tempfile.mkdtemp(dir=preload.start())
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.stack.callback(self.stop)

    def executor(self) -> Executor:
        if self.pool is None:
            self.pool = ProcessPoolExecutor(
                self.jobs,
                mp_context=multiprocessing.get_context("forkserver"),
                initializer=_begin,
                initargs=(self.folder, self.ahead.source),
            )
        return self.pool

    def submit(self, task: Task) -> Future:
        """Have a task run; for each of the first ones a fork server is launched while its worker starts."""
        if not self.folder:
            self.begin()
        if self.ahead.number < self.jobs:
            self.ahead.launch(Wanted(setup=task.setup, sandboxed=task.sandboxed, limits=task.limits))
        return self.executor().submit(run_task, task)

    def run(self, tasks: Iterator) -> Iterator:
        waiting = deque(islice(tasks, 1))  # the next one is made when this one is taken
        suspects: deque = deque()  # in flight when a worker died; run one by one to find the culprit
        attempts: dict = {}
        running: dict[Future, tuple] = {}
        try:
            while waiting or suspects or running:
                queue, window = (suspects, 1) if suspects else (waiting, self.jobs * 2)
                while queue and len(running) < window:
                    try:
                        running[self.submit(queue[0][1])] = queue[0]
                    except BrokenProcessPool:  # a worker died meanwhile; what it was running says so below
                        if not running:
                            self.stop()
                        break
                    queue.popleft()
                    if not waiting:
                        waiting.extend(islice(tasks, 1))
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                broken = False
                for future in done:
                    key, task = running.pop(future)
                    try:
                        yield key, future.result()
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
        finally:
            if running:  # whoever asked has had enough
                self.abandon()


def _begin(folder: str, source: socket.socket | None) -> None:
    """In a new worker."""
    die_with_parent()
    take_from(source)
    tempfile.tempdir = folder


class _Cluster:
    """A Dask cluster.

    Dask itself takes the task of a lost worker elsewhere, and reports one that has lost too many.
    Such a task is then run again with nothing else on the cluster, which shows whose fault it was.
    """

    def __init__(self, stack: contextlib.ExitStack, scheduler: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise CourseError("a Dask scheduler needs Dask: pip install 'autograder[cluster]'") from None
        self.scheduler = scheduler
        try:
            self.client = stack.enter_context(
                Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
            )
        except (OSError, ValueError) as error:
            raise CourseError(f"there is no Dask scheduler at {scheduler}: {error}") from error
        if not self.workers():
            raise CourseError(
                f"the Dask scheduler at {scheduler} has no workers; start some with `dask worker {scheduler}`"
            )
        before = self.allow_failures(ATTEMPTS - 2)
        if before is not None:
            stack.callback(self.allow_failures, before)

    def workers(self) -> int:
        return len(self.client.scheduler_info(n_workers=-1)["workers"])

    def allow_failures(self, number: int) -> int | None:
        """How many lost workers dask forgives a task; gives the number before, None where it may not be set."""

        def swap(number: int, dask_scheduler=None) -> int:
            before, dask_scheduler.allowed_failures = dask_scheduler.allowed_failures, number
            return before

        if self.client.status == "running":
            with contextlib.suppress(Exception):  # a scheduler may refuse; then its own number counts
                return self.client.run_on_scheduler(swap, number)
        return None

    def run(self, tasks: Iterator) -> Iterator:
        from distributed import KilledWorker

        # retries=0: dask itself moves the task of a lost worker; pure=False: equal tasks are not merged
        executor = self.client.get_executor(pure=False, retries=0)
        waiting = deque(islice(tasks, 1))
        suspects: deque = deque()
        alone = False
        running: dict[Future, tuple] = {}
        alive = time.monotonic()
        while waiting or suspects or running:
            self.check_connection()
            workers = self.workers()
            alive = time.monotonic() if workers else alive
            if time.monotonic() - alive > NO_WORKERS_SECONDS:
                raise CourseError(
                    f"the Dask cluster at {self.scheduler} has lost all its workers; "
                    "start some and run this again: nothing is done twice"
                )
            alone = bool(suspects and not running) or (alone and bool(running))
            queue, window = (suspects, 1) if suspects or alone else (waiting, 2 * max(1, workers))
            while queue and len(running) < window and not (suspects and running):
                item = queue.popleft()
                if not waiting:
                    waiting.extend(islice(tasks, 1))
                running[executor.submit(run_task, item[1])] = item
            done, _ = wait(running, POLL_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                key, task = running.pop(future)
                try:
                    yield key, future.result()
                except KilledWorker:
                    if alone:
                        yield key, KernelDied.because("it ended its grader's worker again and again")
                    else:
                        suspects.append((key, task))
                except CancelledError as error:
                    self.check_connection()
                    yield key, error
                except Exception as error:
                    yield key, error

    def check_connection(self) -> None:
        if self.client.status != "running":
            raise CourseError(
                f"the connection to the Dask scheduler at {self.scheduler} was lost; "
                "run this again: nothing is done twice"
            )
