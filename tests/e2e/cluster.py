"""A real Dask cluster for tests: one scheduler process, and worker processes that can be killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
from distributed import Client

from autograder.grading import worker
from autograder.grading.results import Execution
from autograder.grading.task import Task

__all__ = ["Cluster", "cluster", "die_or_run"]

REPOSITORY = Path(__file__).resolve().parents[2]
SECONDS = 120
DEADLY = "# this one ends its grader's worker"


class Cluster:
    """Started processes, and the scheduler's address."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen] = []
        self.file = folder / "scheduler.json"
        self.start("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
        deadline = time.monotonic() + SECONDS
        while not self.file.exists():
            assert time.monotonic() < deadline, "the scheduler did not start"
            time.sleep(0.05)
        with self.client() as client:
            self.address = client.scheduler.address

    def client(self) -> Client:
        return Client(scheduler_file=str(self.file), set_as_default=False, timeout=SECONDS)

    def start(self, *arguments: str) -> None:
        with open(self.folder / f"log-{len(self.processes)}.txt", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "dask", *arguments],
                cwd=REPOSITORY,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"},
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=worker.die_with_parent,
            )
        self.processes.append(process)

    def start_workers(self, number: int) -> None:
        for _ in range(number):
            self.start(
                "worker", "--scheduler-file", str(self.file), "--nworkers", "1", "--nthreads", "1",
                "--no-dashboard", "--local-directory", str(self.folder),
            )  # fmt: skip
        if number:
            with self.client() as client:
                client.wait_for_workers(number, timeout=SECONDS)

    def busy_worker(self) -> int:
        """Wait until a worker has a task; returns its process number."""
        with self.client() as client:
            processes = client.run(os.getpid)
            deadline = time.monotonic() + SECONDS
            while True:
                assert time.monotonic() < deadline, "no worker ever had a task"
                busy = [worker for worker, names in client.call_stack(keys=None).items() if names]
                if busy:
                    return processes[busy[0]]
                time.sleep(0.05)

    def kill_a_busy_worker(self) -> None:
        """Wait until a worker has a task, then kill its process (its nanny starts another)."""
        os.kill(self.busy_worker(), signal.SIGKILL)

    def stop(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextlib.contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A cluster with this many workers of one thread each."""
    folder.mkdir(parents=True, exist_ok=True)
    started = Cluster(folder)
    try:
        started.start_workers(workers)
        yield started
    finally:
        started.stop()


def die_or_run(task: Task) -> Execution:
    """A task that ends its worker at every attempt, where the notebook says so."""
    if DEADLY in nbformat.writes(task.notebook):
        os.kill(os.getpid(), signal.SIGKILL)
    return worker.run_task(task)
