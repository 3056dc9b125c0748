"""Students' questions about a score, and what became of them: `requests.csv` in the course folder.

A request is a text that the page of feedback prepares:

    assignment: lesson2_parameters
    student: sato
    exercise: linear_parameters
    why: The formula in the text has no bias.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime

from autograder.course import tables
from autograder.course.folder import Course
from autograder.course.spreadsheets import harmless, plain
from autograder.course.times import shown_time
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.gradebook import scores
from autograder.text import clean_text

__all__ = ["FILE", "Request", "answer", "parse", "read", "take"]

FILE = "requests.csv"
LONGEST = 4_000
_KEYS = {
    "assignment": ("assignment", "課題"),
    "student": ("student", "学生"),
    "exercise": ("exercise", "問題"),
    "why": ("why", "理由"),
}
_LINE = re.compile(r"^[>\s]*([^\W\d_]+)\s*[:：]\s*(.*)$")


@dataclass(frozen=True, kw_only=True)
class Request:
    """One question about a score.

    Attributes:
        number: Its number in the course, from 1 on.
        received: When it came.
        student: Who asks.
        exercise: Which part of it, in the student's words.
        why: Why the student thinks so.
        before: The score when it came; "" where there was none.
        answer: What was decided; "" where it waits.
        after: The score when it was answered.
        answered: When that was.
        before_of: All points of the assignment when it came.
        after_of: All its points when it was answered: other ones where a question was taken out.
    """

    number: int
    received: str
    student: str
    assignment: str
    exercise: str
    why: str
    before: str = ""
    answer: str = ""
    after: str = ""
    answered: str = ""
    before_of: str = ""
    after_of: str = ""

    @property
    def waits(self) -> bool:
        """Whether nobody has answered it."""
        return not self.answer

    @property
    def was(self) -> str:
        """The score when it came, of how many points where that has changed; "" where there was none."""
        return self._of_all(self.before, self.before_of)

    @property
    def now(self) -> str:
        """The score when it was answered, likewise."""
        return self._of_all(self.after, self.after_of)

    def _of_all(self, score: str, points: str) -> str:
        other = self.before_of and self.after_of and self.before_of != self.after_of
        return f"{score} / {points}" if score and other else score


_COLUMNS = tuple(field.name for field in fields(Request))
_LATER = ("before_of", "after_of")
"""Columns that files of earlier versions lack."""


def parse(text: str) -> dict[str, str]:
    """What a text says, by `assignment`, `student`, `exercise` and `why`; what it leaves out is missing.

    Lines in front, such as those of an e-mail, and marks of quoting are passed over; `why` goes on to the end.
    """
    found: dict[str, str] = {}
    for line in text[: 4 * LONGEST].splitlines():
        parts = _LINE.match(line)
        key = next((key for key, names in _KEYS.items() if parts and parts[1].lower() in names), None)
        if parts and key and key not in found:
            found[key] = parts[2].strip()
        elif "why" in found:
            found["why"] += "\n" + line.lstrip("> ").rstrip()
    return {key: clean_text(value.strip(), LONGEST) for key, value in found.items() if value.strip()}


def read(course: Course) -> tuple[Request, ...]:
    """All requests, the oldest first.

    Raises:
        CourseError: The file has other columns, or a number that is none.
    """
    path = course.root / FILE
    if not path.is_file():
        return ()
    found = []
    for place, row in tables.read_rows(path, [one for one in _COLUMNS if one not in _LATER], _COLUMNS):
        if not row["number"].isdecimal():
            raise CourseError(f"{path}, line {place}: '{row['number']}' is no number of a request")
        told = {name: plain(row.get(name, "")) for name in _COLUMNS[1:]}
        found.append(Request(number=int(row["number"]), **told))
    return tuple(found)


def take(course: Course, answers: Mapping[str, str], now: datetime | None = None) -> Request | None:
    """Keep a request; None where it is there already.

    Args:
        answers: See `parse`.

    Raises:
        CourseError: It does not say who asks about which assignment and why, or the course has no such.
    """
    missing = [key for key in ("student", "assignment", "why") if key not in answers]
    if missing:
        raise CourseError(f"the request does not say {' and '.join(missing)}")
    if answers["assignment"] not in course.assignments():
        raise CourseError(
            f"the request is about '{answers['assignment']}', which is no assignment of this course"
        )
    name = answers["student"], answers["assignment"]
    known = set(scores.read(course).people) | set(course.students())
    if name[0] not in known:
        raise CourseError(f"the request is from '{name[0]}', and no student has that id")
    every = read(course)
    before, before_of = _score(course, name)
    request = Request(
        number=max((one.number for one in every), default=0) + 1,
        received=shown_time(now or datetime.now(UTC), course.zone),
        student=name[0],
        assignment=name[1],
        exercise=answers.get("exercise", ""),
        why=answers["why"],
        before=before,
        before_of=before_of,
    )
    content = (*name, request.exercise, request.why)
    if any((one.student, one.assignment, one.exercise, one.why) == content for one in every):
        return None
    _write(course, (*every, request))
    return request


def answer(course: Course, number: int, text: str, now: datetime | None = None) -> Request:
    """Keep what was decided about a request, with the score that the student has by now.

    Raises:
        CourseError: There is no such request.
    """
    every = read(course)
    place = next((place for place, one in enumerate(every) if one.number == number), None)
    if place is None:
        raise CourseError(
            f"there is no request {number}; there are {', '.join(str(one.number) for one in every) or 'none'}"
        )
    asked = every[place]
    after, after_of = _score(course, (asked.student, asked.assignment))
    answered = replace(
        asked,
        answer=clean_text(text.strip(), LONGEST),
        after=after,
        after_of=after_of,
        answered=shown_time(now or datetime.now(UTC), course.zone),
    )
    _write(course, [*every[:place], answered, *every[place + 1 :]])
    return answered


def _score(course: Course, name: tuple[str, str]) -> tuple[str, str]:
    """A student's score, and all points of the assignment; empty where there is none."""
    book = scores.read(course)
    score = book.scores.get(name)
    return ("", "") if score is None else (f"{score.total:g}", f"{book.max_points(name[1]):g}")


def _write(course: Course, requests) -> None:
    lines = [_COLUMNS, *([harmless(str(value)) for value in astuple(one)] for one in requests)]
    write_whole(course.root / FILE, tables.written(lines, "\n"))
