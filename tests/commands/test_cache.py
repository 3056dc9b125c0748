"""`autograder cache`: what is kept, and removing what has not been used."""

from __future__ import annotations

import os
import time

import pytest

from autograder.commands import cache as results
from autograder.course.lock import working_alone
from autograder.errors import GraderBusy
from autograder.grading.cache import ResultCache
from autograder.grading.record import Record, Records
from autograder.grading.results import Execution
from tests import small_course

NOW = 1_000 * results.DAY


@pytest.fixture
def kept(course):
    """Three results: two of an assignment, and one that no submission uses any more."""
    cache = ResultCache(course.state / "results")
    for key, days in (("a" * 64, 1), ("b" * 64, 3), ("c" * 64, 40)):
        cache.write(key, Execution(cells=()))
        used = NOW - days * results.DAY
        os.utime(cache._path(key), (used, used))
    for student, key in (("ada", "a" * 64), ("bob", "b" * 64)):
        Records(course.state / "records").write(
            Record(student=student, notebook="small", content="", circumstances="", key=key)
        )
    small_course.write(course.state / "records" / "small" / "damaged.json", b"{")
    return course


def test_results_are_listed_by_assignment_with_number_size_and_age(kept):
    unused, small = results.listing(kept, NOW)
    assert (small.assignment, small.number, small.newest, small.oldest) == ("small", 2, 1.0, 3.0)
    assert (unused.assignment, unused.number) == (results.UNUSED, 1)
    assert small.size == 2 * unused.size > 0


def test_pruning_removes_what_has_not_been_used_for_so_many_days(kept, monkeypatch, capsys):
    monkeypatch.setattr(time, "time", lambda: NOW)
    results.cache(kept.root, prune=30)
    said = capsys.readouterr().out
    assert "1 results removed" in said
    assert [one.assignment for one in results.listing(kept, NOW)] == ["small"]


def test_listing_removes_nothing_and_says_what_is_not_used_any_more(kept, capsys):
    results.cache(kept.root)
    said = " ".join(capsys.readouterr().out.split())
    assert "of earlier tests or notebooks" in said
    assert "gradebook" not in said
    assert len(ResultCache(kept.state / "results").entries()) == 3


def test_a_course_without_results_has_an_empty_list(course):
    assert results.listing(course, NOW) == []


def test_nothing_is_pruned_while_a_grader_is_at_work(kept):
    with working_alone(kept.state), pytest.raises(GraderBusy):
        results.cache(kept.root, prune=0)
    assert len(ResultCache(kept.state / "results").entries()) == 3
