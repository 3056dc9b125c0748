"""What is new in the kit is merged by git into a course whose lesson was edited in JupyterLab."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.release import build
from tests import small_course

pytestmark = pytest.mark.e2e

LESSON = "lesson1_overfitting"
IDENTITY = ["-c", "user.name=Teacher", "-c", "user.email=teacher@example.org", "-c", "commit.gpgsign=false"]


def git(folder: Path, *arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        ["git", *IDENTITY, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def commit(folder: Path, message: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-m", message)


def texts(notebook: NotebookNode) -> list[NotebookNode]:
    return [
        cell for cell in notebook.cells if cell.cell_type == "markdown" and "nbgrader" not in cell.metadata
    ]


def save_as_jupyterlab_does(notebook: NotebookNode, path: Path) -> None:
    """With outputs and counts of an execution, what a viewer adds to metadata, and no care for order."""
    for number, cell in enumerate(notebook.cells, 1):
        cell.metadata["editable"] = True
        cell.metadata.setdefault("tags", [])
        if cell.cell_type == "code":
            cell.execution_count = number
            cell.outputs = [nbformat.v4.new_output("stream", text=f"run {number}\n")]
            cell.metadata["execution"] = {"iopub.execute_input": "2026-11-26T09:00:00.000000Z"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.1", "pygments_lexer": "ipython3"}
    nbformat.write(notebook, path)


@pytest.fixture
def kit(tmp_path) -> Path:
    """The kit as a repository, with one lesson."""
    folder = tmp_path / "kit"
    shutil.copytree(small_course.REPOSITORY / "source" / LESSON, folder / "source" / LESSON)
    for name in ("nbgrader_config.py", ".gitignore"):
        shutil.copyfile(small_course.REPOSITORY / name, folder / name)
    build.build(Course(folder), [LESSON])
    git(folder, "init", "--initial-branch=main")
    commit(folder, "The kit")
    return folder


@pytest.fixture
def mine(kit, tmp_path) -> Path:
    """A teacher's clone."""
    git(tmp_path, "clone", str(kit), "mine")
    return tmp_path / "mine"


def path_of(folder: Path) -> Path:
    return folder / "source" / LESSON / f"{LESSON}.ipynb"


def change(folder: Path, place: int, text: str, jupyterlab: bool = False) -> None:
    """Add to one text of the lesson, build, and commit."""
    notebook = nbformat.read(path_of(folder), as_version=4)
    texts(notebook)[place].source += f"\n\n{text}"
    if jupyterlab:
        save_as_jupyterlab_does(notebook, path_of(folder))
    else:
        nbformat.write(notebook, path_of(folder))
    build.build(Course(folder), [LESSON])
    commit(folder, text)


def conflicts(folder: Path) -> set[str]:
    return {line.split("/")[0] for line in git(folder, "diff", "--name-only", "--diff-filter=U").splitlines()}


def test_changes_of_different_cells_are_both_there_and_what_jupyterlab_adds_is_gone(kit, mine):
    change(mine, 1, "This is what I say to my students.", jupyterlab=True)
    change(kit, -1, "This is new in the kit.")
    git(mine, "pull", "--no-rebase")
    build.build(Course(mine), [LESSON])
    assert git(mine, "status", "--porcelain") == ""
    merged = path_of(mine).read_text(encoding="utf-8")
    assert "This is what I say to my students." in merged
    assert "This is new in the kit." in merged
    assert "2026-11-26T09" not in merged
    assert all(cell.get("outputs", []) == [] for cell in nbformat.reads(merged, as_version=4).cells)
    released = "".join(path.read_text(encoding="utf-8") for path in mine.glob("release/**/*.ipynb"))
    assert "This is what I say to my students." in released
    assert "This is new in the kit." in released


def test_a_change_of_the_same_cell_is_a_conflict_that_ends_as_the_documentation_says(kit, mine):
    change(mine, 1, "This is what I say to my students.", jupyterlab=True)
    change(kit, 1, "This is new in the kit.")
    change(kit, -1, "This is new elsewhere.")
    git(mine, "pull", "--no-rebase", status=1)
    assert "source" in conflicts(mine)
    with pytest.raises(CourseError, match="merge conflict"):
        build.build(Course(mine), [LESSON])
    git(mine, "merge", "--abort")
    git(mine, "merge", "-X", "ours", "origin/main")
    git(mine, "checkout", "--theirs", "release", "solutions")
    build.build(Course(mine), [LESSON])
    git(mine, "add", "-A")
    assert conflicts(mine) == set()
    merged = path_of(mine).read_text(encoding="utf-8")
    assert "This is what I say to my students." in merged
    assert "<<<<" not in merged
    assert "This is new in the kit." not in merged
    assert "This is new elsewhere." in merged
