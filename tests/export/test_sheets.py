"""Cells of files that spreadsheets open."""

from __future__ import annotations

import csv
import io

import pytest

from autograder.course.spreadsheets import harmless, plain
from autograder.export.sheets import cells_csv, nbgrader_csv
from autograder.gradebook.database import CellMark
from autograder.gradebook.marks import number
from tests.export.made_marks import made


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "－1", "'=1", "''+1"]
)
def test_what_a_spreadsheet_would_run_is_made_text(text):
    assert harmless(text) == f"'{text}"
    assert plain(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "山田", "s1", "a=b", "O'Brien", "'quoted'", "x@example.jp"])
def test_everything_else_stays_as_it_is(text):
    assert harmless(text) == plain(text) == text


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (None, ""),
        (0.0, "0"),
        (7.0, "7"),
        (7.5, "7.5"),
        (2 / 3, "0.66667"),
        (123456.25, "123456.25"),
        (1e-9, "0"),
    ],
)
def test_scores_have_no_digits_that_say_nothing(score, text):
    assert number(score) == text


def test_nbgrader_s_own_columns_are_whole_whatever_names_hold():
    lines = list(csv.DictReader(io.StringIO(nbgrader_csv(made({("s2", "small"): 7.5})).text(), newline="")))
    assert [line["student_id"] for line in lines] == ["s1", "s2", "s3", "s4"]
    assert lines[1]["last_name"] == "O'Brien, Jr."
    assert lines[1]["first_name"] == 'Taro "T"'
    assert (lines[1]["score"], lines[1]["max_score"], lines[1]["needs_manual_grade"]) == (
        "7.5",
        "9.0",
        "False",
    )
    assert (lines[0]["score"], lines[0]["raw_score"], lines[0]["timestamp"]) == ("", "0.0", "")
    assert lines[2]["last_name"].startswith("'=")


def test_sums_of_decimals_are_written_as_people_add_them():
    sheet = nbgrader_csv(made({("s2", "small"): 0.1 + 0.1 + 0.1}))
    lines = list(csv.DictReader(io.StringIO(sheet.text(), newline="")))
    assert (lines[1]["raw_score"], lines[1]["score"]) == ("0.3", "0.3")


def test_each_cell_has_a_line():
    marks = made({("s1", "small"): 3.0})
    cell = CellMark(points=3.0, max_points=2.0, auto_points=2.0, extra=1.0)
    marks.by_name["s1", "small"].graded.cells["test_scale"] = cell
    [line] = csv.DictReader(io.StringIO(cells_csv(marks).text(), newline=""))
    assert (line["cell"], line["score"], line["manual_score"], line["extra_credit"]) == (
        "test_scale",
        "3.0",
        "",
        "1.0",
    )
