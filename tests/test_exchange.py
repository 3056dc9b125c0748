"""An assignment through nbgrader's exchange, on a local folder: from the release to the fetched feedback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograder.course.folder import Course
from autograder.feedback import writer
from autograder.grading import grader
from autograder.release import build
from tests import points, small_course
from tests.grading.pools import FakePool
from tests.recording import grade
from tests.small_course import ASSIGNMENT


class Exchange:
    """nbgrader's commands, each run as its user runs it.

    Args:
        folder: The exchange.
        course: The instructor's course folder, with the committed configuration.
    """

    def __init__(self, folder: Path, course: Course) -> None:
        self.folder = folder
        self.course = course

    def instructor(self, command: str, *arguments: str) -> str:
        """Run it in the course folder."""
        return self.run(self.course.root, command, *arguments)

    def student(self, home: Path, command: str, *arguments: str) -> str:
        """Run it at home, where nothing of the course is but what was fetched."""
        home.mkdir(exist_ok=True)
        course = f"--course={self.course.directory.course_id}"
        return self.run(
            home, command, course, f"--student={home.name}", f"--Exchange.cache={home}/cache", *arguments
        )

    def run(self, folder: Path, command: str, *arguments: str) -> str:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "nbgrader",
                command,
                ASSIGNMENT,
                f"--Exchange.root={self.folder}",
                *arguments,
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(small_course.REPOSITORY)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


def answer(notebook: Path, **answers: str) -> None:
    """Fill in what was fetched, as a student does."""
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        cell.source = {**small_course.ANSWERS, **answers}.get(cell.id, cell.source)
    nbformat.write(content, notebook)


def test_from_the_release_to_the_feedback(
    registered: Course, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    course = registered
    monkeypatch.setattr(grader, "run_all", FakePool())
    exchange = Exchange(tmp_path / "exchange", course)
    ada, bob = tmp_path / "ada", tmp_path / "bob"
    wrong = {"ada": {}, "bob": {"scale": small_course.WRONG_SCALE}}

    build.build(course)
    exchange.instructor("release_assignment")
    for home in (ada, bob):
        exchange.student(home, "fetch_assignment")
        fetched = home / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        released = course.root / "release" / "ja" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        assert fetched.read_bytes() == released.read_bytes()
        answer(fetched, **wrong[home.name])
        exchange.student(home, "submit")

    exchange.instructor("collect")
    assert course.students() == ["ada", "bob"]
    results = grade(course, grader.Options())
    assert [(one.record.student, one.record.points, one.concerns) for one in results] == [
        ("ada", 5.0, ()),
        ("bob", 3.0, ()),
    ]
    assert points.scores(course) == {("ada", ASSIGNMENT): 5.0, ("bob", ASSIGNMENT): 3.0}

    assert writer.write(course).new == {("ada", ASSIGNMENT), ("bob", ASSIGNMENT)}
    exchange.instructor("release_feedback")
    for home in (ada, bob):
        exchange.student(home, "fetch_feedback")
        [page] = (home / ASSIGNMENT / "feedback").glob(f"*/{ASSIGNMENT}.html")
        ours = course.root / "feedback" / home.name / ASSIGNMENT / f"{ASSIGNMENT}.html"
        assert page.read_bytes() == ours.read_bytes()
        text = page.read_text(encoding="utf-8")
        assert f"<strong>{5 if home == ada else 3}</strong> <span>／ 5 点</span>" in text
        assert "未採点" in text
        assert "BEGIN HIDDEN TESTS" not in text
