"""`autograder collect`, `roster` and `export`: what they print, and their exit status."""

from __future__ import annotations

import csv
import errno
import io
import os
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.commands.collect import roster_of
from autograder.commands.roster import drop, fill_gradebook
from autograder.errors import CourseError
from autograder.gradebook import requests
from autograder.grading import grader
from tests import small_course
from tests.grading.pools import FakePool

ROSTER = "学籍番号,氏名,メールアドレス\ns1,山田 花子,h@example.jp\ns2,[red]Mallory[/],m@example.jp\n"
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum grade,Last modified (submission),Last modified (grade)\n"
    'Participant 501,山田 花子,h@example.jp,Submitted,,9.00,"Thursday, 5 November 2026, 11:59 PM",-\n'
)


@pytest.fixture
def archive(registered, tmp_path):
    def make(*names: str):
        path = tmp_path / "archive.zip"
        data = nbformat.writes(small_course.answered(registered)).encode()
        with zipfile.ZipFile(path, "w") as written:
            for name in names:
                written.writestr(name, data)
        return path

    return make


@pytest.fixture
def files(tmp_path):
    (tmp_path / "roster.csv").write_text(ROSTER, encoding="cp932")
    (tmp_path / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8")
    return tmp_path


class TestCollect:
    def test_what_needs_attention_comes_first_then_counts_then_who_is_missing(
        self, run, registered, archive, files
    ):
        path = archive(
            "山田 花子_501_assignsubmission_file/small.ipynb", "[bold]x_9_assignsubmission_file/small.ipynb"
        )
        status, out, _ = run(
            "collect", path, "--from", "moodle", "--roster", files / "roster.csv", "--course", registered.root
        )
        assert status == 1
        places = [
            out.index(words) for words in ("Needs attention", "[bold]x", "Collected", "Nothing for small")
        ]
        assert places == sorted(places)
        assert out.count("[bold]x") == 2
        assert "Nothing for small from 1 student: [red]Mallory[/] (s2)" in out
        assert (registered.submitted / "s1" / "small" / "small.ipynb").is_file()

    def test_a_question_about_a_score_is_kept_for_the_student_who_handed_it_in(
        self, run, registered, archive, files
    ):
        path = archive("s1/small.ipynb", "s1/request.txt", "s2/small.ipynb")
        text = "assignment: small\nstudent: s2\nexercise: scale\nwhy: It is right.\n"
        with zipfile.ZipFile(path) as old:
            content = {name: old.read(name) for name in old.namelist()}
        with zipfile.ZipFile(path, "w") as new:
            for name, data in content.items():
                new.writestr(name, text if name.endswith("request.txt") else data)
        options = ("--from", "plain", "--roster", files / "roster.csv", "--course", registered.root)
        status, out, _ = run("collect", path, *options)
        assert status == 0, out
        assert "1 question about scores" in out
        [one] = requests.read(registered)
        assert (one.student, one.exercise) == ("s1", "scale")

    def test_status_0_where_everything_was_collected(self, run, registered, archive, files):
        path = archive("s1/small.ipynb", "s2/small.ipynb")
        options = ("--from", "plain", "--roster", files / "roster.csv", "--course", registered.root)
        status, out, _ = run("collect", path, *options)
        assert status == 0
        assert "Nobody is missing for small." in out
        assert "Needs attention" not in out

    def test_of_what_is_due_it_says_where_times_are_to_be_had(self, run, registered, archive, files):
        run("deadline", "small", "2026-11-05 12:00 JST", "--course", registered.root)
        path = archive("山田 花子_501_assignsubmission_file/small.ipynb")
        options = ("--from", "moodle", "--roster", files / "roster.csv", "--course", registered.root)
        status, out, _ = run("collect", path, *options)
        assert status == 1
        assert "nothing says when 1 submission came in" in " ".join(out.replace("│", " ").split())
        worksheet = ("--roster", files / "worksheet.csv", "--timezone", "Asia/Tokyo")
        status, out, _ = run("collect", path, *options, *worksheet)
        assert (status, "nothing says when" in out) == (0, False)

    def test_the_roster_is_remembered_in_the_gradebook(self, run, registered, archive, files):
        run("roster", files / "roster.csv", "--course", registered.root)
        status, out, _ = run(
            "collect", archive("s9/small.ipynb"), "--from", "plain", "--course", registered.root
        )
        assert status == 1
        assert "nobody on the roster is called 's9'" in out

    def test_a_dry_run_writes_nothing_not_even_the_roster(self, run, registered, archive, files):
        options = (
            "--from",
            "plain",
            "--roster",
            files / "roster.csv",
            "--course",
            registered.root,
            "--dry-run",
        )
        status, out, _ = run("collect", archive("s1/small.ipynb"), *options)
        assert status == 0
        assert "Nothing was changed" in out
        assert not registered.submitted.exists()
        with Gradebook(registered.directory.db_url, registered.directory.course_id) as gradebook:
            assert gradebook.students == []

    def test_moodle_s_worksheet_beside_a_roster_gives_times(self, run, registered, archive, files):
        path = archive("Participant_501_assignsubmission_file/small.ipynb")
        rosters = ("--roster", files / "roster.csv", "--roster", files / "worksheet.csv")
        options = ("--from", "moodle", "--timezone", "Asia/Tokyo", "--course", registered.root)
        assert run("collect", path, *rosters, *options)[0] == 0
        stamp = registered.submitted / "s1" / "small" / "timestamp.txt"
        assert stamp.read_text() == "2026-11-05 14:59:00 UTC"

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["--from", "blackboard"], "blackboard"),
            (["--from", "plain", "--assignment", "smal"], "there is no assignment 'smal'; there are small"),
            (["--from", "plain", "--roster", "nowhere.csv"], "nowhere.csv does not exist"),
            (["--from", "moodle", "--timezone", "Mars/Base"], "there is no time zone 'Mars/Base'"),
            ([], "--from"),
        ],
    )
    def test_status_2_for_a_wrong_call_without_a_traceback(self, run, registered, archive, arguments, words):
        status, _, err = run("collect", archive("s1/small.ipynb"), *arguments, "--course", registered.root)
        assert status == 2
        assert words in err
        assert "Traceback" not in err

    def test_status_2_for_what_is_no_archive(self, run, registered, tmp_path):
        (tmp_path / "x.zip").write_bytes(b"no archive")
        status, out, err = run("collect", tmp_path / "x.zip", "--from", "plain", "--course", registered.root)
        assert (status, out) == (2, "")
        assert "neither a zip archive nor a folder" in err

    def test_two_rosters_are_refused(self, registered, files):
        with pytest.raises(CourseError, match="there are 2 rosters"):
            roster_of(registered, [files / "roster.csv", files / "roster.csv"])

    def test_a_worksheet_alone_is_a_roster(self, registered, files):
        assert roster_of(registered, [files / "worksheet.csv"]).ids == ["h@example.jp"]

    def test_without_any_roster_there_is_none_and_no_gradebook_is_made(self, course):
        assert roster_of(course, []) is None
        assert not (course.root / "gradebook.db").exists()


