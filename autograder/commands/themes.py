"""What `autograder themes` does and prints."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path

from autograder.commands.console import say, say_next
from autograder.commands.done import Done
from autograder.course import allocation, tables
from autograder.course.folder import Course
from autograder.course.groups import read_lines_of
from autograder.errors import CourseError
from autograder.text import counted, listed

__all__ = ["themes"]


def themes(
    folder: Path, roster: Path, preferences: Path | None, capacity: int | None, seed: int, keep: bool = False
) -> Done:
    """Allocate, write, and say who has another theme than before, and how many got which choice."""
    course = Course(folder)
    if len(course.group_settings) != 1:
        raise CourseError(
            f"themes are allocated where CourseSettings.groups names one group; it names {len(course.group_settings)}"
        )
    [group] = course.group_settings
    known = [name for name in course.assignments() if name in group]
    wishes = allocation.read_preferences(preferences, group, known) if preferences else {}
    kept = read_lines_of(course.root, group, known) if keep else []
    students = tables.read_roster(roster).ids
    given = allocation.allocate(group, students, wishes, known, capacity, seed, kept)
    written = allocation.write(given, course.root, group, datetime.datetime.now())
    if kept:
        say(f"kept as they were: {counted(len(kept), 'student')}")
        gone = sorted({item.student for item in kept} - set(students))
        if gone:
            say(f"kept, though not on the roster: {listed(gone)}; delete their lines to free the places")
    if written.changes:
        say(
            f"{counted(len(written.changes), 'student')} had another {group.name} before "
            f"(--keep leaves the lines of {group.file} as they are):"
        )
        for student, (before, after) in written.changes.items():
            say(f"  {student}: {before} -> {after or 'none, not on the roster'}")
    choices = Counter(item.choice for item in given)
    for choice in sorted(filter(None, choices)):
        say(f"choice {choice}: {counted(choices[choice], 'student')}")
    if choices[None]:
        say(f"none of their choices, or none named: {counted(choices[None], 'student')}")
    for theme, count in sorted(Counter(item.assignment for item in given).items()):
        say(f"{theme}: {counted(count, 'student')}")
    if written.copy:
        say(f"the old file is kept: {written.copy}")
    say(f"written to {course.root / group.file}")
    say_next(
        f"autograder collect and autograder grade as always: only the allocated {group.name} is graded and counted now"
    )
    return Done(
        data={
            "file": course.root / group.file,
            "copy": written.copy,
            "allocated": given,
            "changes": [
                {"student": student, "before": before, "now": after}
                for student, (before, after) in written.changes.items()
            ],
        }
    )
