"""Grading on a Dask cluster of real processes."""

from __future__ import annotations

import threading

import nbformat
import pytest

from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading import pool
from autograder.grading.graded import Graded
from autograder.grading.grader import Options
from autograder.grading.task import Task
from autograder.grading.worker import run_task
from autograder.kernel.setup import KernelSetup
from tests import small_course
from tests.e2e.cluster import DEADLY, cluster, die_or_run
from tests.recording import grade

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.e2e,
    # dask and tornado leave sockets and loops to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SLOW = "import time\ntime.sleep(3)\n"


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("dask"), workers=2) as started:
        yield started


def class_of(course: Course, number: int, prefix: str = "") -> None:
    for index in range(number):
        right = "def total(values):\n    return sum(values)"
        total = f"{prefix}{right} + {index % 2}  # student {index}"
        small_course.submit(course, f"student{index}", total=total)


def without_times(results: list[Graded]) -> dict[str, list]:
    return {
        result.record.student: [
            (cell.cell, cell.status, cell.points, cell.message) for cell in result.record.cells
        ]
        for result in results
    }


def test_a_cluster_gives_the_same_results_as_this_machine(course, two_workers):
    class_of(course, 4)
    remote = grade(course, Options(scheduler=two_workers.address))
    assert all(result.executed and not result.concerns for result in remote)
    local = grade(course, Options(jobs=2, force=True))
    assert without_times(remote) == without_times(local)


def test_the_task_of_a_killed_worker_is_run_elsewhere(course, two_workers):
    class_of(course, 2, prefix=SLOW)
    killer = threading.Thread(target=two_workers.kill_a_busy_worker)
    killer.start()
    results = grade(course, Options(scheduler=two_workers.address))
    killer.join()
    assert {result.record.student: result.record.points for result in results} == {
        "student0": 5.0,
        "student1": 2.0,
    }
    assert not any(result.concerns for result in results)


def test_a_submission_that_ends_every_worker_is_given_up_and_the_others_are_graded(
    course, two_workers, monkeypatch
):
    class_of(course, 3)
    small_course.submit(course, "zoe", total=f"def total(values):\n    return sum(values)  {DEADLY}")
    monkeypatch.setattr(pool, "run_task", die_or_run)
    results = {
        result.record.student: result for result in grade(course, Options(scheduler=two_workers.address))
    }
    assert "again and again" in " ".join(results["zoe"].concerns)
    assert not results["zoe"].executed
    assert [results[f"student{index}"].record.points for index in range(3)] == [5.0, 2.0, 5.0]
    assert not any(result.concerns for name, result in results.items() if name != "zoe")


def test_a_cluster_without_workers_is_a_clear_error(course, tmp_path):
    class_of(course, 1)
    with cluster(tmp_path / "empty", workers=0) as empty, pytest.raises(CourseError, match="has no workers"):
        grade(course, Options(scheduler=empty.address))


def test_a_cluster_that_loses_all_workers_is_a_clear_error(course, tmp_path, monkeypatch):
    class_of(course, 1, prefix="import time\ntime.sleep(100)\n")
    monkeypatch.setattr(pool, "NO_WORKERS_SECONDS", 0.5)
    with cluster(tmp_path / "leaving", workers=1) as leaving:

        def leave() -> None:
            leaving.busy_worker()
            leaving.processes[1].terminate()

        leaver = threading.Thread(target=leave)
        leaver.start()
        with pytest.raises(CourseError, match="lost all its workers"):
            grade(course, Options(scheduler=leaving.address))
        leaver.join()


def test_a_scheduler_that_is_not_there_is_a_clear_error(course, monkeypatch):
    class_of(course, 1)
    monkeypatch.setattr(pool, "CONNECT_SECONDS", 1)
    with pytest.raises(CourseError, match="no Dask scheduler at tcp://127.0.0.1:1"):
        grade(course, Options(scheduler="tcp://127.0.0.1:1"))


def test_a_worker_without_the_courses_data_says_what_to_copy(tmp_path):
    (tmp_path / "tables").mkdir()
    task = Task(
        notebook=nbformat.v4.new_notebook(),
        setup=KernelSetup(data=(("tables", str(tmp_path / "tables")),)),
        setup_digest="of a folder with files in it",
    )
    with pytest.raises(
        CourseError, match="does not have the data that this course grades with; copy .*tables"
    ):
        run_task(task)
