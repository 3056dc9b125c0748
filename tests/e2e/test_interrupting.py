"""Ctrl-C ends each long command within two seconds, nothing of it is left, and the next run does the rest."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.course.folder import Course
from autograder.grading.cache import ResultCache
from tests import points, small_course
from tests.conftest import solutions_of
from tests.feedback.graded import grade
from tests.mistakes.known_answers import ADDED

pytestmark = [pytest.mark.kernel, pytest.mark.e2e]

COMMAND = [sys.executable, "-W", "ignore", "-c", "from autograder.cli import main; main()"]
LIMIT = 2.0
IDLE = 5.0
SLOW = """def total(values):
    end = __import__("time").process_time() + 8
    while __import__("time").process_time() < end:
        pass
    return sum(values)"""
STOPPED_ANYHOW = ("watch", "mark")
"""That is how they end: their status is 0, once they are at work."""
LONG = {
    "build": [],
    "adopt": [],
    "prove": [],
    "answers": ["small"],
    "collect": ["archive.zip", "--from", "plain"],
    "grade": ["--force"],
    "watch": [],
    "mark": ["--no-browser"],
    "similarity": ["small"],
    "report": [],
    "feedback": [],
    "export": [],
}


@pytest.fixture(scope="module")
def course(registered_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """Twelve submissions that take long; graded by hand, so that what comes after has something to do."""
    root = tmp_path_factory.mktemp("interrupting") / "course"
    made = Course(shutil.copytree(registered_folder, root, symlinks=True))
    with solutions_of(made):
        for number in range(12):
            small_course.submit(made, f"s{number:02}", total=SLOW)
            grade(made, f"s{number:02}", task=float(number % 5))
        archive = {f"t{number:02}_small.ipynb": b"{}" * 100_000 for number in range(40)}
        small_course.write(root / "mistakes" / "small.yaml", ADDED.encode())
        with zipfile.ZipFile(root / "archive.zip", "w") as file:
            for name, content in archive.items():
                file.writestr(name, content)
        yield made


def start(course: Course, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*COMMAND, *arguments, "--course", str(course.root)],
        cwd=course.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def used(process: subprocess.Popen) -> float:
    """CPU seconds of a command and its children."""
    family = [psutil.Process(process.pid)]
    family += family[0].children(recursive=True)
    return sum(sum(one.cpu_times()[:2]) for one in family if one.is_running())


def wait_for_work(process: subprocess.Popen, seconds: float) -> None:
    """Until a command has used so much CPU time; or has ended, or waits, as `mark` and `watch` do once they are up."""
    before, since = 0.0, time.monotonic()
    while process.poll() is None and (now := used(process)) < seconds:
        if now > before + 0.1:
            before, since = now, time.monotonic()
        elif time.monotonic() - since > IDLE:
            return
        time.sleep(0.02)


@pytest.mark.parametrize("seconds", [0.8, 2.5])
@pytest.mark.parametrize("command", LONG)
def test_a_command_at_work_ends_within_two_seconds(course: Course, command: str, seconds: float):
    process = start(course, command, *LONG[command])
    wait_for_work(process, seconds)
    if process.poll() is not None:
        pytest.skip(f"it was done before: {process.communicate()[0][-200:]}")
    family = psutil.Process(process.pid).children(recursive=True)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    took = time.monotonic() - began
    assert took < LIMIT * max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))
    done = command in STOPPED_ANYHOW or "Next: " in said  # it had just come to its end, with its own status
    assert process.returncode == 130 or (done and process.returncode in (0, 1)), said
    assert "Traceback" not in said
    assert psutil.wait_procs(family, timeout=5)[1] == []
    assert not running_in(course.root)


def running_in(folder: Path) -> list[psutil.Process]:
    """Processes that name a course, whoever has started them."""
    return [
        one
        for one in psutil.process_iter(["cmdline"])
        if any(str(folder) in argument for argument in one.info["cmdline"] or ())
    ]


def test_what_was_graded_before_ctrl_c_is_kept_and_the_rest_is_graded_next(registered: Course):
    for number in range(6):
        small_course.submit(registered, f"s{number}")
    process = start(registered, "grade", "--jobs", "1")
    results = ResultCache(registered.state / "results")
    while process.poll() is None and not results.entries():
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    kept = set(results.entries())
    assert 0 < len(kept) < 6
    again = start(registered, "grade")
    said, _ = again.communicate(timeout=300)
    assert again.returncode == 0, said
    assert kept <= set(results.entries())
    assert set(points.scores(registered).values()) == {5.0}
