"""Measure the kit against stock nbgrader, in one run, on one machine: `make bench`.

    python -m benchmarks.throughput                                 # a few minutes; prints the table
    python -m benchmarks.throughput --students 40 --many 400 --write   # the figures of docs/clusters.md
    python -m benchmarks.throughput --parts lesson2 growth

Scores of both must be equal in every cell, or it ends with an error.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from autograder.course.folder import Course
from benchmarks import stock
from benchmarks.classes import lesson_class, light_class, term
from benchmarks.running import JOBS, ROOT, command, machine, run
from benchmarks.table import plot, table

LESSONS = {
    "lesson2": ("lesson2_parameters", 1.0),
    "lesson3": ("lesson3_compression", 0.5),
    "lesson4": ("lesson4_autoencoder", 0.5),
    "lesson1": ("lesson1_overfitting", 0.25),
}
"""What each part grades, and the share of the students that its class has: the heavier, the fewer."""
PARTS = (*LESSONS, "growth", "term", "kernels", "dask")
USUAL = tuple(part for part in PARTS if part != "dask")
RESULTS = ROOT / "benchmarks" / "results"


def main() -> None:
    """Measure, print the table, and write it where that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--students", type=int, default=8, help="of lesson2; fewer of the others")
    parser.add_argument("--many", type=int, default=60, help="light submissions, to see whether cost grows")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=USUAL)
    parser.add_argument("--write", action="store_true", help="into benchmarks/results")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    called = (
        "make bench" if len(sys.argv) == 1 else f"python -m benchmarks.throughput {' '.join(sys.argv[1:])}"
    )
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder:
        for figures in measure(Path(folder), options):
            if options.write:
                write(figures, called)
    print(table(figures, called))


def write(figures: dict, called: str) -> None:
    """Write what has been measured so far: the figures, the table that docs/clusters.md shows, and the plot."""
    text = table(figures, called)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "throughput.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "throughput.md").write_text(text + "\n", encoding="utf-8")
    plot(figures, RESULTS / "throughput.png")


