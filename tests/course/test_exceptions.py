"""The file of agreements says one thing for certain, or is refused with its line."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from autograder.course.exceptions import FILE, Agreement, Exceptions, read_exceptions, write_exceptions
from autograder.errors import CourseError

AGREED = Exceptions(
    agreements=(
        Agreement(student="ito", assignment="lesson1", until="2026-12-08 23:59 +0900", note="ill, 病気"),
        Agreement(student="sato", assignment="lesson2", until="excused"),
        Agreement(student="tanaka", assignment="", until="left"),
    )
)


def test_what_is_written_is_read_again(tmp_path):
    write_exceptions(tmp_path, AGREED)
    found = read_exceptions(tmp_path)
    assert found == AGREED
    assert found.extended == {("ito", "lesson1"): datetime(2026, 12, 8, 14, 59, tzinfo=UTC)}
    assert found.excused == {("sato", "lesson2")}
    assert found.left == {"tanaka"}


def test_a_new_agreement_replaces_the_old_one_about_the_same():
    agreed = AGREED.agreed([Agreement(student="ito", assignment="lesson1", until="excused")])
    assert agreed.excused == {("ito", "lesson1"), ("sato", "lesson2")}
    assert not agreed.extended


@pytest.mark.parametrize(
    "line",
    [
        "ito,lesson1,2026-12-08 23:59,",  # of which zone?
        "ito,lesson1,Friday,",
        "ito,lesson1,,",
        "ito,,excused,",
        "ito,lesson1,left,",
        ",lesson1,excused,",
        "sato,lesson2,2026-12-08 23:59 +0900,",  # twice
    ],
)
def test_a_line_that_says_nothing_for_certain_is_refused(tmp_path, line):
    (tmp_path / FILE).write_text(f"student,assignment,until,note\nsato,lesson2,excused,\n{line}\n")
    with pytest.raises(CourseError, match="line 3"):
        read_exceptions(tmp_path)


def test_other_columns_are_refused(tmp_path):
    (tmp_path / FILE).write_text("who,what\nsato,lesson2\n")
    with pytest.raises(CourseError, match="needs the columns student, assignment, until"):
        read_exceptions(tmp_path)
