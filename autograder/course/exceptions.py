"""What a teacher has agreed with single students: more time, an excuse, or that they have left the course.

All of it is in one file of the course folder, `exceptions.csv`, which commands and people write:

    student,assignment,until,note
    ito,lesson1,2026-12-08 23:59 +0900,ill
    sato,lesson2,excused,
    tanaka,,left,
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

from autograder.course import tables
from autograder.course.times import names_its_zone, read_time
from autograder.errors import CourseError
from autograder.files import write_whole

__all__ = ["EXCUSED", "FILE", "LEFT", "Agreement", "Exceptions", "read_exceptions", "write_exceptions"]

FILE = "exceptions.csv"
EXCUSED = "excused"
LEFT = "left"
COLUMNS = ("student", "assignment", "until", "note")


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """One line of the file.

    Attributes:
        student: The student's id.
        assignment: The assignment's id; "" for one who has left.
        until: A time with its zone, `EXCUSED` or `LEFT`.
        note: For people.
    """

    student: str
    assignment: str
    until: str
    note: str = ""

    @property
    def name(self) -> tuple[str, str]:
        """What it is about; there is one agreement about each."""
        return self.student, self.assignment


@dataclass(frozen=True, kw_only=True)
class Exceptions:
    """All agreements of a course."""

    agreements: tuple[Agreement, ...] = ()

    @property
    def left(self) -> frozenset[str]:
        """Students who have left the course."""
        return frozenset(one.student for one in self.agreements if one.until == LEFT)

    @property
    def excused(self) -> frozenset[tuple[str, str]]:
        """Each (student, assignment) that is neither expected nor counted."""
        return frozenset(one.name for one in self.agreements if one.until == EXCUSED)

    @property
    def extended(self) -> dict[tuple[str, str], datetime]:
        """For each (student, assignment) with a date of its own, that date, in UTC."""
        times = {
            one.name: read_time(one.until) for one in self.agreements if one.until not in (EXCUSED, LEFT)
        }
        return {name: time for name, time in times.items() if time is not None}

    def later(self, due: Mapping[str, datetime | None]) -> dict[tuple[str, str], datetime]:
        """For each (student, assignment) with more time than the class has, until when, in UTC.

        Args:
            due: For each assignment's id, when it is due for the class, with a zone.
        """
        return {
            name: until
            for name, until in self.extended.items()
            if (of_all := due.get(name[1])) is None or until > of_all
        }

    def agreed(self, agreements: Iterable[Agreement]) -> Exceptions:
        """With some more; what was agreed before about the same is replaced."""
        every = {one.name: one for one in (*self.agreements, *agreements)}
        return Exceptions(agreements=tuple(every[name] for name in sorted(every)))

    def without(self, names: Iterable[tuple[str, str]]) -> Exceptions:
        """Without what was agreed about some (student, assignment)."""
        gone = set(names)
        return Exceptions(agreements=tuple(one for one in self.agreements if one.name not in gone))


def read_exceptions(folder: Path) -> Exceptions:
    """Read a course's agreements; none where there is no file.

    Raises:
        CourseError: The file has other columns, a line that says nothing for certain, or two about the same. A
            misspelt one would otherwise cost the student points without a word.
    """
    path = folder / FILE
    if not path.is_file():
        return Exceptions()
    found: dict[tuple[str, str], Agreement] = {}
    for number, row in tables.read_rows(path, COLUMNS[:3], COLUMNS):
        one = _agreement(row, f"{path}, line {number}")
        if one.name in found:
            raise CourseError(
                f"{path}, line {number}: a second line about {' and '.join(filter(None, one.name))}"
            )
        found[one.name] = one
    return Exceptions(agreements=tuple(found.values()))


def _agreement(row: dict[str, str], where: str) -> Agreement:
    one = Agreement(**{name: row.get(name, "").strip() for name in COLUMNS})
    if not one.student or (one.until == LEFT) != (not one.assignment):
        raise CourseError(
            f"{where}: expected a student and an assignment, or a student, no assignment and '{LEFT}'; "
            f"got '{one.student}', '{one.assignment}', '{one.until}'"
        )
    if one.until not in (EXCUSED, LEFT) and not names_its_zone(one.until):
        raise CourseError(
            f"{where}: 'until' is '{EXCUSED}', '{LEFT}', or a time with its zone such as 2026-12-08 23:59 +0900; "
            f"got '{one.until}'"
        )
    return one


def write_exceptions(folder: Path, exceptions: Exceptions) -> Path:
    """Write the file; returns its path."""
    lines = map(astuple, exceptions.agreements)
    write_whole(folder / FILE, tables.written([COLUMNS, *lines], "\n"))
    return folder / FILE
