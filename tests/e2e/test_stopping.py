"""Ctrl-C at any moment of any command: it ends within two seconds, nothing is left, and the next call does it all."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from autograder.course.folder import Course
from tests import small_course

pytestmark = [pytest.mark.kernel, pytest.mark.e2e]

STUDENTS = 24
MOMENTS = 3
LIMIT = 2.0
SECONDS = 300
COMMAND = [sys.executable, "-W", "ignore", "-c", "from autograder.cli import main; main()"]
MISTAKES = """
scale:
  wrong:
    adds: {source: "def scale(x, factor):\\n    return x + factor"}
    divides: {source: "def scale(x, factor):\\n    return x / factor"}
    takes its time: {source: "import time\\ndef scale(x, factor):\\n    time.sleep(1)\\n    return x - factor"}
"""

CALLS = {
    "build": (["build"], 0),
    "prove": (["prove"], 0),
    "collect": (["collect", "archive.zip", "--from", "plain"], 0),
    "grade": (["grade", "--force"], 0),
    "similarity": (["similarity", "small"], 0),
    "report": (["report"], 0),
    "feedback": (["feedback"], 0),
    "export": (["export", "--unfinished", "partial"], 1),  # written answers wait
    "answers": (["answers", "small"], 0),
}
UNTIL_STOPPED = {"watch": ["watch"], "mark": ["mark", "--no-browser"]}


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Course:
    """A class that has been graded, and whose pages are still to be written."""
    course = small_course.make(tmp_path_factory.mktemp("graded") / "course")
    small_course.write(course.root / "mistakes" / "small.yaml", MISTAKES.encode())
    with zipfile.ZipFile(course.root / "archive.zip", "w") as archive:
        for index in range(STUDENTS):
            total = f"import time\ntime.sleep(0.5)\ndef total(values):\n    return sum(values) + {index % 3}  # {index % 6}"
            path = small_course.submit(course, f"student{index}", total=total)
            archive.write(path, f"student{index}/small.ipynb")
    assert call(course, ["build"]) == 0
    assert call(course, ["grade"]) == 0
    return course


@pytest.fixture
def course(graded, tmp_path) -> Course:
    return Course(shutil.copytree(graded.root, tmp_path / "course", symlinks=True))


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Where temporary folders of the command are made; its name is short, as sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="stop-") as folder:
        yield Path(folder)


def start(course: Course, arguments: list[str], temporary: Path | None = None) -> subprocess.Popen:
    """Start a command, as the first of its own group of processes, as a shell does."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=course.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, **({"TMPDIR": str(temporary)} if temporary else {})},
    )


def call(course: Course, arguments: list[str]) -> int:
    process = start(course, arguments)
    said, _ = process.communicate(timeout=SECONDS)
    assert "Traceback" not in said
    return process.returncode


def interrupted(
    course: Course, arguments: list[str], after: float, temporary: Path
) -> tuple[float, int, str]:
    """Press Ctrl-C; gives how long it took to end, its exit status, and what it said.

    That nothing of it is left is asserted.
    """
    process = start(course, arguments, temporary)
    time.sleep(after)
    family = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
    began = time.monotonic()
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=SECONDS)
    seconds = time.monotonic() - began
    assert psutil.wait_procs(family, timeout=10)[1] == []
    assert list(temporary.iterdir()) == []
    assert [path for path in course.root.rglob("*.new") if path.is_file()] == []
    return seconds, process.returncode, said


def limit() -> float:
    """Two seconds; more where more wants to run here than there are processors."""
    return LIMIT * max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))


@pytest.mark.parametrize("name", CALLS)
def test_ctrl_c_at_any_moment_ends_it_in_two_seconds_and_it_can_be_called_again(name, course, temporary):
    arguments, status = CALLS[name]
    copy = Course(shutil.copytree(course.root, course.root.parent / "undisturbed", symlinks=True))
    began = time.monotonic()
    assert call(copy, arguments) == status
    usual = time.monotonic() - began
    moments = random.Random(name)
    for _ in range(MOMENTS):
        seconds, ended, said = interrupted(
            course, arguments, moments.uniform(0.4 + 0.1 * usual, usual), temporary
        )
        print(f"{name}: {seconds:.2f} s, status {ended}")
        assert seconds < limit()
        assert ended in (130, status)
        assert "Traceback" not in said
        assert (ended == status) or "nothing is done twice" in said
    assert call(course, arguments) == status
    assert files_of(course) == files_of(copy)


def files_of(course: Course) -> set[str]:
    return {
        path.relative_to(course.root).as_posix()
        for path in course.root.rglob("*")
        if path.is_file() and not re.search(r"\.hypothesis|__pycache__|\.autograder", str(path))
    }


@pytest.mark.parametrize("name", UNTIL_STOPPED)
@pytest.mark.parametrize("after", [4.0, 8.0])
def test_what_runs_until_it_is_stopped_ends_with_status_0(name, after, course, temporary):
    small_course.submit(course, "late", total="import time\ntime.sleep(100)")
    seconds, status, said = interrupted(course, UNTIL_STOPPED[name], after, temporary)
    print(f"{name}: {seconds:.2f} s")
    assert seconds < limit()
    assert status == 0
    assert "kept" in said
