"""The report says for the whole class who had a written answer before the results."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from autograder.collecting.beforehand import Moment, Standing, When
from autograder.commands.console import write_json
from autograder.report.classroom import Classroom
from autograder.report.data import data
from autograder.report.early import early
from tests.report.classes import classroom, items_of, score
from tests.report.pages import Reader, rendered

MONDAY = Moment(at=datetime(2026, 11, 9, 3, 0, tzinfo=UTC))
LATER = Moment(at=MONDAY.at + timedelta(days=3))
STANDINGS = {
    "ada": None,
    "bob": Standing(when=When.WITH, first=LATER),
    "cyd": Standing(when=When.REMOVED, first=MONDAY, text="what stood there"),
    "dan": Standing(when=When.CHANGED, first=MONDAY, changed=LATER, text="what stood there"),
    "eve": Standing(when=When.BEFORE, first=replace(MONDAY, collected=True)),
}


def made(allocated: dict[str, str] | None = None) -> Classroom:
    items = {"theme_a": items_of("theme_a", ("hypothesis",), t=1.0, hypothesis=4.0)}
    found = classroom(
        items, {(name, "theme_a"): score(t=1.0, hypothesis=3.0) for name in STANDINGS}, allocated=allocated
    )
    answers = {(name, "theme_a"): (("hypothesis", standing),) for name, standing in STANDINGS.items()}
    return replace(found, beforehand=answers)


def test_those_with_an_early_answer_come_first_and_those_without_any_last():
    [question] = early(made())
    assert [student for student, _ in question.answers] == ["eve", "dan", "cyd", "bob", "ada"]
    assert question.before == 3


def test_a_theme_that_does_not_count_for_a_student_is_not_listed():
    [question] = early(made({"ada": "theme_a", "bob": "theme_b", "eve": "theme_a"}))
    assert "bob" not in dict(question.answers)


def test_the_page_lists_them_in_english():
    text = Reader(rendered(made())).text
    assert "theme_ a · hypothesis: 3 of 5 had one before the results" in text
    assert "eve handed in 2026-11-09 03:00 +0000 or earlier, before the results" in text
    assert "bob handed in 2026-11-12 03:00 +0000, only with the results" in text
    assert "ada no answer" in text


def test_the_page_lists_them_in_japanese():
    text = Reader(rendered(made(), language="ja")).text
    assert "theme_ a · hypothesis: 5 人中 3 人が結果より前に提出" in text
    assert "dan 提出 2026-11-09 03:00 +0000（結果より前）、変更 2026-11-12 03:00 +0000（結果の後）" in text
    assert "ada 記述なし" in text


def test_another_program_reads_it_with_the_times(tmp_path):
    write_json(tmp_path / "report.json", data(made()))
    [question] = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["early"]
    assert [one["when"] for one in question["answers"]] == ["before", "changed", "removed", "with", "none"]
    assert question["answers"][0] == {
        "student": "eve",
        "when": "before",
        "handed_in": "2026-11-09T03:00:00+00:00",
        "or_earlier": True,
        "changed": None,
    }


def test_a_class_without_such_questions_has_no_such_part():
    plain = replace(made(), beforehand={})
    assert early(plain) == ()
    assert 'id="early"' not in rendered(plain)
