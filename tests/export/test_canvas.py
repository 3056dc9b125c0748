"""Canvas's gradebook: read back as Canvas reads it (see `_imported`)."""

from __future__ import annotations

import csv
import io
import re

import pytest

from autograder.errors import CourseError
from autograder.export import canvas
from tests.export.made_marks import made

HEADER = [
    "Student",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Section",
    "Small (991)",
    "Essay (992)",
    "Final Score",
]
EXPORTED = [
    HEADER,
    ["", "", "", "", "", "Manual Posting", "", ""],
    ["    Points Possible", "", "", "", "", "9.00", "20.00", "(read only)"],
    ["山田, 花子", "71", "x1", "hanako", "A", "", "12", "60"],
    ["O'Brien, Jr., Taro", "72", "", "", "A", "3.00", "11", "60"],
    ["=cmd()", "83", "s3", "", "A", "N/A", "", ""],
    ["佐藤, 健", "84", "", "s4", "A", "1.00", "", ""],
    ["Student, Test", "99", "", "z", "A", "", "", ""],
]


def _imported(text: str) -> tuple[list[str], dict[str, dict[str, str]], dict[str, str]]:
    """Assignments, scores by student number or SIS id, and points possible, as `gradebook_importer.rb` finds them."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    header = rows[0]
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert re.search(r"SIS\s+User\s+ID", header[2])
    assert re.search(r"SIS\s+Login\s+ID", header[3])
    assert "Section" in header[4]
    assert all(len(row) == len(header) for row in rows)
    assignments, scores, possible = header[5:], {}, {}
    for row in rows[1:]:
        if "Points Possible" in row[0]:
            possible = dict(zip(assignments, row[5:], strict=True))
        else:
            scores[row[1] or row[2]] = dict(zip(assignments, row[5:], strict=True))
    return assignments, scores, possible


class TestNew:
    def test_scores_are_found_by_canvas_s_number_or_the_sis_id(self):
        sheet = canvas.new(made({("s1", "small"): 7.5, ("s3", "small"): 0.0}))
        assignments, scores, possible = _imported(sheet.text())
        assert assignments == ["small"]
        assert possible == {"small": "9"}
        assert {who: row["small"] for who, row in scores.items()} == {
            "71": "7.5",
            "72": "",
            "s3": "0",
            "s4": "",
        }

    def test_it_says_that_students_without_a_number_are_less_safe(self):
        [one] = canvas.new(made({})).attention
        assert "no Canvas number is known of 2 students" in one.why
        assert "--template" in one.why

    def test_names_are_whole_and_no_formulas(self):
        rows = list(csv.reader(io.StringIO(canvas.new(made({})).text(), newline="")))
        names = [row[0] for row in rows[2:]]
        assert names == ["山田, 花子", 'O\'Brien, Jr., Taro "T"', '\'=HYPERLINK("http://x"), Ann', "佐藤, 健"]


class TestFilled:
    def test_only_columns_and_students_of_canvas_are_written(self):
        sheet = canvas.filled(EXPORTED, made({("s1", "small"): 7.5, ("s2", "small"): 9.0}))
        assignments, scores, possible = _imported(sheet.text())
        assert assignments == ["Small (991)"]
        assert possible == {"Small (991)": "9.00"}
        assert {who: row["Small (991)"] for who, row in scores.items()} == {
            "71": "7.5",
            "72": "9",
            "83": "N/A",
            "84": "1.00",
        }
        assert sheet.attention == ()

    def test_where_there_is_no_score_what_canvas_has_stays(self):
        _, scores, _ = _imported(canvas.filled(EXPORTED, made({("s2", "small"): None})).text())
        assert scores["72"]["Small (991)"] == "3.00"

    @pytest.mark.parametrize("column", ["Essay", "992", "Essay (992)"])
    def test_a_column_with_another_title_is_named(self, column):
        marks = made({("s1", "small"): 5.0}, {"small": 20.0})
        _, scores, _ = _imported(canvas.filled(EXPORTED, marks, {"small": column}).text())
        assert scores["71"] == {"Essay (992)": "5"}

    def test_a_title_that_there_is_not_is_refused_with_those_there_are(self):
        with pytest.raises(
            CourseError,
            match="no column for 'quiz'.*--column quiz=TITLE.*, or name only the assignments to export: there are Small, Essay",
        ):
            canvas.filled(EXPORTED, made({}, {"quiz": 1.0}))

    def test_a_title_that_stands_twice_is_refused(self):
        twice = [[*row, ""] for row in EXPORTED]
        twice[0][-1] = "SMALL (993)"
        with pytest.raises(CourseError, match="more than one column for 'small'"):
            canvas.filled(twice, made({}))

    def test_another_file_is_refused(self):
        with pytest.raises(CourseError, match="not a gradebook exported from Canvas"):
            canvas.filled([["id", "name"]], made({}))
        with pytest.raises(CourseError, match="not a gradebook exported from Canvas"):
            canvas.filled([], made({}))

    def test_another_maximum_is_said_and_converted_on_demand(self):
        marks = made({("s1", "small"): 6.0}, {"small": 12.0})
        sheet = canvas.filled(EXPORTED, marks)
        assert "maximum of 9 points, the assignment has 12" in sheet.attention[0].why
        assert _imported(sheet.text())[1]["71"]["Small (991)"] == "6"
        scaled = canvas.filled(EXPORTED, marks, scale=True)
        assert scaled.attention == ()
        assert _imported(scaled.text())[1]["71"]["Small (991)"] == "4.5"

    def test_a_score_that_has_no_line_is_said(self):
        sheet = canvas.filled(EXPORTED[:4], made({("s2", "small"): 3.0}))
        [one] = sheet.attention
        assert one.why.endswith('no line for 1 student, not exported: Taro "T" O\'Brien, Jr. (s2)')

    def test_a_score_that_canvas_did_not_ask_for_is_said_and_not_written(self):
        sheet = canvas.filled(EXPORTED, made({("s3", "small"): 3.0}))
        assert "Canvas has not assigned it" in sheet.attention[0].why
        assert _imported(sheet.text())[1]["83"]["Small (991)"] == "N/A"

    def test_two_lines_of_one_name_are_not_filled(self):
        namesakes = [
            *EXPORTED[:3],
            ["佐藤 健", "84", "", "", "A", "", "", ""],
            ["佐藤 健", "85", "", "", "B", "", "", ""],
        ]
        sheet = canvas.filled(namesakes, made({("s4", "small"): 3.0}))
        assert "several lines of the file may be theirs" in sheet.attention[0].why
        assert [row["Small (991)"] for row in _imported(sheet.text())[1].values()] == ["", ""]

    def test_names_from_canvas_are_no_formulas(self):
        assert "\r\n'=cmd()," in canvas.filled(EXPORTED, made({})).text()
