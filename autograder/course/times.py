"""Read a time as people and systems write it, and guess no time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from dateutil import parser

from autograder.errors import CourseError

__all__ = ["local_zone", "names_its_zone", "read_time", "shown_time"]

MAX_LETTERS = 100
ABBREVIATIONS = {"utc": 0, "gmt": 0, "z": 0, "jst": 9, "kst": 9}
"""Hours east of Greenwich of those abbreviations that mean one zone only."""

_DATE = re.compile(
    r"\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}|\d{1,2} [A-Za-z]{3,9},? \d{4}|[A-Za-z]{3,9} \d{1,2},? \d{4}"
)
_OFFSET = re.compile(
    r"(?<=[\d\sA-Za-z])(?:UTC|GMT)?(?P<sign>[-+])(?P<hours>\d{1,2}):?(?P<minutes>\d{2})?$", re.I
)
_ZONE = re.compile(r"(?<=[\d\s])(?P<zone>[A-Za-z]{1,5}|[A-Za-z_]+/[A-Za-z_/+-]+)$")
_HALF_OF_DAY = ("am", "pm")
_JAPANESE = re.compile(
    r"(\d{4})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日(?:\s*[(（][^()（）]{1,3}[)）]|\s*[月火水木金土日]曜日)?"
)
_OF_DAY = re.compile(r"(\d{1,2})\s*時\s*(\d{1,2})\s*分")
_HALVES = {" AM": re.compile(r"午前\s*(\d{1,2}:\d{2})"), " PM": re.compile(r"午後\s*(\d{1,2}:\d{2})")}


def read_time(text: str, zone: tzinfo = UTC, end_of_day: bool = False) -> datetime | None:
    """A time in UTC; None where the text is none for certain.

    Understood are dates with year, month and day in the forms of ISO 8601, of nbgrader and of Moodle, in
    English and Japanese, followed by nothing, an offset (+0900, +09:00, UTC+9), an abbreviation that
    means one zone only (UTC, JST), or the name of a zone (Asia/Tokyo).

    Args:
        zone: Where the text names none.
        end_of_day: Whether a day alone is its last minute; otherwise it is its first.
    """
    text = _OF_DAY.sub(r"\1:\2", _JAPANESE.sub(r"\1-\2-\3 ", text.strip())).strip()
    for half, written in _HALVES.items():
        text = written.sub(rf"\1{half}", text)
    if len(text) > MAX_LETTERS or not _DATE.search(text):
        return None
    try:
        text, zone = _without_zone(text, zone)
        naive, other = (parser.parse(text, default=datetime(1, 1, 1, hour), ignoretz=True) for hour in (0, 1))
        if end_of_day and naive != other:
            naive = naive.replace(hour=23, minute=59)
        return naive.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError, TypeError, ZoneInfoNotFoundError):
        return None


def names_its_zone(text: str) -> bool:
    """Whether a text is a time for certain, wherever it is read."""
    found = {read_time(text, timezone(timedelta(hours=hours))) for hours in (0, 1)}
    return len(found) == 1 and None not in found


def local_zone(name: str) -> tzinfo:
    """The zone of this name, such as Asia/Tokyo; this machine's where it is empty.

    Raises:
        CourseError: There is none.
    """
    try:
        return ZoneInfo(name) if name else datetime.now().astimezone().tzinfo or UTC
    except (ZoneInfoNotFoundError, ValueError):
        raise CourseError(f"there is no time zone '{name}'; expected a name such as Asia/Tokyo") from None


def shown_time(time: datetime, zone: tzinfo) -> str:
    """A time as `read_time` reads it again: '2026-12-08 23:59 +0900'."""
    return time.astimezone(zone).strftime("%Y-%m-%d %H:%M %z")


def _without_zone(text: str, zone: tzinfo) -> tuple[str, tzinfo]:
    time_of_day = text.find(":")
    offset = _OFFSET.search(text)
    if offset and 0 <= time_of_day < offset.start():
        minutes = int(offset["hours"]) * 60 + int(offset["minutes"] or 0)
        return text[: offset.start()], timezone(
            timedelta(minutes=minutes) * (-1 if offset["sign"] == "-" else 1)
        )
    named = _ZONE.search(text)
    if not named or named["zone"].lower() in _HALF_OF_DAY:
        return text, zone
    text, name = text[: named.start()], named["zone"]
    if name.lower() in ABBREVIATIONS:
        return text, timezone(timedelta(hours=ABBREVIATIONS[name.lower()]))
    if "/" not in name:
        raise ValueError(f"{name} may be any of several time zones")
    return text, ZoneInfo(name)
