"""`autograder init` writes a course that works at once."""

from __future__ import annotations

import json
import re

import nbformat
import pytest

from autograder.cli.app import app
from autograder.commands.init import init
from autograder.commands.prove import prove
from autograder.course.folder import Course
from autograder.errors import CheckFailed, CourseError
from autograder.mistakes.reading import load
from autograder.mistakes.writing import text_of
from autograder.release import build
from autograder.verdict import importing
from tests.small_course import cell_of

NAME = "moving_average"


@pytest.fixture
def course(tmp_path, capsys) -> Course:
    init(tmp_path / "time series")
    capsys.readouterr()
    return Course(tmp_path / "time series")


@pytest.fixture
def check(course):
    """The hidden check of the starter course, as a grader imports it."""
    importing.install(course.modules(course.template(NAME).notebook))
    from checks.moving_average import check_moving_average

    return check_moving_average


def test_it_says_what_it_wrote_and_what_comes_next(tmp_path, capsys):
    init(tmp_path / "course")
    out = capsys.readouterr().out
    assert str(tmp_path / "course") in out
    for command in re.findall(r"^  autograder (\w+)", out, re.MULTILINE):
        assert command in {made.callback.__name__ for made in app.registered_commands}
    assert "cp -r release/en/moving_average submitted/me" in out


def test_the_folder_is_an_nbgrader_course_of_that_name(course):
    assert course.assignments() == [NAME]
    assert course.directory.course_id == "time-series"


def test_nothing_that_is_there_is_written_over(course):
    before = {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}
    with pytest.raises(CourseError, match="is there already"):
        init(course.root)
    assert before == {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}


def test_one_file_in_the_way_is_enough_to_write_nothing(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("mine")
    with pytest.raises(CourseError, match=r"nbgrader_config.py is there already"):
        init(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["nbgrader_config.py"]


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CourseError, match="cannot be written"):
        init(tmp_path / "file" / "course")


def test_git_ignores_whatever_names_a_student(course):
    """`tests/test_gitignore.py` tries the file."""
    assert "/submitted/" in (course.root / ".gitignore").read_text().splitlines()


def test_the_notebook_is_written_as_nbformat_writes_it(course):
    path = course.source / NAME / f"{NAME}.ipynb"
    assert path.read_text(encoding="utf-8") == nbformat.writes(nbformat.read(path, as_version=4)) + "\n"


def test_its_known_answers_are_written_as_tools_write_them(course):
    path = course.root / "mistakes" / f"{NAME}.yaml"
    assert text_of(load(path.parent, NAME)) == path.read_text(encoding="utf-8")


@pytest.mark.kernel
def test_its_tests_are_proven_by_its_known_answers(course, capsys):
    build.build(course)
    assert prove(course.root, [NAME], quick=False, variants=1, jobs=1).status == 0, capsys.readouterr().out


def test_it_builds_and_students_see_no_solution(course):
    built = build.build(course)
    assert built.assignments == (NAME,)
    [path] = [path for path in built.changed if path.suffix == ".ipynb"]
    release = nbformat.read(path, as_version=4)
    assert "raise NotImplementedError" in cell_of(release, "moving-average").source
    assert "YOUR ANSWER HERE" in cell_of(release, "discussion-reply").source
    assert not re.search(r"BEGIN|checks\.|8\.7", json.dumps(release))


def mean_of_window(values, window):
    return [sum(values[i : i + window]) / window for i in range(len(values) - window + 1)]


def test_its_check_passes_right_answers(check):
    check(mean_of_window)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda values, window: tuple(mean_of_window(values, window)), "expected a list, got tuple"),
        (lambda values, window: mean_of_window(values, window)[:-1], "expected 1 means"),
        (
            lambda values, window: [sum(values) / len(values)] * (len(values) - window + 1),
            "is not the mean of",
        ),
        (lambda values, window: [str(mean) for mean in mean_of_window(values, window)], "is not the mean of"),
        (lambda values, window: values.sort() or mean_of_window(values, window), "changed its argument"),
        (lambda values, window: None, "expected a list, got NoneType"),
    ],
)
def test_its_check_names_the_smallest_input_of_a_wrong_answer(check, wrong, words):
    with pytest.raises(CheckFailed, match=f"for values = .*, window = .*{words}"):
        check(wrong)
