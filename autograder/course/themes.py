"""Allocate research themes to students: ranked preferences in, a fair optimal assignment out."""

from __future__ import annotations

import csv
import io
import itertools
import math
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from autograder.course.roster import Person, Roster
from autograder.course.tables import id_column, read_lines, read_table
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.text import listed

__all__ = [
    "ALLOCATION_FILE",
    "PREFIX",
    "Allocation",
    "Written",
    "allocate",
    "read_allocation",
    "read_kept",
    "read_preferences",
    "write",
]

ALLOCATION_FILE = "themes.csv"
PREFIX = "theme_"


@dataclass(frozen=True)
class Allocation:
    """One student's theme.

    Attributes:
        student: The student's id.
        theme: The assignment's id.
        choice: 1 for the first choice, and so on; None where the student had not named it.
    """

    student: str
    theme: str
    choice: int | None


def allocate(
    students: Sequence[str],
    preferences: Mapping[str, Sequence[str]],
    themes: Sequence[str],
    capacity: int | None = None,
    seed: int = 0,
    kept: Sequence[Allocation] = (),
) -> list[Allocation]:
    """Give each student one theme such that the sum of the squared ranks is least.

    Squares, because two second choices are kinder than a first and a fourth. Among equally
    good allocations the seed decides, in the same way for all students.

    Args:
        students: Their ids.
        preferences: For some students, themes in order of preference.
        themes: All themes.
        capacity: Students per theme at most; as even as possible where it is not given.
        seed: Decides between equals.
        kept: Allocations that stay as they are, and take places; students who are not among `students`
            come last.

    Raises:
        CourseError: There are more students than places, a student twice, an unknown theme, or
            preferences of somebody who is not on the roster.
    """
    _check(students, preferences, themes)
    by_student = {item.student: item for item in kept}
    others = [student for student in students if student not in by_student]
    taken = Counter(item.theme for item in kept)
    capacity = math.ceil((len(others) + len(kept)) / len(themes)) if capacity is None else capacity
    free = [max(0, capacity - taken[theme]) for theme in themes]
    if sum(free) < len(others):
        enough = next(
            number
            for number in itertools.count(capacity + 1)
            if sum(max(0, number - taken[theme]) for theme in themes) >= len(others)
        )
        places = f"{sum(free)} free places" if kept else f"{sum(free)} places"
        raise CourseError(
            f"{len(themes)} themes with {capacity} students each have {places} for "
            f"{len(others)} students; --capacity {enough} is enough"
        )
    if others:
        by_student |= {item.student: item for item in _optimal(others, preferences, themes, free, seed)}
    return [by_student.pop(student) for student in students] + list(by_student.values())


def _optimal(
    students: Sequence[str],
    preferences: Mapping[str, Sequence[str]],
    themes: Sequence[str],
    free: Sequence[int],
    seed: int,
) -> list[Allocation]:
    ranks = np.full((len(students), len(themes)), len(themes), dtype=float)
    for row, student in enumerate(students):
        for rank, theme in enumerate(preferences.get(student, ())):
            ranks[row, themes.index(theme)] = rank
    generator = np.random.default_rng(seed)
    # too small to outweigh a rank, even summed over all students
    ties = generator.uniform(0, 0.5 / len(students), ranks.shape)
    costs = np.repeat(ranks**2 + ties, free, axis=1)
    rows, places = linear_sum_assignment(costs)
    given = dict(zip(rows, np.repeat(np.arange(len(themes)), free)[places], strict=True))
    return [
        Allocation(student, themes[given[row]], _choice(preferences.get(student, ()), themes[given[row]]))
        for row, student in enumerate(students)
    ]


def _choice(preferred: Sequence[str], theme: str) -> int | None:
    return list(preferred).index(theme) + 1 if theme in preferred else None


def _meant(stranger: str, students: Sequence[str]) -> str:
    """Whose id it may be, as a question."""
    roster = Roster(map(Person, students))
    meant = " or ".join(person.id for person in roster.called(stranger)) or roster.like(stranger)
    return f"; is {stranger} meant to be {meant}?" if meant else ""


def _check(students: Sequence[str], preferences: Mapping[str, Sequence[str]], themes: Sequence[str]) -> None:
    if not themes:
        raise CourseError(f"there are no themes: no assignment's id starts with '{PREFIX}'")
    twice = sorted(student for student, count in Counter(students).items() if count > 1)
    if twice:
        raise CourseError(f"the roster names {', '.join(twice)} more than once")
    strangers = sorted(set(preferences) - set(students))
    if strangers:
        who = f"{strangers[0]}, who is" if len(strangers) == 1 else f"{listed(strangers)}, who are"
        raise CourseError(f"preferences of {who} not on the roster{_meant(strangers[0], students)}")
    for student, preferred in preferences.items():
        unknown = sorted(set(preferred) - set(themes))
        if unknown:
            raise CourseError(f"{student} prefers {', '.join(unknown)}; the themes are {', '.join(themes)}")
        if len(set(preferred)) < len(preferred):
            raise CourseError(f"{student} names a theme more than once")


