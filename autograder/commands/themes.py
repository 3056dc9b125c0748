"""What `autograder themes` does and prints."""

from __future__ import annotations

import datetime
from collections import Counter
from pathlib import Path

from rich.markup import escape

from autograder.commands.console import width_console
from autograder.course import tables
from autograder.course import themes as allocation
from autograder.course.folder import Course
from autograder.text import clean_text, counted, listed

__all__ = ["themes"]


def themes(
    folder: Path, roster: Path, preferences: Path | None, capacity: int | None, seed: int, keep: bool = False
) -> None:
    """Allocate, write, and say who has another theme than before, and how many got which choice."""
    course = Course(folder)
    known = [name for name in course.assignments() if name.startswith(allocation.PREFIX)]
    wishes = allocation.read_preferences(preferences, known) if preferences else {}
    kept = allocation.read_kept(course.root, known) if keep else []
    students = tables.read_roster(roster).ids
    given = allocation.allocate(students, wishes, known, capacity, seed, kept)
    path = course.root / allocation.ALLOCATION_FILE
    written = allocation.write(given, path, datetime.datetime.now())
    console = width_console()
    if kept:
        console.print(f"kept as they were: {counted(len(kept), 'student')}")
        gone = sorted({item.student for item in kept} - set(students))
        if gone:
            names = escape(clean_text(listed(gone)))
            console.print(f"kept, though not on the roster: {names}; delete their lines to free the places")
    if written.changes:
        console.print(
            f"{counted(len(written.changes), 'student')} had another theme before "
            "(--keep leaves the lines of themes.csv as they are):"
        )
        for student, (before, after) in written.changes.items():
            change = f"{student}: {before} -> {after or 'none, not on the roster'}"
            console.print(f"  {escape(clean_text(change))}", soft_wrap=True)
    choices = Counter(item.choice for item in given)
    for choice in sorted(filter(None, choices)):
        console.print(f"choice {choice}: {counted(choices[choice], 'student')}")
    if choices[None]:
        console.print(f"none of their choices, or none named: {counted(choices[None], 'student')}")
    for theme, count in sorted(Counter(item.theme for item in given).items()):
        console.print(f"{theme}: {counted(count, 'student')}")
    if written.copy:
        console.print(f"the old file is kept: {written.copy}", soft_wrap=True, markup=False)
    console.print(f"written to {path}", soft_wrap=True, markup=False)
