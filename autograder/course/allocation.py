"""Allocate the assignments of a group, such as research themes: ranked preferences in, a fair optimum out."""

from __future__ import annotations

import itertools
import math
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment

from autograder.course.groups import Group, Line, read_lines_of
from autograder.course.roster import Person, Roster
from autograder.course.tables import id_column, read_table, written
from autograder.errors import CourseError
from autograder.files import write_whole
from autograder.text import listed

__all__ = ["Written", "allocate", "read_preferences", "write"]


def allocate(
    group: Group,
    students: Sequence[str],
    preferences: Mapping[str, Sequence[str]],
    themes: Sequence[str],
    capacity: int | None = None,
    seed: int = 0,
    kept: Sequence[Line] = (),
) -> list[Line]:
    """Give each student one assignment of a group such that the sum of the squared ranks is least.

    Squares, because two second choices are kinder than a first and a fourth. Among equally
    good allocations the seed decides, in the same way for all students.

    Args:
        preferences: For some students, assignments in order of preference.
        capacity: Students per assignment at most; as even as possible where it is not given.
        kept: Allocations that stay as they are, and take places; students who are not among `students`
            come last.

    Raises:
        CourseError: There are more students than places, a student twice, an unknown theme, or
            preferences of somebody who is not on the roster.
    """
    _check(group, students, preferences, themes)
    by_student = {item.student: item for item in kept}
    others = [student for student in students if student not in by_student]
    taken = Counter(item.assignment for item in kept)
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
            f"{len(themes)} {group.name}s with {capacity} students each have {places} for "
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
) -> list[Line]:
    ranks: np.ndarray = np.full((len(students), len(themes)), len(themes), dtype=float)
    for row, student in enumerate(students):
        for rank, theme in enumerate(preferences.get(student, ())):
            ranks[row, themes.index(theme)] = rank
    generator = np.random.default_rng(seed)
    # too small to outweigh a rank, even summed over all students
    ties = generator.uniform(0, 0.5 / len(students), ranks.shape)
    costs = np.repeat(ranks**2 + ties, free, axis=1)
    rows, places = linear_sum_assignment(costs)
    given = dict(zip(rows, np.repeat(np.arange(len(themes)), free)[places], strict=True))
    lines = []
    for row, student in enumerate(students):
        theme, preferred = themes[given[row]], list(preferences.get(student, ()))
        choice = preferred.index(theme) + 1 if theme in preferred else None
        lines.append(Line(student=student, assignment=theme, choice=choice))
    return lines


def _meant(stranger: str, students: Sequence[str]) -> str:
    """Whose id it may be, as a question."""
    roster = Roster(Person(id=student) for student in students)
    meant = " or ".join(person.id for person in roster.called(stranger)) or roster.like(stranger)
    return f"; is {stranger} meant to be {meant}?" if meant else ""


def _check(
    group: Group, students: Sequence[str], preferences: Mapping[str, Sequence[str]], themes: Sequence[str]
) -> None:
    if not themes:
        raise CourseError(f"there is no {group.name}: no assignment's id is like '{group.pattern}'")
    twice = sorted(student for student, count in Counter(students).items() if count > 1)
    if twice:
        raise CourseError(f"the roster names {', '.join(twice)} more than once")
    unknown = sorted(set(preferences) - set(students))
    if unknown:
        who = f"{unknown[0]}, who is" if len(unknown) == 1 else f"{listed(unknown)}, who are"
        raise CourseError(f"preferences of {who} not on the roster{_meant(unknown[0], students)}")
    for student, preferred in preferences.items():
        unknown = sorted(set(preferred) - set(themes))
        if unknown:
            raise CourseError(
                f"{student} prefers {', '.join(unknown)}; the {group.name}s are {', '.join(themes)}"
            )
        if len(set(preferred)) < len(preferred):
            raise CourseError(f"{student} names a {group.name} more than once")


def read_preferences(path: Path, group: Group, themes: Sequence[str]) -> dict[str, list[str]]:
    """Ranked assignments of a group from a CSV file: the student's id, then one column for each choice, the first one first.

    All columns besides the id are choices, so those that a form adds must be removed.
    One is named by its id, or by the part that only it has in common with
    what is written: `A`, `theme_a`, `momentum`.

    Raises:
        CourseError: There is no such file, a student twice, or one that is unknown.
    """
    rows = read_table(path)
    column = id_column(path, rows)
    preferences: dict[str, list[str]] = {}
    for row in rows:
        student = row[column].strip()
        if student in preferences:
            raise CourseError(f"{path}: {student} has two lines")
        preferences[student] = [
            _meant_by(
                value.strip(),
                group,
                themes,
                f"{path}: {student} prefers '{value.strip()}' in column '{name}'",
            )
            for name, value in row.items()
            if name != column and value.strip()
        ]
    return preferences


def _meant_by(wish: str, group: Group, themes: Sequence[str], where: str) -> str:
    text = wish.lower()
    if text in themes:
        return text
    starting = [theme for theme in themes if theme.startswith((f"{group.prefix}{text}_", f"{text}_"))]
    found = starting or [theme for theme in themes if text in theme.removeprefix(group.prefix).split("_")]
    if len(found) != 1:
        raise CourseError(
            f"{where}; the {group.name}s are {', '.join(themes)}. All columns besides the id are read as choices: "
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


def write(allocations: Sequence[Line], folder: Path, group: Group, now: datetime) -> Written:
    """Write student, assignment and choice into the file of a group; a file with other content is kept beside it."""
    path = folder / group.file
    lines = ((one.student, one.assignment, one.choice or "") for one in allocations)
    text = written([("student", group.name, "choice"), *lines], "\n")
    copy, changes = None, {}
    if path.is_file() and path.read_bytes() != text.encode():
        copy = _unused(path.with_name(f"{path.stem}-{now:%Y%m%d-%H%M%S}{path.suffix}"))
        shutil.copy2(path, copy)
        before = _before(folder, group)
        after = {item.student: item.assignment for item in allocations}
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


def _before(folder: Path, group: Group) -> dict[str, str]:
    """What a file says that is about to be replaced, as far as it can be read."""
    try:
        return {item.student: item.assignment for item in read_lines_of(folder, group)}
    except CourseError:
        return {}
