"""What files and gradebook do not say alike is named before points leave the course."""

from __future__ import annotations

import shutil

import pytest

from autograder.commands.roster import drop, fill_gradebook
from autograder.course.folder import Course
from autograder.course.roster import Person, Roster
from autograder.gradebook import marks, roster
from autograder.grading import grader as module
from autograder.grading.grader import Options
from tests import small_course
from tests.grading.pools import FakePool
from tests.recording import grade

PEOPLE = Roster([Person(id="ada", name="Ada Lovelace"), Person(id="eve", name="Eve Noether")])


@pytest.fixture
def course(registered: Course, monkeypatch) -> Course:
    monkeypatch.setattr(module, "run_all", FakePool())
    for student in ("ada", "eve"):
        small_course.submit(registered, student)
    return registered


def said(course: Course) -> list[tuple[str, str]]:
    found = marks.read(course, unfinished="partial")
    return [(one.what, one.why) for one in found.attention if "not marked" not in one.why]


def test_nothing_is_named_where_all_is_as_expected(course):
    roster.fill(course, PEOPLE)
    grade(course, Options())
    (course.root / "exceptions.csv").write_text(
        "student,assignment,until,note\nada,small,2026-11-09 23:59 JST,\neve,small,excused,\n"
    )
    assert said(course) == []


@pytest.mark.parametrize("known", [True, False])
def test_a_folder_of_a_student_who_is_on_no_roster_is_named_where_there_is_one(course, known):
    if known:
        roster.fill(course, PEOPLE)
    small_course.submit(course, "evee")
    grade(course, Options())
    named = [(what, why) for what, why in said(course) if "nobody on the roster" in why]
    assert [what for what, _ in named] == (["submitted/evee"] if known else [])


def test_a_folder_of_who_has_left_is_not_named_any_more(course):
    roster.fill(course, PEOPLE)
    small_course.submit(course, "evee")
    grade(course, Options())
    [(_, why)] = said(course)
    assert "`autograder roster --drop evee`" in why
    drop(course.root, ["evee"])
    assert said(course) == []


def test_the_roster_itself_names_folders_of_students_whom_it_lacks(course):
    (course.root / "roster.csv").write_text("id,name\nada,Ada Lovelace\n")
    done = fill_gradebook(course.root, course.root / "roster.csv")
    assert done.status == 1
    assert [one.what for one in done.data["attention"]] == ["submitted/eve"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("adda,small,2026-11-09 23:59 JST,", "the course has no student 'adda'"),
        ("ada,smal,2026-11-09 23:59 JST,", "the course has no assignment 'smal'"),
        ("adda,small,excused,", "the course has no student 'adda'"),
        ("ada,Small,excused,", "the course has no assignment 'Small'"),
        ("evee,,left,", "the course has no student 'evee'"),
    ],
)
def test_an_agreement_with_nobody_is_named(course, line, words):
    grade(course, Options())
    (course.root / "exceptions.csv").write_text(f"student,assignment,until,note\n{line}\n")
    [(what, why)] = said(course)
    assert what == "exceptions.csv"
    assert words in why


def test_points_whose_submission_is_gone_are_named(course):
    grade(course, Options())
    shutil.rmtree(course.submitted / "eve")
    [(what, why)] = said(course)
    assert what == "small"
    assert "1 graded submission no longer in submitted/, and the points are kept: eve" in why


def test_a_folder_that_was_put_away_as_a_whole_is_not(course):
    grade(course, Options())
    shutil.rmtree(course.submitted)
    assert said(course) == []
