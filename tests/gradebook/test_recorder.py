"""Executions are recorded in nbgrader's gradebook, as nbgrader itself records them."""

from __future__ import annotations

from dataclasses import replace

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from autograder.course.folder import Course
from autograder.feedback import writer
from autograder.grading import grader as module
from autograder.grading import preprocessors
from autograder.grading.grader import Options
from autograder.grading.record import Records
from autograder.report import classroom
from autograder.submission.outputs import AS_GRADED, AS_SUBMITTED
from tests import points, small_course
from tests.fakes import FakeEngine
from tests.grading.pools import FakePool
from tests.recording import grade
from tests.small_course import cell_of


@pytest.fixture
def course(registered: Course, monkeypatch) -> Course:
    monkeypatch.setattr(module, "run_all", FakePool())
    return registered


def test_the_outputs_are_in_nbgraders_notebook(course):
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    grade(course, Options())
    written = nbformat.read(str(course.root / "autograded/ada/small/small.ipynb"), as_version=4)
    assert "three times one is three" in str(cell_of(written, "test_scale").outputs)
    assert cell_of(written, "try-it").outputs[0].text == "4.0\n"
    assert written.metadata.autograder.cells.test_total.status == "passed"
    assert "submitted_outputs" not in written.metadata.autograder


def run_by_the_student(notebook):
    """Every cell was run, and the last of the lines that `try-it` printed is of another day."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 1
    lines = [nbformat.v4.new_output("stream", name="stdout", text="first\nsecond\n")]
    cell_of(notebook, "try-it").outputs = lines


@pytest.mark.parametrize(
    ("everything", "texts"),
    [
        (False, ["first\nsecond\n"]),
        (True, [AS_SUBMITTED, "first\nsecond\n", AS_GRADED, "3.0\n"]),
    ],
)
def test_a_marker_sees_what_the_student_saw(course, everything, texts):
    """From the file that was handed in, which holds texts as lists of lines, to nbgrader's notebook."""
    notebook = small_course.answered(course, edit=[run_by_the_student])
    path = small_course.submit(course, "ada", notebook)
    assert '"second\\n"' in path.read_text()
    [result] = grade(course, Options(everything=everything))
    written = nbformat.read(str(course.root / "autograded/ada/small/small.ipynb"), as_version=4)
    assert [output.text for output in cell_of(written, "try-it").outputs] == texts
    assert result.record.not_executed == (() if everything else ("imports", "try-it"))


@pytest.mark.parametrize(("keep", "now"), [(False, 3.0), (True, 5.0)])
def test_the_better_score_stays_where_the_course_wants_it(course, keep, now):
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"\nc.CourseSettings.keep_better = {keep}\n")
    small_course.submit(course, "ada")
    grade(Course(course.root), Options())
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    opened = Course(course.root)
    [graded] = grade(opened, Options())
    assert points.scores(course)["ada", "small"] == now
    assert (graded.score_before, graded.score_now) == ((5.0, 3.0) if not keep else (None, None))
    assert graded.kept == (2.0 if keep else 0.0)
    assert classroom.read(opened).is_current("ada", "small")
    text = writer.write(opened).pages["ada", "small"].read_text(encoding="utf-8")
    assert ("These points are those of an earlier submission" in text) == keep
    assert "three times one is three" in text


@pytest.mark.parametrize(("keep", "now"), [(False, 3.0), (True, 5.0)])
def test_the_better_score_stays_with_nbgraders_own_autograde_too(course, monkeypatch, keep, now):
    config = course.root / "nbgrader_config.py"
    config.write_text(config.read_text() + f"\nc.CourseSettings.keep_better = {keep}\n")
    small_course.submit(course, "ada")
    grade(Course(course.root), Options())
    small_course.submit(course, "ada", scale=small_course.WRONG_SCALE)
    nbgraders_autograde(Course(course.root), monkeypatch)
    assert points.scores(course)["ada", "small"] == now


@pytest.mark.parametrize("student", ["a*", "a b", "日本", "a+b", "x?"])
def test_a_student_whose_name_is_a_pattern_is_only_themselves(course, student):
    small_course.submit(course, "ab")
    grade(course, Options())
    small_course.submit(course, student, scale=small_course.WRONG_SCALE)
    grade(course, Options(students=(student,)))
    assert points.scores(course)["ab", "small"] == 5.0


