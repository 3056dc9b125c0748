"""Words of pages that are put together from numbers."""

from __future__ import annotations

import pytest

from autograder.feedback.texts import duration


@pytest.mark.parametrize(
    ("seconds", "english", "japanese"),
    [
        (30, "30 seconds", "30 秒"),
        (60, "1 minute", "1 分"),
        (3_599.9, "1 hour", "1 時間"),
        (9 * 3_600 + 31 * 60, "9 hours 31 minutes", "9 時間 31 分"),
        (2 * 86_400, "2 days", "2 日"),
        (86_400 + 3_600 + 60, "1 day 1 hour", "1 日 1 時間"),
        (86_400 + 60, "1 day", "1 日"),
    ],
)
def test_a_time_has_its_two_largest_units(seconds, english, japanese):
    assert (duration(seconds, "en"), duration(seconds, "ja")) == (english, japanese)
