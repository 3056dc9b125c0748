"""Bounds that a course sets are those of its submissions."""

from __future__ import annotations

import pytest
from traitlets.config import Config

from autograder.course.settings import CourseSettings, limits_of, seconds_of
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


@pytest.mark.parametrize("section", ["Execute", "ExecutePreprocessor", "NotebookClient"])
def test_what_nbgraders_own_settings_give_a_cell_is_what_it_has(section):
    config = Config()
    config[section].timeout = 900
    found = limits_of(settings({"test_seconds": 5}), seconds=seconds_of(config))
    assert (found.cell_seconds, found.waiting_seconds, found.check_seconds) == (900, 900, 900)
    assert found.notebook_seconds > 900
    assert found.test_seconds == 5  # the course's own setting for this engine


def test_a_short_time_of_nbgraders_is_short_here():
    found = limits_of(settings(), seconds=seconds_of(Config(Execute=Config(timeout=2))))
    assert found.cell_seconds == found.test_seconds == found.waiting_seconds == 2
    assert found.notebook_seconds == Limits().notebook_seconds


@pytest.mark.parametrize("timeout", [None, -1])
def test_where_nbgrader_would_wait_for_ever_there_is_an_hour(timeout):
    assert seconds_of(Config(Execute=Config(timeout=timeout))) == 3600


def test_nbgraders_own_default_is_no_setting():
    assert seconds_of(Config(ClearSolutions=Config(code_stub={}))) is None


def test_a_timeout_that_is_no_number_is_said_so():
    with pytest.raises(CourseError, match="nbgrader_config.py: .*timeout"):
        seconds_of(Config(Execute=Config(timeout="long")))


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
