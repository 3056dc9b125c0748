"""Measure what naming mistakes costs beside grading, and how many failed tests get a name.

    python -m benchmarks.recognition                              # a class of 40 in lesson 2; some minutes
    python -m benchmarks.recognition lesson3_compression --students 20
    python -m benchmarks.recognition lesson2_parameters --wrong answers.json

Half of the class has made a mistake: a known one, or one of a file with a list of objects with the keys
`cell`, `name` and `source`, which no test has seen. Nothing is known beforehand of what wrong answers do.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import psutil

from autograder.course.folder import Course
from autograder.gradebook.recorder import GradebookRecorder
from autograder.grading import preload
from autograder.grading.grader import Grading, Options
from autograder.grading.pool import warm_workers
from autograder.mistakes.known import WrongAnswer
from autograder.mistakes.recognition import recognise
from benchmarks.classes import lesson_class
from benchmarks.running import JOBS, ROOT, cpu_of, machine

__all__ = ["measure"]


def main() -> None:
    """Make a class, grade it twice, print what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("assignment", nargs="?", default="lesson2_parameters")
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--wrong", type=Path, help="wrong answers that are not known")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print("\n" + json.dumps(measure(options.measure)))
        return
    warnings.simplefilter("ignore")
    wrong = unknown(options.wrong) if options.wrong else ()
    print(f"{machine()}\n{options.assignment}, {options.students} students")
    with tempfile.TemporaryDirectory(prefix="autograder-recognition-") as folder:
        course = lesson_class(Path(folder) / "course", options.assignment, options.students, wrong)
        for when in ("at first", "with what is kept of wrong answers"):
            print(f"{when}: {said(graded(course))}", flush=True)


def unknown(path: Path) -> tuple[WrongAnswer, ...]:
    """The wrong answers of a file."""
    return tuple(WrongAnswer(**each) for each in json.loads(path.read_text(encoding="utf-8")))


def graded(course: Course) -> dict:
    """Measured in a process of its own."""
    program = [sys.executable, "-W", "ignore", "-m", "benchmarks.recognition", "--measure", str(course.root)]
    done = subprocess.run(program, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(root: Path) -> dict:
    """Grade a course as `autograder grade --force` does.

    Returns:
        grading, naming: Wall-clock and CPU seconds of all processes.
        failed, named, hinted: Tests that failed, those with a known mistake, and with a hint.
        unknown: How many known wrong answers were not compared with, as time was up.
    """
    preload.start_with(root, force=True)
    course = Course(root)
    grading = Grading(course, Options(jobs=JOBS, force=True), GradebookRecorder(course))
    me, began = psutil.Process(), time.monotonic()
    with warm_workers(JOBS) as grading.workers:
        results = list(grading.graded())
        middle, cpu = time.monotonic(), cpu_of(me)
        found = recognise(course, results, JOBS, middle - began, grading.workers, grading.setup)
        seconds, cpu_seconds = time.monotonic() - middle, cpu_of(me) - cpu
    failed = [cell for one in found.graded for cell in one.record.cells if cell.behaviour]
    return {
        "grading": (middle - began, cpu),
        "naming": (seconds, cpu_seconds),
        "failed": len(failed),
        "named": sum(bool(cell.mistake) for cell in failed),
        "hinted": sum(bool(cell.hint) for cell in failed),
        "unknown": found.unknown,
    }


def said(figures: dict) -> str:
    """The figures of `measure` in a line."""
    (wall, cpu), (wall_more, cpu_more) = (map(float, figures[part]) for part in ("grading", "naming"))
    return (
        f"grading {wall:.1f} s ({cpu:.1f} s CPU), naming {wall_more:.1f} s ({cpu_more:.1f} s CPU): "
        f"+{100 * wall_more / wall:.1f} % (+{100 * cpu_more / cpu:.1f} % CPU); {figures['named']} of "
        f"{figures['failed']} failed tests named, {figures['hinted']} with a hint; "
        f"{figures['unknown']} known answers not compared"
    )


if __name__ == "__main__":
    main()
