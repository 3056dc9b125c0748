"""Bounds that a course sets are those of its submissions."""

from __future__ import annotations

import pytest

from autograder.course.settings import CourseSettings, limits_of
from autograder.errors import CourseError
from autograder.kernel.limits import Limits


def settings(limits=None, limits_of=None) -> CourseSettings:
    return CourseSettings(limits=limits or {}, limits_of=limits_of or {})


def test_without_settings_they_are_the_usual_ones():
    assert limits_of(settings()) == limits_of(settings(), "lesson1") == Limits()


def test_an_assignment_has_its_own_beside_the_courses():
    made = settings({"cell_seconds": 45, "processes": 16}, {"theme_*": {"cell_seconds": 90.5}})
    assert limits_of(made, "lesson1") == limits_of(made) == Limits(cell_seconds=45.0, processes=16)
    assert limits_of(made, "theme_a") == Limits(cell_seconds=90.5, processes=16)


def test_of_two_patterns_the_later_counts():
    made = settings(limits_of={"theme_*": {"test_seconds": 1}, "theme_a": {"test_seconds": 2}})
    assert limits_of(made, "theme_a").test_seconds == 2


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        ({"seconds": 3}, r"limits has no bound 'seconds'; there are cell_seconds, "),
        ({"__class__": 3}, "no bound"),
        ({"cell_seconds": 0}, "cell_seconds is 0; expected a number above 0"),
        ({"cell_seconds": -1.5}, "expected a number above 0"),
        ({"cell_seconds": "60"}, "cell_seconds is '60'"),
        ({"cell_seconds": True}, "expected a number"),
        ({"cell_seconds": float("nan")}, "expected a number"),
        ({"memory_bytes": float("inf")}, "expected a number"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(bounds, words):
    with pytest.raises(CourseError, match=words):
        limits_of(settings(bounds))
    with pytest.raises(CourseError, match="limits_of"):
        limits_of(settings(limits_of={"*": bounds}), "lesson1")
