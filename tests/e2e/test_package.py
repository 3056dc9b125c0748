"""The wheel, installed into an environment of its own, is all that a course needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from tests.small_course import REPOSITORY, cell_of

NAME = "moving_average"
RIGHT = """def moving_average(values, window):
    return [sum(values[i : i + window]) / window for i in range(len(values) - window + 1)]"""
WRONG = RIGHT.replace("/ window", "/ min(window, 2)")


def pip(python: Path | str, *arguments: object) -> subprocess.CompletedProcess:
    command = [python, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=1800)


@pytest.fixture(scope="module")
def autograder(tmp_path_factory: pytest.TempPathFactory):
    """Runs the command of an environment that holds the wheel and what it requires; far from this repository."""
    folder = tmp_path_factory.mktemp("package")
    sources = folder / "sources"  # a build leaves files beside them
    shutil.copytree(REPOSITORY / "autograder", sources / "autograder")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, sources)
    built = pip(sys.executable, "wheel", "--no-deps", "--wheel-dir", folder, sources)
    if "No matching distribution" in built.stderr or "Could not find a version" in built.stderr:
        pytest.skip("pip reaches no package index here")
    assert built.returncode == 0, built.stderr
    [wheel] = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    installed = pip(python, "install", "--constraint", REPOSITORY / "constraints.txt", wheel)
    assert installed.returncode == 0, installed.stderr
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def run(*arguments: object) -> subprocess.CompletedProcess:
        return subprocess.run(
            [python.with_name("autograder"), *map(str, arguments)],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=600,
        )  # fmt: skip

    return run


@pytest.mark.e2e
def test_a_new_course_is_built_graded_and_reported(autograder, tmp_path):
    course = tmp_path / "course"

    def done(command: str, *arguments: object) -> str:
        ended = autograder(command, *arguments, *([] if command == "init" else ["--course", course]))
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr
        return ended.stdout

    done("init", course)
    done("build")
    [released] = (course / "release").rglob(f"{NAME}.ipynb")
    for student, answer in (("ada", RIGHT), ("ben", WRONG)):
        notebook = nbformat.read(released, as_version=4)
        cell_of(notebook, "moving-average").source = answer
        cell_of(notebook, "discussion-reply").source = "Less noise, but flatter peaks."
        target = course / "submitted" / student / NAME / f"{NAME}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    assert "2 executed" in done("grade")
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        scores = {one.student.id: one.score for one in gradebook.assignment_submissions(NAME)}
    assert scores == {"ada": 3.0, "ben": 0.0}
    done("feedback")
    assert "for values = " in (course / "feedback" / "ben" / NAME / f"{NAME}.html").read_text(
        encoding="utf-8"
    )
    done("report")
    assert (course / "report" / "report.html").is_file()
    exported = autograder("export", "--course", course)
    assert exported.returncode == 1, "the written answers wait for a person"
    assert (course / "grades.csv").is_file()
    done("doctor")


@pytest.mark.e2e
def test_a_cluster_without_dask_is_one_sentence(autograder, tmp_path):
    autograder("init", tmp_path / "course")
    target = tmp_path / "course" / "submitted" / "ada" / NAME / f"{NAME}.ipynb"
    target.parent.mkdir(parents=True)
    target.write_bytes((tmp_path / "course" / "source" / NAME / f"{NAME}.ipynb").read_bytes())
    ended = autograder("grade", "--course", tmp_path / "course", "--scheduler", "tcp://localhost:1")
    assert ended.returncode == 2
    assert "pip install 'autograder[cluster]'" in ended.stderr
