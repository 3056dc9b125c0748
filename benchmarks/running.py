"""Run a command, or one grading, in a process of its own, and take its figures."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psutil

__all__ = ["JOBS", "ROOT", "command", "machine", "run"]

ROOT = Path(__file__).resolve().parents[1]
JOBS = 2
AUTOGRADER = [sys.executable, "-W", "ignore", "-c", "from autograder.cli import main; main()"]


def command(
    *arguments: str, allowed: tuple[int, ...] = (0, 1), program: list[str] = AUTOGRADER, **settings
) -> dict:
    """Run a command to its end.

    Args:
        arguments: Of the command.
        allowed: Exit statuses that are no failure.
        program: What to run; `autograder` where nothing is said.
        settings: For `subprocess.run`.

    Returns:
        Its wall-clock seconds and CPU seconds, those of all its processes included.
    """
    began, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*program, *map(str, arguments)], capture_output=True, text=True, **settings)
    seconds, usage = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in allowed:
        raise SystemExit(
            f"{' '.join(map(str, arguments))} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return {"seconds": seconds, "cpu": usage.ru_utime + usage.ru_stime - used.ru_utime - used.ru_stime}


def run(course: Path, scheduler: str = "") -> dict:
    """Grade a course as `autograder grade` does, in a process of its own that watches itself.

    Returns:
        seconds: Wall-clock time of the whole.
        first: When all workers had started, from the beginning.
        steady, steady_cpu: Seconds and CPU seconds of a submission from then on.
        executed: How many were executed.
        cpu, own_cpu: CPU seconds of all processes, and of the coordinating one.
        overhead, cell_seconds: Of a submission in its worker, beside its cells and in them; medians.
        worker_mib, coordinator_mib: The most memory.
    """
    began = time.time()
    program = [sys.executable, "-W", "ignore", "-m", "benchmarks.running", str(course), scheduler]
    done = subprocess.run(program, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.time() - began
    figures = json.loads(done.stdout.splitlines()[-1])
    return {**figures, "first": figures["first"] - began, "seconds": seconds}


def watch_itself(course: str, scheduler: str) -> dict:
    """In the process that grades; see `run`."""
    from autograder.grading import preload

    if not scheduler:
        preload.start_with(Path(course), force=False)

    from autograder.course.folder import Course
    from autograder.gradebook.recorder import GradebookRecorder
    from autograder.grading.grader import Grading, Options

    opened = Course(course)
    grading = Grading(opened, Options(jobs=JOBS, scheduler=scheduler or None), GradebookRecorder(opened))
    me = psutil.Process()
    first = last = time.time()
    executed = warm = 0
    workers: dict[int, float] = {}
    cpu = first_cpu = 0.0
    for count, graded in enumerate(grading.graded(), start=1):
        last = time.time()
        if count == min(2 * JOBS, len(grading)):
            first, first_cpu, warm = last, cpu_of(me), count
        if graded.concerns:
            print(graded.record.student, graded.concerns, file=sys.stderr)
        executed += graded.executed
        if count % max(10, len(grading) // 20) == 0 or count == len(grading):
            for worker in workers_of(me):
                workers[worker.pid] = max(workers.get(worker.pid, 0.0), memory(worker))
        if count == len(grading):
            cpu = cpu_of(me)
    executions = [json.loads(path.read_text(encoding="utf-8")) for path in grading.cache.entries()]
    own = me.cpu_times()
    more = max(1, len(grading) - warm)
    return {
        "first": first,
        "steady": (last - first) / more,
        "steady_cpu": (cpu - first_cpu) / more,
        "executed": executed,
        "cpu": cpu,
        "own_cpu": own.user + own.system,
        "overhead": statistics.median(each["seconds"] - each["cell_seconds"] for each in executions),
        "cell_seconds": statistics.median(each["cell_seconds"] for each in executions),
        "worker_mib": max(workers.values(), default=0.0),
        "coordinator_mib": peak_mib(),
    }


def workers_of(process: psutil.Process) -> list[psutil.Process]:
    """The grader's workers; the process that they are forked from stands between."""
    return [
        worker for child in process.children() for worker in child.children() if "bwrap" not in worker.name()
    ]


def cpu_of(process: psutil.Process) -> float:
    """CPU seconds of a process and all below it, those that have ended included."""
    seconds = 0.0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            seconds += sum(each.cpu_times()[:4])
    return seconds


def memory(worker: psutil.Process) -> float:
    """MiB of a worker with its fork server and kernel; shared pages are counted once."""
    total = 0
    for process in [worker, *worker.children(recursive=True)]:
        with contextlib.suppress(psutil.Error, OSError, AttributeError):
            total += process.memory_full_info().pss
    return total / 2**20


def peak_mib() -> float:
    """The most memory that this process had."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return 0.0


def machine() -> str:
    """Processor, cores, memory, and how busy they are with other things."""
    from autograder.grading.pool import cores

    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{names[0] if names else platform.processor()}, {cores()} cores, {gib:.0f} GiB, "
        f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} at the start"
    )


if __name__ == "__main__":
    print("\n" + json.dumps(watch_itself(*sys.argv[1:])))