def read_preferences(path: Path, themes: Sequence[str]) -> dict[str, list[str]]:
    """Ranked themes from a CSV file: the student's id, then one column for each choice, the first one first.

    All columns besides the id are choices, so those that a form adds must be removed.
    A theme is named by its assignment's id, or by the part that only it has in common with
    what is written: `A`, `theme_a`, `momentum`.

    Raises:
        CourseError: There is no such file, a student twice, or a theme that is unknown.
    """
    rows = read_table(path)
    column = id_column(path, rows)
    preferences: dict[str, list[str]] = {}
    for row in rows:
        student = row[column].strip()
        if student in preferences:
            raise CourseError(f"{path}: {student} has two lines")
        preferences[student] = [
            _theme(value.strip(), themes, f"{path}: {student} prefers '{value.strip()}' in column '{name}'")
            for name, value in row.items()
            if name != column and value.strip()
        ]
    return preferences


def _theme(wish: str, themes: Sequence[str], where: str) -> str:
    text = wish.lower()
    if text in themes:
        return text
    starting = [theme for theme in themes if theme.startswith((f"{PREFIX}{text}_", f"{text}_"))]
    found = starting or [theme for theme in themes if text in theme.removeprefix(PREFIX).split("_")]
    if len(found) != 1:
        raise CourseError(
            f"{where}; the themes are {', '.join(themes)}. All columns besides the id are read as choices: "
            "remove the others, such as a form's times and names"
        )
    return found[0]


@dataclass(frozen=True)
class Written:
    """What writing an allocation did to the one that was there.

    Attributes:
        copy: Where the old file is kept; None where there was none, or the same one.
        changes: For each student whose theme is another one now: the old and the new theme, "" for none.
    """

    copy: Path | None
    changes: Mapping[str, tuple[str, str]]


def write(allocations: Sequence[Allocation], path: Path, now: datetime) -> Written:
    """Write student, theme and choice as CSV; a file with other content is kept beside it.

    Args:
        allocations: What to write.
        path: The file.
        now: The time in the name of the copy.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["student", "theme", "choice"])
    for allocation in allocations:
        writer.writerow([allocation.student, allocation.theme, allocation.choice or ""])
    text = buffer.getvalue()
    copy, changes = None, {}
    if path.is_file() and path.read_bytes() != text.encode():
        copy = _unused(path.with_name(f"{path.stem}-{now:%Y%m%d-%H%M%S}{path.suffix}"))
        shutil.copy2(path, copy)
        before = _themes_of_any(path)
        after = {item.student: item.theme for item in allocations}
        changes = {
            student: (before[student], after.get(student, ""))
            for student in sorted(before)
            if before[student] != after.get(student, "")
        }
    write_whole(path, text)
    return Written(copy, changes)


def _unused(path: Path) -> Path:
    names = itertools.chain([path], (path.with_stem(f"{path.stem}-{n}") for n in itertools.count(2)))
    return next(name for name in names if not name.exists())


def _themes_of_any(path: Path) -> dict[str, str]:
    """What a file says that is about to be replaced, as far as it can be read."""
    try:
        return {item.student: item.theme for item in _read(path)}
    except CourseError:
        return {}


def read_kept(folder: Path, themes: Sequence[str]) -> list[Allocation]:
    """The lines of `ALLOCATION_FILE` that stay; none where there is no such file.

    Raises:
        CourseError: They cannot stay; see `read_allocation`.
    """
    path = folder / ALLOCATION_FILE
    return _read(path, themes) if path.is_file() else []


def read_allocation(folder: Path, known: Iterable[str] | None = None) -> dict[str, str]:
    """Each student's theme, from `ALLOCATION_FILE`; empty where there is none.

    Args:
        folder: Holds the file.
        known: The ids of the course's assignments; where they are given, every theme must be one of them.

    Raises:
        CourseError: The file has other columns, a student twice, or an unknown theme. A misspelt theme
            would otherwise take all points for it from the student without a word.
    """
    path = folder / ALLOCATION_FILE
    return {item.student: item.theme for item in _read(path, known)} if path.is_file() else {}


def _read(path: Path, known: Iterable[str] | None = None) -> list[Allocation]:
    lines = read_lines(path)
    names = [name.strip() for name in lines[0]] if lines else []
    for name in ("student", "theme"):
        if name not in names:
            raise CourseError(f"{path} needs the columns 'student' and 'theme'; got {names}")
    themes = None if known is None else sorted(name for name in known if name.startswith(PREFIX))
    found: dict[str, Allocation] = {}
    for number, line in enumerate(lines[1:], 2):
        row = dict(zip(names, (cell.strip() for cell in line), strict=False))
        student, theme, choice = (row.get(name, "") for name in ("student", "theme", "choice"))
        if not student or not theme:
            continue
        if student in found:
            raise CourseError(f"{path}, line {number}: {student} has two lines; remove one of them")
        if themes is not None and theme not in themes:
            raise CourseError(
                f"{path}, line {number}: {student} has '{theme}', which is no theme of this course; "
                f"the themes are {', '.join(themes) or 'none'}"
            )
        found[student] = Allocation(student, theme, int(choice) if choice.isdecimal() else None)
    return list(found.values())