def with_a_picture(notebook):
    """As Colab pastes it into a text."""
    cell_of(notebook, "reply").source = "It is adding.\n\n![](data:image/png;base64,iVBORw0KGgo=)"


def elsewhere(notebook):
    cell_of(notebook, "reply").source = "**ここに答えを書いてください / YOUR ANSWER HERE**"
    notebook.cells.append(nbformat.v4.new_markdown_cell("It is what one gets by adding."))


@pytest.mark.parametrize(
    ("answers", "edit"),
    [
        ({}, [run_by_the_student]),
        ({}, [with_a_picture]),
        ({}, [elsewhere]),
        ({"scale": small_course.WRONG_SCALE}, []),
        ({"scale": small_course.WRONG_SCALE}, [run_by_the_student]),
        ({"reply": ""}, []),
    ],
)
def test_nbgraders_own_autograde_records_the_same(course, monkeypatch, answers, edit):
    """The gradebook, row by row, and the notebook in autograded/ are what nbgrader's converter makes."""
    path = small_course.submit(course, "ada", small_course.answered(course, edit=edit, **answers))
    (path.parent / "timestamp.txt").write_text("2026-11-06 12:00:00 UTC")
    (path.parent / "helper.py").write_text("x = 1")
    grade(course, Options())
    ours = everything(course), autograded(course)
    record = Records(course.state / "records").read("ada", "small")
    engine = nbgraders_autograde(course, monkeypatch)
    assert (everything(course), autograded(course)) == ours
    assert engine.executions == 0
    again = Records(course.state / "records").read("ada", "small")
    assert replace(again, late=record.late) == record


@pytest.mark.parametrize(
    ("stamp", "hour"),
    [("2026-11-06 12:00:00 UTC", 12), ("2026-11-06 21:00:00 JST", 12), ("2026-11-06 21:00:00 +0900", 12)],
)
def test_a_time_with_its_zone_is_recorded_in_utc(course, stamp, hour):
    path = small_course.submit(course, "ada")
    (path.parent / "timestamp.txt").write_text(stamp)
    grade(course, Options())
    assert everything(course)[0].hour == hour


def test_a_file_that_comes_to_lie_beside_the_notebook_is_said_to_all(course):
    path = small_course.submit(course, "ada")
    grade(course, Options())
    (path.parent / "helper.py").write_text("x = 1")
    [result] = grade(course, Options())
    said = "helper.py lies beside the notebook and cannot be used by it: it is graded alone"
    assert result.record.repairs == (said,)
    assert not result.executed
    assert said in writer.write(course).pages["ada", "small"].read_text()


def test_a_timestamp_that_is_no_time_stops_nothing(course):
    path = small_course.submit(course, "ada")
    (path.parent / "timestamp.txt").write_text("yesterday, I think")
    [result] = grade(course, Options())
    assert result.recorded
    assert everything(course)[0] is None
    assert "timestamp.txt says no time" in " ".join(result.record.repairs)


def nbgraders_autograde(course: Course, monkeypatch) -> FakeEngine:
    engine = FakeEngine()
    monkeypatch.setattr(preprocessors, "_execute", engine.execute)
    monkeypatch.chdir(course.root)
    config = course.config.copy()
    config.CourseDirectory.assignment_id = "small"
    Autograde(coursedir=CourseDirectory(config=config), config=config, force=True).start()
    return engine


def everything(course: Course) -> list:
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        [submission] = book.assignment_submissions("small")
        [notebook] = submission.notebooks
        return [
            submission.timestamp,
            sorted((one.name, one.auto_score, one.needs_manual_grade) for one in notebook.grades),
            sorted((one.name, one.auto_comment) for one in notebook.comments),
        ]


def autograded(course: Course) -> list:
    notebook = nbformat.read(str(course.root / "autograded/ada/small/small.ipynb"), as_version=4)
    shown = [(cell.id, cell.source, cell.get("outputs"), cell.get("attachments")) for cell in notebook.cells]
    return [notebook.metadata.autograder, *shown]
