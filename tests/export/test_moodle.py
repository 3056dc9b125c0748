"""Moodle's grade import and grading worksheets: read back as Moodle reads them."""

from __future__ import annotations

import csv
import io
import re

import pytest

from autograder.errors import CourseError
from autograder.export import moodle
from tests.export.made_marks import made

HEADER = [
    "Identifier",
    "Full name",
    "ID number",
    "Email address",
    "Status",
    "Grade",
    "Maximum grade",
    "Last modified (submission)",
    "Last modified (grade)",
    "Feedback comments",
]
WORKSHEET = [
    HEADER,
    ["Participant 501", "山田 花子", "s1", "", "Submitted", "", "9.00", "-", "-", "- as before"],
    ["Participant 502", "Somebody", "", "taro@example.ac.jp", "Submitted", "4.00", "9.00", "-", "-", ""],
    ["Participant 503", "=cmd()", "s3", "", "No submission", "", "9.00", "-", "-", ""],
    [
        "Participant 504",
        "佐藤 健",
        "",
        "",
        "Submitted",
        "",
        "9.00",
        "-",
        "Monday, 2 November 2026, 1:00 PM",
        "",
    ],
]
JAPANESE = [
    ["ID", "氏名", "メールアドレス", "ステータス", "評点", "最大評点", "最終更新日時 (評定)"],
    ["参加者501", "山田 花子", "hanako@example.ac.jp", "提出済み", "", "9.00", "-"],
]


def rows(sheet) -> list[list[str]]:
    return list(csv.reader(io.StringIO(sheet.text(), newline="")))


def grades(sheet, name: str = "Grade") -> dict[str, str]:
    """For each participant's number, the grade, as `importgradeslib.php` reads them."""
    header, *lines = rows(sheet)
    assert all(len(line) == len(header) for line in lines)
    return {re.sub(r"\D", "", line[0]): line[header.index(name)] for line in lines}


class TestGradeImport:
    def test_one_column_says_who_and_one_is_each_assignment_s(self):
        marks = made({("s1", "a"): 7.5, ("s1", "b"): 1.0, ("s2", "a"): 2.0}, {"a": 9.0, "b": 4.0})
        sheet = moodle.new(marks)
        assert rows(sheet) == [
            ["ID number", "Surname", "First name", "a", "b"],
            ["s1", "山田", "花子", "7.5", "1"],
            ["s2", "O'Brien, Jr.", 'Taro "T"', "2", ""],
        ]

    def test_it_says_that_moodle_clears_grades_where_a_cell_is_empty(self):
        marks = made({("s1", "a"): 7.5}, {"a": 9.0, "b": 4.0})
        assert (
            "1 cell without a score, where Moodle clears the grade it has"
            in moodle.new(marks).attention[0].why
        )
        assert moodle.new(made({("s1", "small"): 7.5})).attention == ()

    def test_a_line_without_an_identifier_is_never_written(self):
        """Moodle gives its grades to the student of the line above."""
        sheet = moodle.new(made({("s1", "small"): 1.0, ("s4", "small"): 2.0}), "email")
        assert [row[0] for row in rows(sheet)] == ["Email address", "hanako@example.ac.jp"]
        assert [one.what for one in sheet.attention] == ["s4"]

    def test_it_says_that_moodle_refuses_more_than_a_hundred_points(self):
        sheet = moodle.new(made({("s1", "small"): 101.0}, {"small": 120.0}))
        assert "over 100" in sheet.attention[0].why

    def test_names_are_no_formulas(self):
        assert rows(moodle.new(made({("s3", "small"): 1.0})))[1][1] == '\'=HYPERLINK("http://x")'


class TestWorksheet:
    def test_grades_are_filled_in_and_all_else_stays(self):
        marks = made({("s1", "small"): 7.25, ("s2", "small"): None, ("s4", "small"): 3.0})
        sheet = moodle.filled(WORKSHEET, marks)
        assert grades(sheet) == {"501": "7.25", "502": "4.00", "503": "", "504": "3"}
        assert sheet.attention == ()
        before, after = [list(map(list, lines)) for lines in (WORKSHEET, rows(sheet))]
        for lines in (before, after):
            for line in lines[1:]:
                line[1] = line[5] = ""
        assert after == before

    def test_a_name_is_no_formula(self):
        assert rows(moodle.filled(WORKSHEET, made({})))[3][1] == "'=cmd()"

    def test_it_is_understood_in_japanese(self):
        assert grades(moodle.filled(JAPANESE, made({("s1", "small"): 8.0})), "評点") == {"501": "8"}

    def test_another_maximum_is_said_once_and_converted_on_demand(self):
        sheet = [HEADER, *([*row[:6], "100.00", *row[7:]] for row in WORKSHEET[1:])]
        marks = made({("s1", "small"): 4.5, ("s2", "small"): 9.0})
        assert len(moodle.filled(sheet, marks).attention) == 1
        scaled = moodle.filled(sheet, marks, scale=True)
        assert scaled.attention == ()
        assert grades(scaled) == {"501": "50", "502": "100", "503": "", "504": ""}

    def test_more_than_moodle_s_maximum_is_said(self):
        sheet = moodle.filled(WORKSHEET, made({("s1", "small"): 10.0}))
        assert [(one.what, "Moodle skips it" in one.why) for one in sheet.attention] == [("s1/small", True)]

    def test_a_score_that_has_no_line_is_said(self):
        sheet = moodle.filled(WORKSHEET[:2], made({("s4", "small"): 1.0}))
        assert "no line for 1 student, not exported: 佐藤 健 (s4)" in sheet.attention[0].why

    def test_namesakes_are_not_filled(self):
        twice = [*WORKSHEET, ["Participant 505", "佐藤 健", "", "", "Submitted", "", "9.00", "-", "-", ""]]
        sheet = moodle.filled(twice, made({("s4", "small"): 1.0}))
        assert "several lines of the file may be theirs" in sheet.attention[0].why
        assert grades(sheet)["504"] == grades(sheet)["505"] == ""

    def test_it_belongs_to_one_assignment(self):
        with pytest.raises(CourseError, match="belongs to one assignment"):
            moodle.filled(WORKSHEET, made({}, {"a": 1.0, "b": 1.0}))

    @pytest.mark.parametrize("lines", [[], [["id", "Grade"]], [HEADER[:5]]])
    def test_another_file_is_refused(self, lines):
        with pytest.raises(CourseError, match="not a grading worksheet of Moodle"):
            moodle.filled(lines, made({}))
