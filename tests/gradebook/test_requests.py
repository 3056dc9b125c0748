"""Questions about scores are kept once, with what was decided and both scores."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from nbgrader.api import Gradebook

from autograder.commands import request as command
from autograder.errors import CourseError
from autograder.gradebook import requests
from tests import small_course

TEXT = """Dear teacher,

> assignment: small
> student: ada
> exercise: scale
> why: The text says "times", and mine multiplies.
> Look at the second line.
"""
NOW = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)


@pytest.fixture
def course(registered):
    small_course.submit(registered, "ada")
    with Gradebook(registered.directory.db_url, registered.directory.course_id) as gradebook:
        gradebook.add_student("ada")
        submission = gradebook.add_submission("small", "ada")
        for grade in submission.notebooks[0].grades:
            grade.auto_score, grade.needs_manual_grade = 1.0, False
        gradebook.db.commit()
    return registered


def test_a_text_in_an_e_mail_is_understood():
    assert requests.parse(TEXT) == {
        "assignment": "small",
        "student": "ada",
        "exercise": "scale",
        "why": 'The text says "times", and mine multiplies.\nLook at the second line.',
    }


def test_a_text_in_japanese_is_understood():
    said = requests.parse("課題：small\n学生：ada\n問題：scale\n理由：掛け算です。")
    assert said == {"assignment": "small", "student": "ada", "exercise": "scale", "why": "掛け算です。"}


def test_a_request_is_kept_once_and_answered_with_both_scores(course):
    request = requests.take(course, requests.parse(TEXT), NOW)
    assert requests.take(course, requests.parse(TEXT), NOW) is None
    assert (request.number, request.waits) == (1, True)
    before = request.before
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        grade = gradebook.find_submission_notebook("small", "small", "ada").grades[0]
        grade.manual_score = 2.0
        gradebook.db.commit()
    answered = requests.answer(course, 1, "You are right.", NOW)
    assert answered == requests.read(course)[0]
    assert not answered.waits
    assert float(answered.after) == float(before) + 1.0
    assert answered.why == request.why
    assert (answered.was, answered.now) == (before, answered.after)


def test_a_score_of_other_points_than_before_says_of_how_many(course):
    requests.take(course, requests.parse(TEXT), NOW)
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        gradebook.find_grade_cell("test_scale", "small", "small").max_score = 0.0
        gradebook.db.commit()
    answered = requests.answer(course, 1, "It is not counted any more.", NOW)
    assert (answered.was, answered.now) == (f"{answered.before} / 9", f"{answered.after} / 7")


def test_a_file_of_before_these_columns_is_read(course):
    requests.take(course, requests.parse(TEXT), NOW)
    path = course.root / requests.FILE
    path.write_text(path.read_text().replace(",before_of,after_of", "").replace(",9,\n", "\n"))
    [one] = requests.read(course)
    assert (one.was, one.before_of) == (one.before, "")


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"assignment": "small", "student": "ada"}, "does not say why"),
        ({"why": "x"}, "does not say student and assignment"),
        ({"assignment": "big", "student": "ada", "why": "x"}, "'big', which is no assignment"),
        ({"assignment": "small", "student": "eve", "why": "x"}, "'eve', and no student"),
    ],
)
def test_a_text_that_says_too_little_is_refused(course, said, words):
    with pytest.raises(CourseError, match=words):
        requests.take(course, said)
    assert requests.read(course) == ()


def test_nothing_of_a_student_s_text_is_lost_or_becomes_a_line_of_its_own(course):
    said = {"assignment": "small", "student": "ada", "why": 'a,"b"\n2,ada,small\n\x1b[31m=1+1'}
    requests.take(course, said)
    [one] = requests.read(course)
    assert one.why == said["why"]


def test_a_reason_is_no_formula_in_a_spreadsheet(course):
    requests.take(course, {"assignment": "small", "student": "ada", "why": "=HYPERLINK(1)"})
    assert ",'=HYPERLINK(1)," in (course.root / requests.FILE).read_text()
    assert requests.read(course)[0].why == "=HYPERLINK(1)"
    assert requests.take(course, {"assignment": "small", "student": "ada", "why": "=HYPERLINK(1)"}) is None


def test_the_command_takes_what_it_understands_and_names_the_rest(course, tmp_path, capsys):
    (tmp_path / "good.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe\x00")
    paths = [tmp_path / name for name in ("good.txt", "bad.txt", "none.txt")]
    assert command.take(course.root, paths).status == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "1 new request." in printed
    assert "it is not text in UTF-8" in printed
    assert "cannot be read" in printed
    assert command.take(course.root, paths[:1]).status == 0
    assert "0 new requests, 1 text had been taken before." in " ".join(capsys.readouterr().out.split())
    command.overview(course.root)
    assert "1 request, 1 without an answer." in capsys.readouterr().out


def test_an_answer_to_no_request_is_refused(course):
    with pytest.raises(CourseError, match="there is no request 7; there are none"):
        command.answer(course.root, 7, "no")
