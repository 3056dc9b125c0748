"""Marks go out as a table and come back; nothing that others have marked meanwhile is overwritten."""

from __future__ import annotations

import csv
import io

import nbformat
import pytest

from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.gradebook import marking
from autograder.gradebook.marking import MarkChange
from autograder.marking import sheets
from tests import small_course
from tests.feedback.graded import grade, notebook

SCHEME = """### Discussion

=== BEGIN MARK SCHEME ===
**0** Blank.

**1** A conclusion.

**2** A number.
=== END MARK SCHEME ==="""


@pytest.fixture
def course(registered: Course) -> Course:
    grade(registered, "ada")
    grade(registered, "bob", notebook(registered, reply="=SUM(A1)"), task=2.0, comment="- So so.")
    source = small_course.source()
    small_course.cell_of(source, "task").source = SCHEME
    nbformat.write(source, registered.source / "small" / "small.ipynb")
    return registered


def table(course: Course) -> dict[str, dict[str, str]]:
    lines = csv.DictReader(io.StringIO(sheets.text(course, "small").removeprefix("\ufeff")))
    return {line["student"]: line for line in lines}


def marks(course: Course) -> dict[str, tuple[float | None, str]]:
    return {one.student: (one.points, one.comment) for one in marking.read(course, "small", "task")}


def test_it_has_answers_and_what_is_marked_and_no_formulas(course):
    lines = table(course)
    assert lines["ada"]["answer"] == "It is what adding gives."
    assert (lines["ada"]["level"], lines["ada"]["points"]) == ("", "")
    assert (lines["bob"]["level"], lines["bob"]["points"], lines["bob"]["max_points"]) == ("1", "2", "4")
    assert (lines["bob"]["answer"], lines["bob"]["comment"]) == ("'=SUM(A1)", "'- So so.")


def test_levels_are_read_with_the_delimiters_of_the_course(course):
    settings = course.root / "nbgrader_config.py"
    settings.write_text(
        settings.read_text(encoding="utf-8")
        + 'c.ClearMarkScheme.begin_mark_scheme_delimeter = "BEGIN KEY"\nc.ClearMarkScheme.end_mark_scheme_delimeter = "END KEY"\n',
        encoding="utf-8",
    )
    source = small_course.source()
    small_course.cell_of(source, "task").source = SCHEME.replace("MARK SCHEME", "KEY")
    nbformat.write(source, course.source / "small" / "small.ipynb")
    assert table(Course(course.root))["bob"]["level"] == "1"


def test_as_it_went_out_it_changes_nothing(course):
    before = marks(course)
    taken = sheets.take(course, table(course).values())
    assert (taken.written, taken.unchanged, taken.attention) == (0, 2, ())
    assert marks(course) == before


def test_levels_points_and_comments_come_back(course):
    lines = table(course)
    lines["ada"].update(level="2", comment="Good.")
    lines["bob"].update(points="3")
    taken = sheets.take(course, lines.values())
    assert (taken.written, taken.attention) == (2, ())
    assert marks(course) == {"ada": (4.0, "Good."), "bob": (3.0, "- So so.")}


def test_what_somebody_has_marked_meanwhile_stays_and_is_said(course):
    lines = table(course)
    lines["ada"]["level"] = "2"
    [ada, _] = marking.read(course, "small", "task")
    marking.put(course, [MarkChange(key=ada.key, version=ada.version, points=1.0, comment="Mine.")])
    taken = sheets.take(course, lines.values())
    assert taken.written == 0
    assert [one.what for one in taken.attention] == ["line 2: ada/small/task"]
    assert "somebody else has marked it" in taken.attention[0].why
    assert marks(course)["ada"] == (1.0, "Mine.")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"level": "7"}, "level 7 is none of 0 to 2"),
        ({"points": "many"}, "points is no number: 'many'"),
        ({"points": "-1"}, "points are a number from 0 on"),
        ({"student": "eve"}, "the gradebook has no such answer"),
    ],
)
def test_a_line_that_cannot_be_taken_stops_no_other(course, change, why):
    lines = table(course)
    lines["ada"].update(change)
    lines["bob"]["level"] = "2"
    taken = sheets.take(course, lines.values())
    assert taken.written == 1
    assert why in taken.attention[0].why


def test_another_table_is_refused(course):
    with pytest.raises(CourseError, match="no column assignment, question"):
        sheets.take(course, [{"id": "ada"}])
    with pytest.raises(CourseError, match="there is no assignment 'other'; there are small"):
        sheets.text(course, "other")