def measure(folder: Path, options: argparse.Namespace) -> Iterator[dict]:
    """All figures so far, after each part."""
    figures: dict = {"machine": machine(), "jobs": JOBS}
    for part in options.parts:
        if part in LESSONS:
            assignment, share = LESSONS[part]
            figures[part] = side_by_side(folder / part, assignment, max(4, int(options.students * share)))
        elif part == "growth":
            figures[part] = growth(folder / part, (max(8, options.many // 10), options.many))
        elif part == "term":
            figures[part] = whole_term(folder / part)
        elif part == "kernels":
            figures[part] = kernels()
        else:
            figures[part] = cluster(folder / part, options.students)
        print(f"{part}: {json.dumps(figures[part])}", file=sys.stderr, flush=True)
        yield figures


def side_by_side(folder: Path, assignment: str, number: int) -> dict:
    """One class through both, from grading to the exported points; the scores of all cells must be equal."""
    course = lesson_class(folder / "course", assignment, number)
    students = course.students()
    # every so many students, so that stock gets right and wrong answers alike
    for_stock = max(2, number // 8)
    chosen = [students[index * number // for_stock + index % 2] for index in range(for_stock)]
    other = stock.make_stock(course, folder / "stock", assignment, chosen)
    graded_by_stock = stock.nbgrader(other, "autograde", assignment, "--force")
    ours = run(course.root)
    expected, got = stock.scores(other, assignment), stock.scores(course, assignment)
    different = {key: (value, got.get(key)) for key, value in expected.items() if got.get(key) != value}
    if different:
        raise SystemExit(f"the scores of the two engines differ: {different}")
    per_stock = graded_by_stock["seconds"] / for_stock
    return {
        **ours,
        "submissions": number,
        "stock_submissions": for_stock,
        "equal_cells": len(expected),
        "stock_seconds": per_stock,
        "stock_cpu": graded_by_stock["cpu"] / for_stock,
        "seconds": ours["seconds"] / number,
        "ratio": per_stock / (ours["seconds"] / number),
        "steady_ratio": per_stock / ours["steady"],
        "after": after(course, other, assignment, for_stock),
        "one": one(course, other, assignment, chosen[0]),
    }


def after(course: Course, other: Course, assignment: str, for_stock: int) -> dict:
    """What follows grading: feedback, the report, similarity, export; whole commands."""
    at = {"cwd": course.root}
    found = {
        "feedback_new": command("feedback", **at),
        "feedback_unchanged": command("feedback", **at),
        "report": command("report", **at),
        "similarity": command("similarity", assignment, **at),
        "export": command("export", **at),
        "nothing": command("--help", **at),
        "stock_feedback": stock.nbgrader(other, "generate_feedback", assignment, "--force"),
        "stock_export": stock.nbgrader(other, "export"),
        "stock_nothing": stock.nbgrader(other, "export", "--help"),
    }
    return {**found, "stock_submissions": for_stock}


def one(course: Course, other: Course, assignment: str, student: str) -> dict:
    """One submission from nothing to its verdict, as at the first click of the day."""
    shutil.rmtree(course.state / "results")
    ours = command("grade", assignment, "--student", student, "--force", "--jobs", "1", cwd=course.root)
    theirs = stock.nbgrader(other, "autograde", assignment, "--force", f"--student={student}")
    return {
        "seconds": ours["seconds"],
        "stock_seconds": theirs["seconds"],
        "cpu": ours["cpu"],
        "stock_cpu": theirs["cpu"],
    }


def growth(folder: Path, numbers: tuple[int, int]) -> dict:
    """Light, distinct submissions: what a submission costs beyond its cells, and whether it grows."""
    runs = {}
    for number in numbers:
        course = light_class(folder / str(number), number)
        runs[number] = run(course.root)
    small, large = (runs[number] for number in numbers)
    again = run(course.root)
    if again["executed"]:
        raise SystemExit("an unchanged class was executed again")
    more = numbers[1] - numbers[0]
    pages = [command("feedback", cwd=course.root) for _ in range(2)]
    return {
        "numbers": list(numbers),
        "steady_seconds": [small["steady"], large["steady"]],
        "coordinator_mib": [small["coordinator_mib"], large["coordinator_mib"]],
        "worker_mib": [small["worker_mib"], large["worker_mib"]],
        "cpu_seconds": (large["cpu"] - small["cpu"]) / more,
        "coordinator_cpu_seconds": (large["own_cpu"] - small["own_cpu"]) / more,
        "regrade_seconds": again["seconds"] / numbers[1],
        "regrade_mib": again["coordinator_mib"],
        "feedback": pages,
        "report": command("report", cwd=course.root),
    }


def whole_term(folder: Path, students: int = 200, assignments: int = 12) -> dict:
    """What an instructor waits for at the end of a term: the report, feedback, points, with everything graded."""
    course = term(folder, students, assignments)
    graded = run(course.root)
    at = {"cwd": course.root}
    return {
        "numbers": [students, assignments],
        "graded": graded,
        "feedback": [command("feedback", **at) for _ in range(2)],
        "report": command("report", **at),
        "export": command("export", **at),
    }


def kernels(number: int = 10) -> dict:
    """How long a fork server takes to start, and a kernel to be ready."""
    from autograder.kernel.client import StudentKernel
    from autograder.kernel.limits import Limits
    from autograder.kernel.server import ForkServer

    began = time.monotonic()
    with ForkServer(Course(ROOT).kernel_setup) as server:
        cold = time.monotonic() - began
        seconds = []
        for _ in range(number):
            began = time.monotonic()
            with StudentKernel(server, Limits()):
                seconds.append(time.monotonic() - began)
            server.clean()
    return {"fork_server_seconds": cold, "kernel_seconds": statistics.median(seconds), "number": number}


def cluster(folder: Path, number: int) -> dict:
    """Two Dask workers against two local jobs."""
    course = lesson_class(folder / "course", LESSONS["lesson2"][0], number)
    local = run(course.root)
    for name in ("results", "records"):
        shutil.rmtree(course.state / name)
    dask = [sys.executable, "-m", "dask"]
    address = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    scheduler = [*dask, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(address)]
    worker = [*dask, "worker", "--nworkers", "1", "--nthreads", "1", "--no-dashboard"]
    processes = [subprocess.Popen(scheduler, **quiet)]
    try:
        processes += [
            subprocess.Popen([*worker, "--scheduler-file", str(address)], **quiet) for _ in range(JOBS)
        ]
        wait_for_workers(address)
        remote = run(course.root, json.loads(address.read_text())["address"])
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait()
    return {
        "number": number,
        "local_seconds": local["steady"],
        "dask_seconds": remote["steady"],
        "ratio": remote["steady"] / local["steady"],
    }


def wait_for_workers(address: Path) -> None:
    """Until the scheduler has its workers."""
    from distributed import Client

    deadline = time.monotonic() + 60
    while not address.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    with Client(scheduler_file=str(address), set_as_default=False) as client:
        client.wait_for_workers(JOBS, timeout=60)


if __name__ == "__main__":
    main()
