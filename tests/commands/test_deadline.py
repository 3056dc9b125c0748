"""Due dates, more time for a student, excuses and departures, from the command line to nbgrader's own fields."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from nbgrader.api import Gradebook

from autograder.commands import deadline as command
from autograder.commands import roster as roster_command
from autograder.course.exceptions import FILE, read_exceptions
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.gradebook import late, scores
from autograder.report import classroom
from tests import small_course


@pytest.fixture
def handed_in(registered) -> Course:
    """ada handed in on 2 December at 3:00 UTC, and has 4 points; bob has handed in nothing."""
    with open(registered.root / "nbgrader_config.py", "a") as config:
        config.write(
            '\nc.CourseSettings.timezone = "Asia/Tokyo"\n'
            'c.AssignLatePenalties.plugin_class = "autograder.gradebook.penalties.LatePerDay"\n'
        )
    course = Course(registered.root)
    small_course.submit(course, "ada")
    with book(course) as gradebook:
        gradebook.update_or_create_student("bob", first_name="Bob", last_name="Hoskins")
        gradebook.add_student("ada")
        submission = gradebook.add_submission("small", "ada", timestamp="2026-12-02 03:00:00 UTC")
        for grade in submission.notebooks[0].grades:
            grade.auto_score = grade.max_score_gradecell if grade.cell.name != "task" else 0.0
            grade.needs_manual_grade = False
        gradebook.db.commit()
    return course


def book(course: Course) -> Gradebook:
    return Gradebook(course.directory.db_url, course.directory.course_id)


def due(course: Course) -> datetime | None:
    with book(course) as gradebook:
        return gradebook.find_assignment("small").duedate


def extension(course: Course) -> timedelta | None:
    with book(course) as gradebook:
        return gradebook.find_submission("small", "ada").extension


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-12-01 23:59", datetime(2026, 12, 1, 14, 59)),
        ("2026-12-01 23:59 JST", datetime(2026, 12, 1, 14, 59)),
        ("2026-12-01 23:59 +0900", datetime(2026, 12, 1, 14, 59)),
        ("2026-12-01T23:59:00Z", datetime(2026, 12, 1, 23, 59)),
        ("2026年12月1日 23:59", datetime(2026, 12, 1, 14, 59)),
        ("2026-12-01", datetime(2026, 12, 1, 14, 59)),
    ],
)
def test_a_time_becomes_nbgraders_due_date_in_utc(handed_in, text, expected):
    command.deadline(handed_in.root, "small", text, [])
    assert due(handed_in) == expected


@pytest.mark.parametrize("text", ["tomorrow", "2026-13-01", "2026-12-01 23:59 CST", "23:59"])
def test_what_is_no_time_for_certain_changes_nothing(handed_in, text):
    with pytest.raises(CourseError, match="is not a time for certain"):
        command.deadline(handed_in.root, "small", text, [])
    assert due(handed_in) is None


def test_who_is_late_is_said_with_what_it_costs(handed_in, capsys):
    command.deadline(handed_in.root, "small", "2026-12-01 12:00 JST", [])
    printed = capsys.readouterr().out
    assert "ada is late by 1 d 0 h, which costs 0.5 points" in printed
    assert scores.read(handed_in).scores["ada", "small"].penalty == pytest.approx(0.5)


def test_a_deadline_is_taken_away_with_its_penalties(handed_in):
    command.deadline(handed_in.root, "small", "2026-12-01", [])
    command.deadline(handed_in.root, "small", "none", [])
    assert due(handed_in) is None
    assert scores.read(handed_in).scores["ada", "small"].penalty == 0.0


def test_more_time_for_a_student_is_nbgraders_extension_and_ends_the_penalty(handed_in, capsys):
    command.deadline(handed_in.root, "small", "2026-12-01 12:00", [])
    command.deadline(handed_in.root, "small", "2026-12-03 12:00", ["ada"])
    assert extension(handed_in) == timedelta(days=2)
    assert scores.read(handed_in).scores["ada", "small"].total == 5.0
    assert "0 submissions late" in capsys.readouterr().out


def test_an_extension_is_until_a_time_whatever_the_class_has(handed_in):
    command.deadline(handed_in.root, "small", "2026-12-01 12:00", [])
    command.deadline(handed_in.root, "small", "2026-12-03 12:00", ["ada"])
    command.deadline(handed_in.root, "small", "2026-12-02 12:00", [])
    assert extension(handed_in) == timedelta(days=1)


def test_an_extension_that_is_not_later_than_everybodys_deadline_is_none(handed_in, capsys):
    command.deadline(handed_in.root, "small", "2026-12-01 12:00", [])
    command.deadline(handed_in.root, "small", "2026-12-03 12:00", ["ada"])
    capsys.readouterr()
    done = command.deadline(handed_in.root, "small", "2026-12-08 12:00", [])
    assert "ada had until 2026-12-03 12:00 +0900: that is not later any more" in capsys.readouterr().out
    assert done.data["assignments"][0]["extended"] == {}
    assert classroom.read(handed_in).later == {}


def test_an_extension_is_taken_back(handed_in):
    command.deadline(handed_in.root, "small", "2026-12-01 12:00", [])
    command.deadline(handed_in.root, "small", "2026-12-03 12:00", ["ada"])
    command.deadline(handed_in.root, "small", "none", ["ada"])
    assert extension(handed_in) is None
    assert scores.read(handed_in).scores["ada", "small"].penalty > 0


def test_more_time_before_anything_is_handed_in_counts_when_it_is(handed_in):
    command.deadline(handed_in.root, "small", "2026-12-01 12:00", [])
    command.deadline(handed_in.root, "small", "2026-12-05", ["bob"])
    with book(handed_in) as gradebook:
        gradebook.add_submission("small", "bob", timestamp="2026-12-04 03:00:00 UTC")
    late.refresh(handed_in)
    assert scores.read(handed_in).scores["bob", "small"].seconds_late == 0.0


def test_a_student_whom_nobody_knows_is_refused_with_who_may_be_meant(handed_in):
    with pytest.raises(
        CourseError,
        match=r"no student has the id 'bobb'; nothing was changed; did you mean Bob Hoskins \(bob\)",
    ):
        command.deadline(handed_in.root, "small", "2026-12-05", ["bobb"])
    assert not (handed_in.root / FILE).exists()


def test_all_deadlines_and_agreements_are_shown(handed_in, capsys):
    command.deadline(handed_in.root, "small", "2026-12-01 12:00", [])
    command.deadline(handed_in.root, "small", "2026-12-05", ["bob"])
    command.excuse(handed_in.root, "small", ["ada"])
    capsys.readouterr()
    command.overview(handed_in.root)
    printed = capsys.readouterr().out
    assert "2026-12-01 12:00 +0900" in printed
    assert "bob: 2026-12-05 23:59 +0900" in printed
    assert "ada" in printed


def test_who_has_left_is_expected_and_counted_nowhere_until_they_are_taken_back(handed_in):
    roster_command.drop(handed_in.root, ["ada"])
    assert handed_in.students() == []
    assert not handed_in.groups().expects("ada", "small")
    assert not handed_in.groups().counts("ada", "small")
    roster_command.restore(handed_in.root, ["ada"])
    assert handed_in.students() == ["ada"]
    assert read_exceptions(handed_in.root).agreements == ()


def test_nobody_leaves_whom_nobody_knows(handed_in):
    with pytest.raises(CourseError, match="no student has the id 'eve'; nothing was changed"):
        roster_command.drop(handed_in.root, ["bob", "eve"])
    assert not (handed_in.root / FILE).exists()


def test_a_roster_says_who_is_new_gone_and_renamed(handed_in, tmp_path, capsys):
    roster = tmp_path / "roster.csv"
    roster.write_text("id,first_name,last_name\nbob,Bob,Hoskins\ncy,Cy,Twombly\n")
    roster_command.fill_gradebook(handed_in.root, roster)
    capsys.readouterr()
    roster.write_text("id,first_name,last_name\ncy,Cyrus,Twombly\ndee,Dee,Dee\n")
    roster_command.fill_gradebook(handed_in.root, roster)
    printed = " ".join(capsys.readouterr().out.split())
    assert "renamed: Cy Twombly (cy) is Cyrus Twombly now" in printed
    assert "new: Dee Dee (dee)" in printed
    assert "1 student of the gradebook" in printed
    assert "Bob Hoskins (bob)" in printed


def test_a_student_who_has_left_is_not_told_again(handed_in, tmp_path, capsys):
    roster = tmp_path / "roster.csv"
    roster.write_text("id,first_name,last_name\ncy,Cy,Twombly\n")
    roster_command.drop(handed_in.root, ["bob"])
    roster_command.fill_gradebook(handed_in.root, roster)
    assert "not on this roster" not in capsys.readouterr().out
