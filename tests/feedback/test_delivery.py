"""Archives that Moodle and Canvas take, and a table to write e-mails from."""

from __future__ import annotations

import csv
import re
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.collecting.naming import System
from autograder.course.folder import Course
from autograder.course.roster import Person, Roster
from autograder.errors import CourseError
from autograder.feedback import delivery, writer
from autograder.gradebook import roster
from tests import small_course
from tests.feedback.graded import grade

PEOPLE = (
    Person(id="s1", first_name="Ada", last_name="Lovelace", email="ada@example.org", lms_user_id="101"),
    Person(id="s2", first_name="太郎", last_name="佐藤", email="taro@example.org", lms_user_id="102"),
    Person(id="s3", first_name="Eve", last_name="=SUM(A1)", lms_user_id="103"),
)


@pytest.fixture
def course(registered: Course) -> Course:
    roster.fill(registered, Roster(PEOPLE))
    grade(registered, "s1", task=4.0)
    grade(registered, "s2")
    return registered


def archive(course: Course, folder: Path, *names: str) -> Path:
    path = folder / "submissions.zip"
    content = nbformat.writes(small_course.answered(course))
    with zipfile.ZipFile(path, "w") as packed:
        for number, name in enumerate(names):
            packed.writestr(name, content.replace("two functions", f"two functions {number}"))
    return path


def packed(course: Course, system: System, names: Path, folder: Path) -> tuple[list[str], tuple]:
    made = delivery.zipped(course, writer.write(course), "small", system, names, folder / "out.zip")
    with zipfile.ZipFile(made.path) as found:
        return found.namelist(), made.attention


def moodles_reading(name: str) -> tuple[int, str]:
    """The participant and the file's name, as Moodle's importer takes them out of a path."""
    parts = name.split("/")
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) >= 4 and info[1].isdigit() and (info[2], info[3]) == ("assignsubmission", "file"):
            return int(info[1]), "/".join([info[4] if len(info) > 4 else "", *parts])
    raise AssertionError(f"Moodle ignores {name}")


def canvas_reading(name: str) -> list[int]:
    """The user and the attachment, as Canvas takes them out of a name."""
    return [int(part) for part in name.split("_") if re.fullmatch(r"\d+", part)][:2]


class TestMoodle:
    def test_each_page_is_named_as_the_submission_was(self, course, tmp_path):
        names = archive(
            course,
            tmp_path,
            "Ada Lovelace_5001_assignsubmission_file_/small.ipynb",
            "佐藤 太郎_5002_assignsubmission_file_/small.ipynb",
        )
        found, attention = packed(course, System.MOODLE, names, tmp_path)
        assert found == [
            "Ada Lovelace_5001_assignsubmission_file_/small.html",
            "佐藤 太郎_5002_assignsubmission_file_/small.html",
        ]
        assert [moodles_reading(name) for name in found] == [(5001, "/small.html"), (5002, "/small.html")]
        assert attention == ()

    def test_also_where_it_made_no_folders(self, course, tmp_path):
        names = archive(course, tmp_path, "Ada Lovelace_5001_assignsubmission_file_small.ipynb")
        found, attention = packed(course, System.MOODLE, names, tmp_path)
        assert [moodles_reading(name) for name in found] == [(5001, "small.html")]
        assert [one.what for one in attention] == ["s2/small"]

    def test_a_grading_worksheet_names_them_too(self, course, tmp_path):
        worksheet = tmp_path / "worksheet.csv"
        worksheet.write_text(
            "Identifier,Full name,Email address,Status,Grade,Last modified (grade)\n"
            "Participant 7001,Ada Lovelace,ada@example.org,Submitted,,-\n"
            "Participant 7002,佐藤 太郎,taro@example.org,Submitted,,-\n",
            encoding="utf-8",
        )
        found, attention = packed(course, System.MOODLE, worksheet, tmp_path)
        assert [moodles_reading(name)[0] for name in found] == [7001, 7002]
        assert attention == ()

    def test_a_table_without_numbers_is_refused(self, course, tmp_path):
        (tmp_path / "roster.csv").write_text("id,name\ns1,Ada\n")
        with pytest.raises(
            CourseError, match="no participants' numbers; expected Moodle's grading worksheet"
        ):
            packed(course, System.MOODLE, tmp_path / "roster.csv", tmp_path)


class TestCanvas:
    def test_each_page_has_the_name_of_the_file_that_canvas_gave(self, course, tmp_path):
        names = archive(
            course, tmp_path, "lovelaceada_101_9001_small.ipynb", "satotaro_LATE_102_9002_small-1.ipynb"
        )
        found, attention = packed(course, System.CANVAS, names, tmp_path)
        assert found == ["lovelaceada_101_9001_small.html", "satotaro_LATE_102_9002_small-1.html"]
        assert [canvas_reading(name) for name in found] == [[101, 9001], [102, 9002]]
        assert attention == ()

    def test_a_student_who_handed_in_an_archive_has_its_name(self, course, tmp_path):
        inner = archive(course, tmp_path, "small.ipynb").read_bytes()
        names = tmp_path / "of_canvas.zip"
        with zipfile.ZipFile(names, "w") as packed_again:
            packed_again.writestr("lovelaceada_101_9001_work.zip", inner)
        found, _ = packed(course, System.CANVAS, names, tmp_path)
        assert found == ["lovelaceada_101_9001_work.html"]

    def test_a_table_is_refused(self, course, tmp_path):
        (tmp_path / "gradebook.csv").write_text("id\ns1\n")
        with pytest.raises(CourseError, match="Canvas needs the archive of submissions"):
            packed(course, System.CANVAS, tmp_path / "gradebook.csv", tmp_path)


def test_the_same_pages_make_the_same_archive(course, tmp_path):
    names = archive(course, tmp_path, "lovelaceada_101_9001_small.ipynb")
    made = [
        delivery.zipped(course, writer.write(course), "small", System.CANVAS, names, tmp_path / name).path
        for name in ("one.zip", "two.zip")
    ]
    assert made[0].read_bytes() == made[1].read_bytes()


class TestMailMerge:
    def test_each_page_is_a_line_with_address_score_and_file(self, course, tmp_path):
        grade(course, "s3", task=0.0)
        made = delivery.mail_merge(course, writer.write(course), tmp_path / "mail.csv")
        with open(made.path, encoding="utf-8-sig", newline="") as file:
            lines = {line["id"]: line for line in csv.DictReader(file)}
        assert lines["s1"] == {
            "id": "s1",
            "name": "Ada Lovelace",
            "email": "ada@example.org",
            "assignment": "small",
            "points": "9",
            "max_points": "9",
            "not_marked_yet": "0",
            "final": "yes",
            "file": str(writer.page_path(course, "s1", "small")),
        }
        assert (lines["s2"]["points"], lines["s2"]["max_points"], lines["s2"]["final"]) == ("5", "5", "no")
        assert lines["s2"]["name"] == "佐藤 太郎"
        assert [one.what for one in made.attention] == ["s3"]
