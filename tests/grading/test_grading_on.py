"""Grading goes on past broken files, full disks and other graders, and keeps what was there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import time
from pathlib import Path

import pytest

from autograder.course.folder import Course
from autograder.errors import GraderBusy
from autograder.gradebook.copies import keep_copy
from autograder.gradebook.recorder import GradebookRecorder
from autograder.grading import preparation
from tests import small_course
from tests.grading.pools import graded, recorded_scores


def broken_files(folder: Path) -> dict[str, str]:
    """Careless submissions of many kinds, and a word of what is said about each."""
    notebook = folder / "small" / "small.ipynb"

    def student(name: str) -> Path:
        path = folder / name / "small" / "small.ipynb"
        path.parent.mkdir(parents=True)
        return path

    student("nothing")
    student("text").write_bytes(b"print('hello')")
    student("empty").write_bytes(b"")
    student("truncated").write_bytes(b'{"cells": [{"cell_type"')
    student("nested").write_bytes(b"[" * 100_000)
    student("wrong").write_bytes(b'{"nbformat": 4, "cells": {}}')
    student("link").symlink_to(notebook)
    os.mkfifo(student("pipe"))
    student("folder").mkdir()
    with student("large").open("wb") as file:
        file.truncate(60 * 2**20)
    return {
        "nothing": "no notebook",
        "text": "not a notebook",
        "empty": "empty",
        "truncated": "cut off",
        "nested": "nested",
        "wrong": "no list of cells",
        "link": "symbolic link",
        "pipe": "special file",
        "folder": "is a folder",
        "large": "60 MB",
    }


class TestBrokenFiles:
    def test_no_broken_file_stops_anybody(self, course, pool):
        small_course.submit(course, "ada")
        small_course.submit(course, "zoe", scale=small_course.WRONG_SCALE)
        expected = broken_files(course.submitted)
        results = graded(course)
        assert set(results) == {"ada", "zoe", *expected}
        for name, words in expected.items():
            [problem] = results[name].concerns
            assert words in problem
            assert [cell.status for cell in results[name].record.cells] == ["missing", "missing", "manual"]
            assert results[name].record.points == 0.0
        assert recorded_scores(course) == {"ada": 5.0, "zoe": 3.0}

    def test_a_broken_file_does_not_take_a_grade_away_that_is_there(self, course, pool):
        path = small_course.submit(course, "ada")
        graded(course)
        path.write_bytes(b"broken")
        assert graded(course)["ada"].concerns
        assert recorded_scores(course) == {"ada": 5.0}

    def test_a_worker_that_dies_costs_only_its_submission(self, course, pool):
        small_course.submit(course, "ada")
        small_course.submit(course, "eve", scale="def scale(x, factor):\n    return 'evil'")
        pool.fails_on = "'evil'"
        results = graded(course)
        assert "could not be executed" in results["eve"].concerns[0]
        assert results["ada"].record.points == 5.0
        assert recorded_scores(course) == {"ada": 5.0}

    def test_an_error_of_the_kit_in_one_submission_is_reported_with_it(self, course, pool, monkeypatch):
        small_course.submit(course, "ada")
        small_course.submit(course, "eve", total="evil")

        def explode(template, notebook):
            if "evil" in str(notebook):
                raise RuntimeError("a bug of ours")
            return rebuild(template, notebook)

        rebuild = preparation.rebuild
        monkeypatch.setattr(preparation, "rebuild", explode)
        results = graded(course)
        assert "a bug of ours" in results["eve"].concerns[0]
        assert results["ada"].record.points == 5.0

    def test_nbgraders_refusal_is_reported_with_the_submission(self, course, pool, monkeypatch):
        small_course.submit(course, "ada")

        def refuse(*_):
            raise RuntimeError("locked")

        monkeypatch.setattr(GradebookRecorder, "_save", refuse)
        result = graded(course)["ada"]
        assert result.concerns == ("nbgrader could not record it: RuntimeError: locked",)
        assert not result.recorded
        assert result.record.points == 5.0

    def test_other_files_of_a_student_are_left_out_of_nbgraders_copy(self, course, pool):
        path = small_course.submit(course, "ada")
        (path.parent / "solutions.py").write_text("evil")
        (path.parent / "timestamp.txt").write_text("2030-01-01 00:00:00 UTC")
        graded(course)
        kept = {file.name for file in (course.root / "autograded" / "ada" / "small").iterdir()}
        assert kept == {"small.ipynb", "timestamp.txt"}

    def test_a_timestamp_that_is_a_link_is_not_copied(self, course, pool):
        path = small_course.submit(course, "ada")
        (path.parent / "timestamp.txt").symlink_to(course.root / "nbgrader_config.py")
        assert graded(course)["ada"].concerns == ()
        assert not (course.root / "autograded" / "ada" / "small" / "timestamp.txt").exists()

    def test_the_submitted_file_is_never_changed(self, course, pool):
        path = small_course.submit(course, "ada")
        before = path.read_bytes(), path.stat().st_mtime_ns
        graded(course)
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before


class TestLock:
    def test_a_second_grader_says_so_and_changes_nothing(self, course, pool):
        small_course.submit(course, "ada")
        with (course.state / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(GraderBusy, match="another grader is at work"):
                graded(course)
        assert pool.executed == []
        assert graded(course)["ada"].record.points == 5.0

    def test_the_lock_is_given_back_after_an_error(self, course, pool, monkeypatch):
        small_course.submit(course, "ada")
        with monkeypatch.context() as patched:
            patched.setattr(GradebookRecorder, "begin", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                graded(course)
        assert graded(course)["ada"].record.points == 5.0


class TestCopiesOfTheGradebook:
    def copies(self, course: Course) -> list[Path]:
        return sorted((course.state / "gradebook-copies").glob("*.db"))

    def test_a_copy_is_kept_before_a_grade_that_is_there_is_changed(self, course, pool):
        small_course.submit(course, "ada")
        graded(course)
        small_course.submit(course, "bob", scale=small_course.WRONG_SCALE)
        graded(course)
        assert self.copies(course) == []
        small_course.submit(course, "ada", total="def total(values):\n    return 3")
        graded(course)
        [copy] = self.copies(course)
        with contextlib.closing(sqlite3.connect(copy)) as database:
            [before] = database.execute("select sum(auto_score) from grade").fetchall()
        assert before == (8.0,)
        assert recorded_scores(course) == {"ada": 2.0, "bob": 3.0}

    def test_only_the_newest_five_are_kept(self, course, pool, monkeypatch):
        small_course.submit(course, "ada")
        graded(course)
        for number in range(7):
            monkeypatch.setattr(time, "strftime", lambda _, n=number: f"gradebook-{n}.db")
            keep_copy(course)
        assert [path.name for path in self.copies(course)] == [f"gradebook-{n}.db" for n in range(2, 7)]