class TestRoster:
    def test_students_whom_collect_cannot_find_are_named_first(self, run, registered, files):
        (files / "ids.csv").write_text("id,name\ns7,\ns8,Jane Doe\ns9,\n")
        status, out, _ = run("roster", files / "ids.csv", "--course", registered.root)
        words = " ".join(out.replace("│", " ").split())
        assert status == 1
        assert words.startswith("Needs attention")
        assert "is known of 2 students" in words
        assert "add the columns name and email: s7, s9" in words
        assert "written to the gradebook." in words

    def test_a_name_that_the_gradebook_has_from_before_is_enough(self, run, registered, files):
        course = ("--course", registered.root)
        assert "Needs attention" not in run("roster", files / "roster.csv", *course)[1]
        (files / "ids.csv").write_text("id\ns1\ns2\n")
        assert "Needs attention" not in run("roster", files / "ids.csv", *course)[1]

    @pytest.mark.parametrize("written", ["12345", "0012345.0", "００１２３４５", "'0012345"])
    def test_nobody_gets_a_second_id_because_a_spreadsheet_rewrote_the_first(
        self, registered, files, written
    ):
        path = files / "ids.csv"
        path.write_text("id,name\n0012345,Jane Doe\n")
        fill_gradebook(registered.root, path)
        path.write_text(f"id,name\n{written},Jane Doe\n")
        with pytest.raises(CourseError, match=f"'{written}' for '0012345'; make the column text"):
            fill_gradebook(registered.root, path)
        drop(registered.root, ["0012345"])
        assert fill_gradebook(registered.root, path).status == 0

    def test_two_ids_that_were_there_before_stay_two(self, registered, files):
        path = files / "ids.csv"
        path.write_text("id,name\n007,Jane Doe\n7,John Doe\n")
        assert [fill_gradebook(registered.root, path).status for _ in range(2)] == [0, 0]


