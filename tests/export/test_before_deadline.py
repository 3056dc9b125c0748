"""Before the deadline no export tells more of hidden tests than feedback does, and afterwards all tell everything."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp

from autograder.collecting.naming import System
from autograder.course.folder import Course
from autograder.course.settings import Told
from autograder.export import exporters
from autograder.feedback import delivery, writer
from autograder.gradebook.early import HELD_BACK, LATER
from tests.feedback.graded import grade, notebook

WHY = "scale gives a wrong tensor"
HIDDEN = {"test_scale": {"status": "failed", "message": WHY, "hidden": True}}
SEEN = {"test_total": {"status": "failed", "message": "total([1, 2]) is not 3", "hidden": False}}
TO_COME = datetime.now(UTC) + timedelta(days=9)
PASSED = datetime.now(UTC) - timedelta(days=9)


@pytest.fixture
def course(registered: Course) -> Course:
    """Ada has all right, Bob fails a hidden test, Eve a visible one; nothing waits for a person."""
    grade(registered, "ada", task=4.0)
    grade(registered, "bob", notebook(registered, HIDDEN), task=4.0)
    grade(registered, "eve", notebook(registered, SEEN), task=4.0)
    return registered


def due(course: Course, when: datetime | None) -> None:
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.find_assignment("small").duedate = when and when.replace(tzinfo=None)
        book.db.commit()


def exported(course: Course, kind: type, told: Told, folder: Path, **settings) -> exporters.LmsExporter:
    course.config.CourseSettings.before_deadline = str(told)
    exporter = kind(config=course.config, coursedir=course.directory, **settings)
    exporter.to = str(folder / kind.target)
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        exporter.export(book)
    return exporter


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def gradescope(folder: Path, student: str) -> dict:
    return json.loads((folder / "gradescope" / "small" / student / "results.json").read_text())


@pytest.mark.parametrize("kind", [exporters.CanvasExporter, exporters.MoodleExporter])
def test_a_system_gets_no_score_that_would_tell_how_hidden_tests_went(course, tmp_path, kind):
    due(course, TO_COME)
    exporter = exported(course, kind, Told.VISIBLE, tmp_path)
    assert {row["small"] for row in rows(tmp_path / kind.target)} <= {"", "9"}  # Canvas has a line of maxima
    [why] = [one.why for one in exporter.attention if "before_deadline" in one.why]
    assert why.startswith("the deadline of 3 submissions is to come")
    assert why.endswith("exported empty: ada, bob, eve")


def test_points_so_far_are_those_of_visible_tests_and_of_people(course, tmp_path):
    due(course, TO_COME)
    exported(course, exporters.CsvExporter, Told.VISIBLE, tmp_path)
    scores = {row["student_id"]: row["score"] for row in rows(tmp_path / "grades.csv")}
    assert scores == {"ada": "4.0", "bob": "4.0", "eve": "4.0"}
    cells = {(row["student_id"], row["cell"]): row for row in rows(tmp_path / "grades-cells.csv")}
    assert cells["bob", "test_scale"] | {"student_id": ""} == cells["ada", "test_scale"] | {"student_id": ""}
    assert cells["bob", "test_scale"]["auto_score"] == ""
    assert cells["bob", "test_scale"]["needs_manual_grade"] == "True"
    assert cells["eve", "test_total"]["auto_score"] == "0.0"


def test_gradescope_shows_right_and_wrong_alike(course, tmp_path):
    due(course, TO_COME)
    exported(course, exporters.GradescopeExporter, Told.VISIBLE, tmp_path, unfinished="partial")
    ada, bob, eve = (gradescope(tmp_path, student) for student in ("ada", "bob", "eve"))
    assert ada | {"extra_data": {}} == bob | {"extra_data": {}}
    scale = next(test for test in bob["tests"] if test["name"] == "test_scale")
    assert "score" not in scale
    assert scale["output"] == LATER
    assert "total([1, 2]) is not 3" in json.dumps(eve)


def test_gradescope_names_what_fails_and_not_why(course, tmp_path):
    due(course, TO_COME)
    exporter = exported(course, exporters.GradescopeExporter, Told.NAMES, tmp_path)
    bob = gradescope(tmp_path, "bob")
    assert WHY not in json.dumps(bob)
    scale = next(test for test in bob["tests"] if test["name"] == "test_scale")
    assert (scale["status"], scale["output"]) == ("failed", HELD_BACK)
    assert bob["score"] == 7.0
    assert not exporter.attention


def test_without_the_graded_notebook_no_automatic_point_is_told(course, tmp_path):
    due(course, TO_COME)
    (course.root / "autograded" / "bob" / "small" / "small.ipynb").unlink()
    exported(course, exporters.CsvExporter, Told.VISIBLE, tmp_path)
    assert {row["score"] for row in rows(tmp_path / "grades.csv")} == {"4.0"}


@pytest.mark.parametrize("told", Told)
@pytest.mark.parametrize("when", [PASSED, None])
def test_after_the_deadline_and_where_there_is_none_all_is_told(course, tmp_path, told, when):
    due(course, when)
    exported(course, exporters.GradescopeExporter, told, tmp_path)
    exported(course, exporters.CsvExporter, told, tmp_path)
    assert WHY in json.dumps(gradescope(tmp_path, "bob"))
    scores = {row["student_id"]: row["score"] for row in rows(tmp_path / "grades.csv")}
    assert scores == {"ada": "9.0", "bob": "7.0", "eve": "6.0"}


def test_an_extension_is_the_students_deadline(course, tmp_path):
    due(course, PASSED)
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.find_submission("small", "bob").extension = TO_COME - PASSED
        book.db.commit()
    (course.root / "exceptions.csv").write_text(
        f"student,assignment,until,note\nbob,small,{TO_COME.isoformat()},\n"
    )
    exported(course, exporters.CsvExporter, Told.VISIBLE, tmp_path)
    scores = {row["student_id"]: row["score"] for row in rows(tmp_path / "grades.csv")}
    assert scores == {"ada": "9.0", "bob": "4.0", "eve": "6.0"}


@pytest.mark.parametrize(("when", "score"), [(TO_COME, "4.0"), (PASSED, "7.0")])
def test_nbgraders_own_table_keeps_to_it_and_the_gradebook_is_as_it_was(
    course, tmp_path, monkeypatch, when, score
):
    due(course, when)
    monkeypatch.chdir(course.root)
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write('\nc.CourseSettings.before_deadline = "visible"\n')
    application = ExportApp()
    application.initialize([f"--to={tmp_path / 'n.csv'}"])
    try:
        application.start()
    finally:
        for handler in list(application.log.handlers):
            handler.close()
        ExportApp.clear_instance()
    assert {row["student_id"]: row["score"] for row in rows(tmp_path / "n.csv")}["bob"] == score
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        assert book.find_submission("small", "bob").score == 7.0


def test_what_is_delivered_is_what_pages_say(course, tmp_path):
    due(course, TO_COME)
    course.config.CourseSettings.before_deadline = str(Told.VISIBLE)
    vars(course).pop("settings", None)
    written = writer.write(course)
    delivery.mail_merge(course, written, tmp_path / "mail.csv")
    lines = {row["id"]: row for row in rows(tmp_path / "mail.csv")}
    assert (lines["bob"]["points"], lines["bob"]["final"]) == ("4", "no")
    names = tmp_path / "worksheet.csv"
    names.write_text("Identifier,Full name,ID number,Grade,Last modified (grade)\nParticipant 7,Bob,bob,,-\n")
    packed = delivery.zipped(course, written, "small", System.MOODLE, names, tmp_path / "f.zip")
    assert packed.pages == 1
    with zipfile.ZipFile(packed.path) as archive:
        [name] = archive.namelist()
        assert WHY not in archive.read(name).decode()
