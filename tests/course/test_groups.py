"""Which assignments count for whom: one answer for everybody who asks."""

from __future__ import annotations

import pytest

from autograder.course.groups import Group, Groups, read_groups
from autograder.errors import CourseError

THEME = Group(name="theme", pattern="theme_*")
GROUPS = Groups(groups=(THEME,), chosen={"theme": {"ada": "theme_a"}})


@pytest.mark.parametrize(
    ("student", "assignment", "counts", "expected"),
    [
        ("ada", "theme_a", True, True),
        ("ada", "theme_b", False, False),
        ("ada", "lesson", True, True),
        ("bob", "theme_a", True, False),
        ("bob", "lesson", True, True),
    ],
)
def test_of_a_group_only_what_was_chosen_counts_and_is_expected(student, assignment, counts, expected):
    assert GROUPS.counts(student, assignment) is counts
    assert GROUPS.expects(student, assignment) is expected


def test_a_course_without_groups_counts_and_expects_everything():
    assert Groups().counts("ada", "theme_b")
    assert Groups().expects("ada", "theme_b")


def test_two_groups_are_chosen_from_separately(tmp_path):
    (tmp_path / "themes.csv").write_text("student,theme\nada,theme_b\n")
    (tmp_path / "essays.csv").write_text("student,essay\nada,essay_x\nbob,essay_y\n")
    essay = Group(name="essay", pattern="essay_*")
    groups = read_groups(tmp_path, [THEME, essay], ["theme_a", "theme_b", "essay_x", "essay_y"])
    assert [groups.counts("ada", name) for name in ("theme_a", "theme_b", "essay_x", "essay_y")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert groups.instead("bob", "essay_x") == "essay_y"
    assert groups.students == {"ada", "bob"}


def test_a_file_without_the_groups_column_is_refused(tmp_path):
    (tmp_path / "themes.csv").write_text("student,topic\nada,theme_b\n")
    with pytest.raises(CourseError, match="needs the columns student, theme, and may have choice; got"):
        read_groups(tmp_path, [THEME])
