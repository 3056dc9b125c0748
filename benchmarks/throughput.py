"""Measure the kit against stock nbgrader, in one run, on one machine: `make bench`.

    python -m benchmarks.throughput             # everything: the figures of docs/clusters.md
    python -m benchmarks.throughput --quick     # a few submissions of each, to see that it works
    python -m benchmarks.throughput --parts lesson2 growth

Scores of both must be equal in every cell, or it ends with an error.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat

from benchmarks import stock

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
LESSONS = {
    "light": "lesson2_parameters",
    "lesson2": "lesson2_parameters",
    "lesson3": "lesson3_compression",
    "lesson1": "lesson1_overfitting",
}
FULL = {
    "light": (40, 5),
    "lesson2": (40, 5),
    "lesson3": (20, 3),
    "lesson1": (8, 2),
    "growth": (10, 400),
    "kernels": 30,
}
QUICK = {
    "light": (6, 2),
    "lesson2": (6, 2),
    "lesson3": (4, 2),
    "lesson1": (2, 1),
    "growth": (4, 12),
    "kernels": 5,
}
"""Submissions, and how many of them stock nbgrader grades, too."""
NAMES = {"light": "lesson2 without its figures"}
PARTS = ("light", "lesson2", "lesson3", "lesson1", "growth", "kernels", "dask")
JOBS = 2


def main() -> None:
    """Measure, then write the table and the plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few submissions; nothing is written")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--one-run", nargs=3, metavar=("COURSE", "JOBS", "SCHEDULER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.one_run:
        print("\n" + json.dumps(one_run(*options.one_run)))
        return
    sizes = QUICK if options.quick else FULL
    command = (
        "make bench" if len(sys.argv) == 1 else f"python -m benchmarks.throughput {' '.join(sys.argv[1:])}"
    )
    with tempfile.TemporaryDirectory(prefix="autograder-bench-") as folder:
        for figures in measure(Path(folder), sizes, options.parts):
            if not options.quick:
                write(figures, command)
    print(table(figures, command))


def write(figures: dict, command: str) -> None:
    """Write what has been measured so far: the figures, the table and the plot."""
    text = table(figures, command)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "throughput.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "throughput.md").write_text(text + "\n", encoding="utf-8")
    plot(figures, RESULTS / "throughput.png")


def measure(folder: Path, sizes: dict, parts: Sequence[str]) -> Iterator[dict]:
    """All figures so far, after each part."""
    figures: dict = {"machine": machine()}
    for part in parts:
        if part in LESSONS:
            if not (ROOT / "source" / LESSONS[part]).is_dir():
                continue
            figures[part] = side_by_side(
                folder / part, LESSONS[part], *sizes[part], without_figures=part == "light"
            )
        elif part == "growth":
            figures[part] = growth(folder / part, sizes[part])
        elif part == "kernels":
            figures[part] = kernels(folder / part, sizes[part])
        else:
            figures[part] = cluster(folder / part, LESSONS["lesson2"], sizes["lesson2"][0])
        print(f"{part}: {json.dumps(figures[part])}", file=sys.stderr, flush=True)
        yield figures


def side_by_side(
    folder: Path, assignment: str, number: int, for_stock: int, without_figures: bool = False
) -> dict:
    """One class, graded by both; the scores of all cells must be equal."""
    course = lesson_class(folder / "course", assignment, number, without_figures)
    students = course.students()
    # every so many students, so that stock gets right and wrong answers alike
    chosen = [students[index * number // for_stock + index % 2] for index in range(for_stock)]
    other = stock.make_stock(course, folder / "stock", assignment, chosen)
    seconds, cpu = stock.grade(other, assignment)
    ours = run(course.root)
    expected = stock.scores(other, assignment)
    got = stock.scores(course, assignment)
    different = {key: (value, got.get(key)) for key, value in expected.items() if got.get(key) != value}
    if different:
        raise SystemExit(f"the scores of the two engines differ: {different}")
    per_stock = seconds / for_stock
    return {
        "submissions": number,
        "stock_submissions": for_stock,
        "equal_cells": len(expected),
        "stock_seconds": per_stock,
        "seconds": ours["seconds"] / number,
        "steady_seconds": ours["steady"],
        "stock_cpu": cpu / for_stock,
        "cpu": ours["steady_cpu"],
        "ratio": per_stock / (ours["seconds"] / number),
        "steady_ratio": per_stock / ours["steady"],
        **{
            name: ours[name]
            for name in ("first", "overhead", "cell_seconds", "worker_mib", "coordinator_mib")
        },
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
    return {
        "numbers": list(numbers),
        "steady_seconds": [small["steady"], large["steady"]],
        "coordinator_mib": [small["coordinator_mib"], large["coordinator_mib"]],
        "worker_mib": [small["worker_mib"], large["worker_mib"]],
        "cpu_seconds": (large["cpu"] - small["cpu"]) / more,
        "coordinator_cpu_seconds": (large["own_cpu"] - small["own_cpu"]) / more,
        "regrade_seconds": again["seconds"] / numbers[1],
        "regrade_mib": again["coordinator_mib"],
    }


def kernels(folder: Path, number: int) -> dict:
    """How long a fork server takes to start, and a kernel to be ready."""
    from autograder.course.folder import Course
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


def cluster(folder: Path, assignment: str, number: int) -> dict:
    """Two Dask workers against two local jobs."""
    course = lesson_class(folder / "course", assignment, number)
    local = run(course.root)
    shutil.rmtree(course.state / "results")
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    dask = [sys.executable, "-m", "dask"]
    address = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": folder}
    processes = [
        subprocess.Popen(
            [*dask, "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(address)], **quiet
        )
    ]
    try:
        worker = [*dask, "worker", "--nworkers", "1", "--nthreads", "1", "--no-dashboard"]
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
        "local_first": local["first"],
        "dask_first": remote["first"],
    }


def wait_for_workers(address: Path) -> None:
    from distributed import Client

    deadline = time.monotonic() + 60
    while not address.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    with Client(scheduler_file=str(address), set_as_default=False) as client:
        client.wait_for_workers(JOBS, timeout=60)


def lesson_class(folder: Path, assignment: str, number: int, without_figures: bool = False):
    """A course with distinct submissions: every second one has a known mistake.

    Drawing its figures is most of what lesson 2 computes; without them it is as light as can be.
    """
    from autograder.release import build
    from benchmarks.classroom import make_course, submit
    from tests.content.answers import answered, apply, mutants

    course = make_course(folder, (assignment,))
    if without_figures:
        path = course.source / assignment / f"{assignment}.ipynb"
        nbformat.write(drop_figures(nbformat.read(path, as_version=4)), path)
        build.build(course)
    wrong = mutants(assignment)
    for index in range(number):
        mutant = wrong[index * len(wrong) // number]
        notebook = apply(assignment, mutant) if index % 2 else answered(assignment)
        cell = next(cell for cell in notebook.cells if cell.id == mutant.cell)
        cell.source += f"\n# student {index}"
        submit(
            course,
            f"student{index:03}",
            assignment,
            drop_figures(notebook) if without_figures else notebook,
        )
    return course


def drop_figures(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Empty the given cells that draw."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.id.startswith("plot"):
            cell.source = "pass"
    return notebook


def light_class(folder: Path, number: int):
    """A course whose cells cost next to nothing; all submissions are distinct."""
    from tests import small_course

    course = small_course.make(folder)
    for index in range(number):
        total = f"def total(values):\n    return sum(values) + 0 * {index}"
        small_course.submit(course, f"student{index:03}", total=total)
    return course


def run(course: Path, scheduler: str = "") -> dict:
    """Grade a course in a process of its own, as `autograder grade` does; returns its figures."""
    began = time.time()
    command = [sys.executable, "-m", "benchmarks.throughput", "--one-run", str(course), str(JOBS), scheduler]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    seconds = time.time() - began
    figures = json.loads(done.stdout.splitlines()[-1])
    return {**figures, "first": figures["first"] - began, "seconds": seconds}


def one_run(course: str, jobs: str, scheduler: str) -> dict:
    """In a process of its own: grade, and take the figures when the last result is there."""
    import psutil

    from autograder.grading import preload

    if not scheduler:
        preload.start()

    from autograder.course.folder import Course
    from autograder.grading.grader import Grading, Options

    grading = Grading(Course(course), Options(jobs=int(jobs), scheduler=scheduler or None))
    me = psutil.Process()
    first = last = time.time()
    executed = warm = 0
    workers: dict[int, float] = {}
    cpu = first_cpu = 0.0
    for count, graded in enumerate(grading.graded(), start=1):
        last = time.time()
        if count == min(2 * int(jobs), len(grading)):  # all workers have started
            first, first_cpu, warm = last, cpu_of(me), count
        if graded.concerns:
            print(graded.record.student, graded.concerns, file=sys.stderr)
        executed += graded.executed
        if count % 10 == 0 or count == len(grading):
            for worker in workers_of(me):
                workers[worker.pid] = max(workers.get(worker.pid, 0.0), memory(worker))
        if count == len(grading):
            cpu = cpu_of(me)
    executions = [json.loads(path.read_text(encoding="utf-8")) for path in grading.cache.entries()]
    own = me.cpu_times()
    return {
        "first": first,
        "steady": (last - first) / max(1, len(grading) - warm),
        "steady_cpu": (cpu - first_cpu) / max(1, len(grading) - warm),
        "executed": executed,
        "cpu": cpu,
        "own_cpu": own.user + own.system,
        "overhead": statistics.median(each["seconds"] - each["cell_seconds"] for each in executions),
        "cell_seconds": statistics.median(each["cell_seconds"] for each in executions),
        "worker_mib": max(workers.values(), default=0.0),
        "coordinator_mib": peak_mib(),
    }


def workers_of(process) -> list:
    """The grader's workers; the process that they are forked from stands between."""
    children = process.children()
    return [worker for child in children for worker in child.children() if "bwrap" not in worker.name()]


def cpu_of(process) -> float:
    """CPU seconds of a process and all below it, those that have ended included."""
    import psutil

    seconds = 0.0
    for each in [process, *process.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            seconds += sum(each.cpu_times()[:4])
    return seconds


def memory(worker) -> float:
    """MiB of a worker with its fork server and kernel; shared pages are counted once."""
    import psutil

    total = 0
    for process in [worker, *worker.children(recursive=True)]:
        try:
            total += process.memory_full_info().pss
        except (psutil.Error, OSError, AttributeError):
            continue
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


def table(figures: dict, command: str) -> str:
    """The figures in Markdown."""
    lines = [f"`{command}` on {figures['machine']}; {JOBS} workers.", ""]
    lessons = {part: figures[part] for part in LESSONS if part in figures}
    if lessons:
        lines += [
            "| class | a submission, s: stock nbgrader, autograder | faster | without start "
            "| beyond its cells, s: stock, autograder | CPU, s: stock, autograder | worker, MiB |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        ]
        for part, one in lessons.items():
            lines.append(
                f"| {one['submissions']} × {NAMES.get(part, part)} | {one['stock_seconds']:.2f}, {one['seconds']:.2f} "
                f"| **{one['ratio']:.1f} ×** | {one['steady_ratio']:.1f} × "
                f"| {one['stock_seconds'] - one['cell_seconds']:.2f}, {one['overhead']:.2f} "
                f"| {one['stock_cpu']:.2f}, {one['cpu']:.2f} | {one['worker_mib']:.0f} |"
            )
        checked = sum(one["equal_cells"] for one in lessons.values())
        measured = ", ".join(
            f"{one['stock_submissions']} of {NAMES.get(part, part)}" for part, one in lessons.items()
        )
        lines += [
            "",
            f"The scores of all {checked} cells that both graded are equal. Stock nbgrader graded {measured}, "
            "taken evenly from the same submissions (half of them with a mistake). 'Faster' is the whole "
            "command, start included; 'without start' and CPU count from when all workers are warm. 'Beyond its "
            "cells' is what remains when the time of the cells themselves (their figures, their training) is "
            "taken off; a grader can only save on this, and on cores.",
            "",
        ]
    rows = []
    if "growth" in figures:
        one = figures["growth"]
        small, large = one["numbers"]
        rows += [
            ("CPU a light submission, everything included", f"{one['cpu_seconds']:.2f} s"),
            ("of it in the coordinating process", f"{one['coordinator_cpu_seconds']:.3f} s"),
            (f"coordinating process, {small} and {large} submissions",
             " and ".join(f"{value:.0f} MiB" for value in one["coordinator_mib"])),
            (f"seconds a light submission, {small} and {large}",
             " and ".join(f"{value:.2f} s" for value in one["steady_seconds"])),
            (f"regrade of {large} unchanged submissions", f"{one['regrade_seconds']:.3f} s each"),
        ]  # fmt: skip
    if "kernels" in figures:
        one = figures["kernels"]
        rows += [
            ("kernel ready, median", f"{one['kernel_seconds']:.2f} s"),
            ("fork server ready, from nothing", f"{one['fork_server_seconds']:.1f} s"),
        ]
    if "lesson2" in figures:
        rows.append(("all workers warm, from nothing", f"{figures['lesson2']['first']:.1f} s"))
    if "dask" in figures:
        one = figures["dask"]
        rows.append(
            (f"2 Dask workers against 2 local jobs, {one['number']} × lesson2",
             f"{one['dask_seconds']:.2f} s and {one['local_seconds']:.2f} s a submission ({one['ratio']:.2f})")
        )  # fmt: skip
    if rows:
        lines += ["| what | measured |", "| --- | ---: |", *(f"| {what} | {value} |" for what, value in rows)]
    return "\n".join(lines)


def plot(figures: dict, path: Path) -> None:
    """Throughput of both, and the coordinating process as the class grows."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    lessons = {part: figures[part] for part in LESSONS if part in figures}
    fig, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), width_ratios=(3, 2))
    for offset, name, colour in ((-0.2, "stock_seconds", "0.6"), (0.2, "seconds", "C0")):
        places = [number + offset for number in range(len(lessons))]
        rates = [60 / one[name] for one in lessons.values()]
        label = "stock nbgrader" if name == "stock_seconds" else f"autograder, {JOBS} workers"
        left.bar_label(left.bar(places, rates, 0.4, color=colour, label=label), fmt="%.0f")
    names = [f"{one['submissions']} × {NAMES.get(part, part)}" for part, one in lessons.items()]
    left.set_xticks(range(len(lessons)), [name.replace(" without", "\nwithout") for name in names])
    left.set(ylabel="submissions a minute", title="Throughput, start included")
    left.legend(frameon=False)
    if "growth" in figures:
        one = figures["growth"]
        right.plot(one["numbers"], one["coordinator_mib"], "o-", label="coordinating process")
        right.plot(one["numbers"], one["worker_mib"], "s-", label="a worker with its kernel")
        right.set(xlabel="submissions", ylabel="MiB", title="Peak memory", ylim=(0, None))
        right.legend(frameon=False)
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    fig.tight_layout()
    fig.savefig(path, dpi=110)
    plt.close(fig)


if __name__ == "__main__":
    main()
