"""What lies beside a source notebook goes out where git tracks it, a setting names it, or there is no git."""

from __future__ import annotations

import subprocess

import pytest

from autograder.course.folder import CONFIG_FILE, Course
from autograder.release import build
from tests import small_course

LITTER = {
    "data/MNIST/raw/train-images-idx3-ubyte": b"x" * 2_000_000,
    ".venv/lib/site.py": b"",
    "__pycache__/helper.cpython-311.pyc": b"",
    ".ipynb_checkpoints/small-checkpoint.ipynb": b"{}",
    "checkpoint.pt": b"weights",
    ".DS_Store": b"",
}


def git(folder, *arguments):
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def put(course, files):
    for name, content in files.items():
        small_course.write(course.source / "small" / name, content)


@pytest.fixture
def tracked(course):
    """A course in a git repository, with a file beside the notebook."""
    put(course, {"table.csv": b"1,2\n"})
    git(course.root, "init", "-q")
    git(course.root, "add", "source")
    return course


def shipped(course) -> list[str]:
    return [path.as_posix() for path in course.shipping("small").files]


def left(course) -> dict[str, str]:
    return {one.what.removeprefix("source/small/"): one.why for one in course.shipping("small").left}


def test_what_git_tracks_goes_out_and_the_rest_is_named(tracked):
    put(tracked, LITTER)
    assert shipped(tracked) == ["table.csv"]
    assert sorted(left(tracked)) == [".DS_Store", ".venv", "checkpoint.pt", "data"]
    assert left(tracked)["data"].startswith("1 file, 1.9 MB: not released, and not there while")
    assert "`git add` it or say c.CourseSettings.files" in left(tracked)["checkpoint.pt"]


@pytest.mark.parametrize("pattern", ["small/checkpoint.pt", "small/*.pt", "*/checkpoint.pt"])
def test_what_a_setting_names_goes_out(tracked, pattern):
    put(tracked, LITTER)
    with (tracked.root / CONFIG_FILE).open("a") as config:
        config.write(f"\nc.CourseSettings.files = ['{pattern}']\n")
    assert shipped(Course(tracked.root)) == ["checkpoint.pt", "table.csv"]


def test_a_large_file_goes_out_only_where_the_setting_names_it(tracked):
    put(tracked, {"big.bin": b"x" * (11 * 2**20)})
    git(tracked.root, "add", "source")
    assert shipped(tracked) == ["table.csv"]
    assert "it is large" in left(tracked)["big.bin"]
    with (tracked.root / CONFIG_FILE).open("a") as config:
        config.write("\nc.CourseSettings.files = ['small/big.bin']\n")
    assert shipped(Course(tracked.root)) == ["big.bin", "table.csv"]


def test_without_git_all_goes_out_as_in_nbgrader_but_for_litter(course):
    put(course, {"table.csv": b"1\n", "helper/tools.py": b"", "big.bin": b"x" * (11 * 2**20), **LITTER})
    assert shipped(course) == [
        "checkpoint.pt", "data/MNIST/raw/train-images-idx3-ubyte", "helper/tools.py", "table.csv"
    ]  # fmt: skip
    assert sorted(left(course)) == [".DS_Store", ".venv", "big.bin"]


def test_a_second_notebook_is_no_assignment(tracked):
    put(tracked, {"Untitled.ipynb": b"{}"})
    git(tracked.root, "add", "source")
    assert shipped(tracked) == ["table.csv"]
    assert "only the notebook of the folder's own name is an assignment" in left(tracked)["Untitled.ipynb"]


def test_a_build_releases_what_goes_out_and_nothing_else(tracked, tmp_path):
    put(tracked, {**LITTER, "Untitled.ipynb": (tracked.source / "small" / "small.ipynb").read_bytes()})
    built = build.build(tracked, into=tmp_path / "out")
    released = tmp_path / "out" / "release" / "en" / "small"
    assert sorted(path.name for path in released.rglob("*")) == ["small.ipynb", "table.csv"]
    assert len(built.left) == 5


def test_kernels_get_what_goes_out(tracked):
    put(tracked, LITTER)
    assert tracked.template("small").files == (("table.csv", b"1,2\n"),)
