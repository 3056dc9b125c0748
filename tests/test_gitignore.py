"""Nothing that names students is committed by accident in a repository that is meant to be public."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.small_course import REPOSITORY

NAMES_STUDENTS = [
    "submitted/ada/small/small.ipynb",
    "downloaded/small/archive/small.zip",
    "autograded/ada/small/small.ipynb",
    "feedback/ada/small/small.html",
    "feedback/small-moodle.zip",
    "report/index.html",
    "gradebook.db",
    "gradebook.db.bak",
    ".autograder/replaced/ada/small/1.ipynb",
    "grades.csv",
    "grades-cells.csv",
    "grades-canvas.csv",
    "exports/grades-moodle.csv",
    "themes.csv",
    "themes-2026.csv",
    "roster.csv",
    "名簿.csv",
    "worksheet.csv",
    "Grades-DL2026-lesson1--1234.csv",
    "DL2026-lesson1-1234.zip",
    "submissions.zip",
    "assignment_1_export.tar.gz",
    "2026-11-05_Grades.xlsx",
    "submissions/lesson1.zip",
    "lesson1/山田 花子_501_assignsubmission_file/lesson1.ipynb",
    "moodle/Ada Lovelace_501_assignsubmission_file_lesson1.ipynb",
    "assignment_1_export/submission_metadata.yml",
    "assignment_1_export/submission_12/lesson1.ipynb",
    "second/ada/timestamp.txt",
    "answers/ada_request.txt",
]
PUBLIC = [
    "source/lesson1_overfitting/lesson1_overfitting.ipynb",
    "source/lesson1_overfitting/table.csv",
    "release/ja/lesson1_overfitting/data/table.csv",
    "datasets/mnist/train-images-idx3-ubyte.gz",
    "datasets/weather/weather.zip",
    "source/lesson1_overfitting/data.zip",
    "solutions/lesson1_overfitting.py",
    "checks/lesson1_overfitting/fitting.py",
    "README.md",
]


@pytest.fixture(scope="module", params=[".gitignore", "autograder/commands/starter/gitignore"])
def ignored(request, tmp_path_factory):
    """Of this repository, and of a course that `autograder init` made."""
    folder = tmp_path_factory.mktemp("repository")
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    shutil.copyfile(REPOSITORY / request.param, folder / ".gitignore")

    def check(name: str) -> bool:
        return subprocess.run(["git", "check-ignore", "-q", name], cwd=folder).returncode == 0

    return check


@pytest.mark.parametrize("name", NAMES_STUDENTS)
def test_what_names_students_is_ignored(ignored, name):
    assert ignored(name)


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_the_courses_is_not(ignored, name):
    assert not ignored(name)
