"""A grader that is killed, a second one, a full disk: nothing is lost, and nothing is done twice."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook

from autograder.course.folder import Course
from autograder.course.lock import working_alone
from autograder.errors import CourseError
from autograder.grading.cache import ResultCache
from autograder.grading.grader import Options
from tests import small_course
from tests.recording import grade

pytestmark = [pytest.mark.kernel, pytest.mark.e2e]

STUDENTS = 8
KILLS = 4
SECONDS = 300
COMMAND = [sys.executable, "-W", "ignore", "-c", "from autograder.cli import main; main()", "grade"]


def hand_in(course: Course) -> None:
    """Distinct submissions, a part of them wrong, one broken, some slow enough to be met by a kill.

    The secret is the same in all courses, and so are the keys of equal results.
    """
    small_course.write(course.state / "secret", bytes(range(32)))
    for index in range(STUDENTS):
        total = f"import time\ntime.sleep(0.2)\ndef total(values):\n    return sum(values) + {index % 3}  # {index}"
        scale = small_course.WRONG_SCALE if index % 2 else small_course.ANSWERS["scale"]
        small_course.submit(course, f"student{index}", total=total, scale=scale)
    small_course.submit(course, "broken", b"{")


def start(course: Course, *options: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*COMMAND, "--course", str(course.root), "--jobs", "2", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(course: Course) -> str:
    process = start(course)
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 1, output  # the broken file needs attention
    return output


def results(course: Course) -> dict[str, int]:
    """The kept results, with the number of the file: a second execution would have made another file."""
    return {path.stem: path.stat().st_ino for path in ResultCache(course.state / "results").entries()}


def gradebook_of(course: Course) -> dict[tuple[str, str, str], tuple]:
    """All that the gradebook knows of everybody's cells."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return {
            (submission.student.id, submission.assignment.name, grade.name): (
                grade.auto_score,
                grade.manual_score,
                grade.score,
                grade.max_score,
                grade.needs_manual_grade,
                submission.score,
            )
            for assignment in gradebook.assignments
            for submission in assignment.submissions
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def outputs_of(course: Course) -> dict[str, list]:
    """The graded notebooks that feedback is made from."""
    return {
        path.parts[-3]: [cell.get("outputs") for cell in nbformat.read(path, as_version=4).cells]
        for path in (course.root / "autograded").glob("*/*/*.ipynb")
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> Course:
    course = small_course.make(tmp_path_factory.mktemp("undisturbed") / "course")
    hand_in(course)
    finish(course)
    return course


def kill(process: subprocess.Popen) -> list[psutil.Process]:
    """Kill -9 the grader alone; returns those of its workers' and sandboxes' processes that outlive it."""
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(family, timeout=30)
    return alive


@pytest.mark.parametrize("seed", [1, 2])
def test_a_grader_that_is_killed_again_and_again_loses_nothing_and_does_nothing_twice(
    seed, course, undisturbed
):
    hand_in(course)
    moments = random.Random(seed)
    before: dict[str, int] = {}
    for number in range(KILLS):
        process = start(course)
        wanted = number * STUDENTS // KILLS
        while process.poll() is None and len(results(course)) < wanted:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 3 if number == 0 else 0.5))
        assert kill(process) == []
        after = results(course)
        assert before.items() <= after.items(), "a result was lost, or executed again"
        before = after
    finish(course)
    after = results(course)
    assert before.items() <= after.items(), "a result was lost, or executed again"
    assert set(after) == set(results(undisturbed))
    assert gradebook_of(course) == gradebook_of(undisturbed)
    assert outputs_of(course) == outputs_of(undisturbed)
    assert not list((course.state / "results").glob("??/.*.new")), "half a result is left"


def test_a_finished_class_is_not_executed_again(undisturbed):
    before = results(undisturbed)
    assert f"0 executed, {STUDENTS + 1} taken from results" in " ".join(finish(undisturbed).split())
    assert results(undisturbed) == before


def test_a_second_grader_is_told_to_wait_and_changes_nothing(course):
    hand_in(course)
    with working_alone(course.state):
        second = start(course)
        said, _ = second.communicate(timeout=SECONDS)
    assert second.returncode == 2
    assert "another grader is at work" in " ".join(said.split())
    assert results(course) == {}


class TestAFullDisk:
    def full(self, *_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def test_a_result_that_cannot_be_written_is_reported_and_the_others_are_kept(
        self, course, undisturbed, monkeypatch
    ):
        shutil.copytree(
            undisturbed.root, course.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("datasets")
        )
        small_course.submit(course, "late", total="def total(values):\n    return 1")
        before = results(course), gradebook_of(course)
        with monkeypatch.context() as patch:
            patch.setattr("autograder.files.os.replace", self.full)
            with pytest.raises(CourseError, match="No space left.*make room there and run the same command"):
                grade(course, Options(jobs=1))
        assert (results(course), gradebook_of(course)) == before
        assert not list((course.state / "results").glob("??/.*.new"))
        late = {result.record.student: result for result in grade(course, Options(jobs=1))}["late"]
        assert late.executed
        assert late.record.points == 2.0
        assert before[1].items() <= gradebook_of(course).items()

    def test_a_disk_that_is_really_full_is_reported_and_nothing_is_lost(self, course, undisturbed, tmp_path):
        disk = tmp_path / "disk"
        disk.mkdir()
        mounted = ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(disk)]
        if os.geteuid() != 0 or subprocess.run(mounted, capture_output=True).returncode != 0:
            pytest.skip("mounting a small disk needs root")
        try:
            shutil.copytree(undisturbed.root, disk / "course")
            small = Course(disk / "course")
            small_course.submit(small, "late", total="def total(values):\n    return 1")
            before = results(small), gradebook_of(small)
            filler = disk / "filler"
            fill(filler)
            process = start(small)
            said, _ = process.communicate(timeout=SECONDS)
            assert process.returncode in (1, 2), said
            assert "Traceback" not in said
            filler.unlink()
            assert before[0].items() <= results(small).items()
            assert before[1].items() <= gradebook_of(small).items()
            finish(small)
            assert len(results(small)) == STUDENTS + 1
            assert gradebook_of(small)["late", "small", "test_scale"][0] == 2.0
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


def test_changing_one_hidden_test_executes_that_assignment_only(course):
    shutil.copytree(course.source / "small", course.source / "other")
    (course.source / "other" / "small.ipynb").rename(course.source / "other" / "other.ipynb")
    path = small_course.submit(course, "ada")
    small_course.write(course.submitted / "ada" / "other" / "other.ipynb", path.read_bytes())
    assert len(grade(course, Options(jobs=1))) == 2
    source = course.source / "other" / "other.ipynb"
    notebook = nbformat.read(source, as_version=4)
    cell = small_course.cell_of(notebook, "test_total")
    cell.source = cell.source.replace("total([]) == 0", "total([]) == 1")
    nbformat.write(notebook, source)
    again = {result.record.assignment: result for result in grade(course, Options(jobs=1))}
    assert {name: result.executed for name, result in again.items()} == {"small": False, "other": True}
    assert {name: result.record.points for name, result in again.items()} == {"small": 5.0, "other": 2.0}


def test_an_interrupted_grader_ends_its_workers(course):
    hand_in(course)
    process = start(course)
    while process.poll() is None and not results(course):
        time.sleep(0.01)
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "nothing is lost" in said
    assert psutil.wait_procs(family, timeout=30)[1] == []
