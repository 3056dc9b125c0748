"""A time is read as it was meant, with its zone, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from autograder.course.times import read_time

NOON = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-05 21:00:00 JST",
        "2026-11-05 21:00 jst",
        "2026-11-05 21:00:00.000000 JST",
        "2026-11-05 21:00 +0900",
        "2026-11-05 21:00 +09:00",
        "2026-11-05 21:00+09",
        "2026-11-05T21:00:00+09:00",
        "2026-11-05 21:00 UTC+9",
        "2026-11-05 21:00 GMT+0900",
        "2026-11-05 21:00 Asia/Tokyo",
        "2026/11/05 21:00 Asia/Tokyo",
        "2026年11月5日 21:00 JST",
        "2026年 11月 5日(木曜日) 21:00 +0900",
        "2026年11月5日（木） 21:00 JST",
        "Thursday, 5 November 2026, 9:00 PM JST",
        "Thursday, November 5, 2026, 9:00 PM JST",
        "2026年11月5日 午後 9:00 JST",
        "2026年11月5日 木曜日 21時00分 JST",
        "2026年11月5日（木）午後9時00分 JST",
        "2026年11月5日21:00 JST",
        "2026-11-05 12:00:00 UTC",
        "2026-11-05 12:00:00.000000 UTC\n",
        "2026-11-05 12:00:00",
        "2026-11-05T12:00:00Z",
        "2026-11-05T12:00:00.123Z",
        "2026-11-05 07:00 -0500",
        "2026-11-05 07:00 America/New_York",
    ],
)
def test_a_time_with_a_zone_is_that_time(text):
    found = read_time(text)
    assert found is not None
    assert found.replace(microsecond=0) == NOON
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["2026-11-05 21:00", "2026-11-05 9:00 PM", "2026年11月5日 21:00", "5 November 2026, 9:00 PM"]
)
def test_a_time_without_a_zone_is_of_the_zone_that_is_given(text):
    assert read_time(text, TOKYO) == NOON


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-05", "2026-11-05 23:59"),
        ("2026年11月5日", "2026-11-05 23:59"),
        ("5 November 2026", "2026-11-05 23:59"),
        ("2026-11-05 00:00", "2026-11-05 00:00"),
        ("2026年11月5日 9時30分", "2026-11-05 09:30"),
        ("2026-11-05 9pm", "2026-11-05 21:00"),
        ("2026-11-05 2130", "2026-11-05 21:30"),
        ("2026-11-01", "2026-11-01 23:59"),  # a day of 25 hours
        ("2026-03-08", "2026-03-08 23:59"),  # and one of 23
    ],
)
def test_only_a_day_alone_is_its_end(text, expected):
    zone = ZoneInfo("America/New_York")
    found = read_time(text, zone, end_of_day=True)
    assert found is not None
    assert f"{found.astimezone(zone):%Y-%m-%d %H:%M}" == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "10",
        "12:00",
        "2026",
        "2026-13-45 12:00",
        "2026-11-05 25:00",
        "2026-11-05 12:00 CST",
        "2026-11-05 12:00 Mars/Olympus",
        "2026-11-05 12:00 ../../etc/passwd",
        "2026-11-05 12:00 +9900",
        "I handed it in on 2026-11-05 12:00 UTC",
        "0000-00-00 00:00:00",
        "2026-11-05 " * 50,
        "\x00" * 20,
        "9999-12-31 23:59 -0900",
    ],
)
def test_what_is_no_time_for_certain_is_none(text):
    assert read_time(text) is None