class TestExport:
    def test_what_needs_attention_comes_first(self, run, registered, files):
        run("roster", files / "roster.csv", "--course", registered.root)
        small_course.submit(registered, "s1")
        status, out, _ = run("export", "--to", "canvas", "--course", registered.root)
        assert status == 1
        assert out.startswith("Needs attention")
        assert "handed in, but not graded" in out
        assert "[red]Mallory" in (registered.root / "grades-canvas.csv").read_text(encoding="utf-8")
        assert "grades-canvas.csv" in out.splitlines()[-2]

    def test_what_nbgrader_config_says_holds_where_no_option_says_otherwise(self, run, registered, files):
        run("roster", files / "roster.csv", "--course", registered.root)
        config = registered.root / "nbgrader_config.py"
        config.write_text(
            config.read_text(encoding="utf-8") + '\nc.LmsExporter.missing = "zero"\n', encoding="utf-8"
        )
        output = ("--output", files / "x.csv", "--course", registered.root)
        run("export", "small", "--to", "moodle", *output)
        assert "s1,山田,花子,0" in (files / "x.csv").read_text(encoding="utf-8")
        run("export", "small", "--to", "moodle", "--missing", "empty", *output)
        assert "s1" not in (files / "x.csv").read_text(encoding="utf-8")

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["smal"], "the gradebook has no assignment 'smal'"),
            (["--to", "csv", "--template", "x.csv"], "--template means nothing for --to csv"),
            (["--to", "moodle", "--column", "small=x"], "--column means nothing for --to moodle"),
            (["--to", "canvas", "--column", "small"], "--column is ASSIGNMENT=TITLE"),
            (["--to", "canvas", "--missing", "none"], "--missing is 'empty' or 'zero'"),
            (["--to", "canvas", "--template", "nowhere.csv"], "nowhere.csv does not exist"),
        ],
    )
    def test_status_2_for_a_wrong_call_with_one_sentence(self, run, registered, arguments, words):
        status, out, err = run("export", *arguments, "--course", registered.root)
        assert (status, out) == (2, "")
        assert words in err
        assert err.count("\n") == 1


def test_a_class_goes_from_canvas_s_archive_to_canvas_s_gradebook(
    run, registered, archive, files, monkeypatch
):
    monkeypatch.setattr(grader, "run_all", FakePool())
    exported = files / "canvas.csv"
    exported.write_text(
        "Student,ID,SIS Login ID,Section,The small one (991)\n    Points Possible,,,,9\n"
        '"山田, 花子",71,h@example.jp,A,\n"=Doe, Jane",72,jane,A,3\n',
        encoding="utf-8-sig",
    )
    course = ("--course", registered.root)
    path = archive(
        "山田花子_71_9001_small.ipynb", "janedoe_LATE_72_9002_small-1.ipynb".replace("janedoe", "doejane")
    )
    status, out, _ = run("collect", path, "--from", "canvas", "--roster", exported, *course)
    assert status == 0, out
    assert "Canvas marked jane/small as late" in out
    assert run("grade", *course)[0] == 0
    with Gradebook(registered.directory.db_url, registered.directory.course_id) as gradebook:
        task = gradebook.find_grade("task", "small", "small", "h@example.jp")
        task.manual_score, task.needs_manual_grade = 4.0, False
        gradebook.db.commit()
    options = ("--template", exported, "--column", "small=The small one", "--output", files / "out.csv")
    status, out, _ = run("export", "--to", "canvas", *options, *course)
    assert status == 1  # the answer of the other student waits for a person
    assert "written answers are not marked in 1 submission" in " ".join(out.split())
    rows = list(csv.reader(io.StringIO((files / "out.csv").read_text(encoding="utf-8"))))
    assert [row[-1] for row in rows] == ["The small one (991)", "9", "9", "3"]
    assert [row[1] for row in rows] == ["ID", "", "71", "72"]


class TestAFileSystemThatRefuses:
    """One sentence with the file and the next step, and nothing half written."""

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EFBIG, errno.EDQUOT])
    def test_ends_with_one_sentence(self, run, registered, archive, monkeypatch, number):
        def refuse(path, content):
            raise OSError(number, os.strerror(number))

        path = archive("s1/small.ipynb")
        monkeypatch.setattr(Path, "write_bytes", refuse)
        status, _, err = run("collect", path, "--from", "plain", "--course", registered.root)
        assert status == 2
        assert os.strerror(number) in err
        assert "small.ipynb" in err
        assert "run the same command again" in err
        assert not list(registered.submitted.rglob("*.new"))

    def test_something_else_in_the_place_of_a_folder_does_too(self, run, registered, archive):
        registered.submitted.write_text("x")
        path = archive("s1/small.ipynb")
        status, _, err = run("collect", path, "--from", "plain", "--course", registered.root)
        assert status == 2
        assert "Not a directory" in err
