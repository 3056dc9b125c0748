"""The real `autograder watch`: what arrives is answered in seconds, also after it was killed, and never graded twice."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.course.folder import Course
from autograder.feedback import writer
from autograder.grading.cache import ResultCache
from tests import points, small_course

pytestmark = [pytest.mark.kernel, pytest.mark.e2e]

SECONDS = 120
COMMAND = [sys.executable, "-W", "ignore", "-c", "from autograder.cli import main; main()", "watch"]


def start(course: Course, log: Path) -> subprocess.Popen:
    with log.open("a") as file:
        return subprocess.Popen(
            [*COMMAND, "--course", str(course.root), "--jobs", "1"], stdout=file, stderr=subprocess.STDOUT
        )


def wait_for(page: Path) -> float:
    began = time.monotonic()
    while not page.is_file():
        assert time.monotonic() - began < SECONDS, "no feedback came"
        time.sleep(0.1)
    return time.monotonic() - began


def results(course: Course) -> dict[str, int]:
    """The kept results, with the number of the file: a second execution would have made another file."""
    return {path.stem: path.stat().st_ino for path in ResultCache(course.state / "results").entries()}


def test_what_arrives_is_answered_also_after_a_kill(registered: Course, tmp_path: Path):
    course, log = registered, tmp_path / "log.txt"
    process = start(course, log)
    try:
        small_course.submit(course, "ada")
        wait_for(writer.page_path(course, "ada", "small"))
        small_course.submit(course, "bob", scale=small_course.WRONG_SCALE)
        warm = wait_for(writer.page_path(course, "bob", "small"))
        known = results(course)
        process.kill()
        process.wait()
        small_course.submit(course, "cyd", total="def total(values):\n    return 3")
        process = start(course, log)
        wait_for(writer.page_path(course, "cyd", "small"))
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0
    finally:
        process.kill()
        process.wait()
    said = log.read_text()
    assert points.scores(course) == {("ada", "small"): 5.0, ("bob", "small"): 3.0, ("cyd", "small"): 2.0}
    assert known.items() <= results(course).items()
    assert len(results(course)) == 3
    assert said.count("ada/small: 5 of 5 points") == 1
    assert "Stopped; everything that was graded is kept" in said
    assert warm < 30
