"""Attempts are counted once each, and survive a crash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from autograder.gradebook.attempts import Attempts

NOON = datetime(2030, 5, 1, 12, tzinfo=UTC)


def test_each_content_counts_once_on_its_day(tmp_path):
    attempts = Attempts(tmp_path / "state" / "attempts", UTC)
    for content in ("a", "b", "a"):
        attempts.note("ada", "one", content, NOON)
    attempts.note("ada", "one", "c", NOON + timedelta(days=1))
    attempts.note("ada", "one", "a", NOON + timedelta(days=1))
    attempts.note("bob", "one", "a", NOON)
    again = Attempts(tmp_path / "state" / "attempts", UTC)
    for known in (attempts, again):
        assert known.on(NOON, "ada", "one") == 2
        assert known.on(NOON + timedelta(days=1), "ada", "one") == 1
        assert known.on(NOON, "ada", "two") == 0
        assert known.has("bob", "one", "a")


def test_a_line_that_was_cut_off_is_lost_and_no_other(tmp_path):
    path = tmp_path / "attempts"
    attempts = Attempts(path, UTC)
    attempts.note("ada", "one", "a", NOON)
    attempts.note("ada", "one", "b", NOON)
    path.write_bytes(path.read_bytes()[:-20])
    attempts = Attempts(path, UTC)
    assert attempts.on(NOON, "ada", "one") == 1
    attempts.note("ada", "one", "c", NOON)
    assert Attempts(path, UTC).on(NOON, "ada", "one") == 2


def test_lines_of_anything_else_are_no_attempts(tmp_path):
    path = tmp_path / "attempts"
    path.write_bytes(b'{}\n[1]\n["a","b",[],"2030-01-01"]\n["a","b","c","then"]\n\xff\n')
    assert Attempts(path, UTC).on(NOON, "a", "b") == 0


def test_a_day_is_that_of_the_course(tmp_path):
    attempts = Attempts(tmp_path / "attempts", timezone(timedelta(hours=9)))
    attempts.note("ada", "one", "a", NOON)  # nine in the evening
    assert attempts.on(NOON + timedelta(hours=2), "ada", "one") == 1
    assert attempts.on(NOON + timedelta(hours=4), "ada", "one") == 0
