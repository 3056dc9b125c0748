"""How often each student has handed in: a line is kept before a submission is graded, and never changed."""

from __future__ import annotations

import json
import os
from datetime import datetime, tzinfo
from pathlib import Path

__all__ = ["Attempts"]


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

    def note(self, student: str, assignment: str, content: str, at: datetime) -> None:
        """Count an attempt, on the disk before this returns; the same content counts once.

        Args:
            student: The student's id.
            assignment: The assignment's id.
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
