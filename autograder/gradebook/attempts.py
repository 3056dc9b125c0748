"""How often each student has handed in: a line is kept before a submission is graded, and never changed.

What is over the attempts of a day waits: `autograder watch` does not grade it, and feedback says so.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path

from autograder.course.folder import Course
from autograder.grading.record import Records, content_hash
from autograder.submission.submissions import find

__all__ = ["Attempts", "PutOff", "attempts_of", "content_of", "is_newer", "put_off"]


@dataclass(frozen=True, kw_only=True)
class PutOff:
    """That a student's newest submission waits, because the attempts of its day are used up.

    Attributes:
        allowed: How many there are on a day.
        until: When it is graded: when the next day begins, or at the deadline; with a zone.
    """

    allowed: int
    until: datetime


class Attempts:
    """The attempts of a course.

    Args:
        path: The file; made where it does not exist. A line that was cut off by a crash counts for nothing.
        zone: Where a day begins and ends.
    """

    def __init__(self, path: Path, zone: tzinfo) -> None:
        self._zone = zone
        self._path = path
        self._found: dict[tuple[str, str], dict[str, datetime]] = {}
        self._torn = False
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            self._torn = bool(text) and not text.endswith("\n")
            for line in text.splitlines():
                self._read(line)

    def _read(self, line: str) -> None:
        try:
            student, assignment, content, at = json.loads(line)
            self._found.setdefault((student, assignment), {})[content] = datetime.fromisoformat(at)
        except (ValueError, TypeError):
            return

    def on(self, now: datetime, student: str, assignment: str) -> int:
        """How many there were on the day of a time."""
        day = now.astimezone(self._zone).date()
        times = self._found.get((student, assignment), {}).values()
        return sum(at.astimezone(self._zone).date() == day for at in times)

    def has(self, student: str, assignment: str, content: str) -> bool:
        """Whether this content has been counted."""
        return content in self._found.get((student, assignment), {})

    def put_off(
        self, now: datetime, student: str, assignment: str, allowed: int, due: datetime | None
    ) -> PutOff | None:
        """What becomes of a submission that is not among the attempts; None where it may be graded now.

        Args:
            now: The time, with a zone.
            allowed: Attempts a day before the deadline; 0 for any number.
            due: The student's deadline, with a zone; None where there is none.
        """
        if not allowed or self.on(now, student, assignment) < allowed or (due is not None and now >= due):
            return None
        tomorrow = now.astimezone(self._zone).date() + timedelta(days=1)
        midnight = datetime.combine(tomorrow, time(), self._zone)
        return PutOff(allowed=allowed, until=midnight if due is None else min(midnight, due))

    def note(self, student: str, assignment: str, content: str, at: datetime) -> None:
        """Count an attempt, on the disk before this returns; the same content counts once.

        Args:
            content: The hash of what was handed in.
            at: Now, with a time zone.
        """
        if self.has(student, assignment, content):
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps([student, assignment, content, at.isoformat()])
        with self._path.open("a", encoding="utf-8") as file:
            file.write(("\n" if self._torn else "") + line + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._torn = False
        self._read(line)


def attempts_of(course: Course) -> Attempts:
    """Those of a course; `autograder watch` notes them."""
    return Attempts(course.state / "attempts", course.zone)


def content_of(course: Course, student: str, assignment: str) -> str:
    """The hash of all that a student has in submitted/ for an assignment; "" where there is nothing."""
    names = course.notebooks(assignment)
    found = [find(course.submitted, student, name, names) for name in names]
    return "".join(content_hash(one.path) for one in found if one is not None)


def _content_graded(course: Course, student: str, assignment: str) -> str:
    records = Records.of(course)
    kept = [records.read(student, name) for name in course.notebooks(assignment)]
    return "".join(one.content for one in kept if one is not None)


def is_newer(course: Course, student: str, assignment: str) -> bool:
    """Whether submitted/ has another submission than the one that was graded, as far as that is known."""
    if assignment not in course.assignments():
        return False  # its source was renamed or removed; what was graded stays, and is exported
    graded = _content_graded(course, student, assignment)
    return bool(graded) and content_of(course, student, assignment) not in ("", graded)


def put_off(
    course: Course, attempts: Attempts, student: str, assignment: str, due: datetime | None, now: datetime
) -> PutOff | None:
    """Whether a student's newest submission waits; one that was graded, by whatever command, does not.

    Args:
        due: The student's deadline, with a zone; None where there is none.
        now: The time, with a zone.
    """
    waits = attempts.put_off(now, student, assignment, course.settings.attempts_per_day, due)
    if waits is None:
        return None
    content = content_of(course, student, assignment)
    known = ("", _content_graded(course, student, assignment))
    return None if content in known or attempts.has(student, assignment, content) else waits
