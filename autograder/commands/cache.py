"""What `autograder cache` says of the kept results, and removes of them."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from autograder.commands.console import columns, say, say_next, width_console
from autograder.commands.done import Done
from autograder.course.folder import Course
from autograder.course.lock import working_alone
from autograder.grading.cache import ResultCache
from autograder.grading.record import Records

__all__ = ["Kept", "cache", "listing"]

DAY = 24 * 60 * 60
UNUSED = "(of earlier tests or notebooks)"


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The results of one assignment.

    Attributes:
        assignment: Its id; `UNUSED` for results of submissions, tests or versions that have changed since.
        number: How many results.
        size: Their bytes.
        oldest: Days since the result that has not been used for the longest time was used.
        newest: The same for the one used last.
    """

    assignment: str
    number: int
    size: int
    oldest: float
    newest: float


def cache(folder: Path, prune: float | None = None) -> Done:
    """Print the list; with a number of days, remove first what has not been used for so long."""
    course = Course(folder)
    console = width_console()
    if prune is not None:
        with working_alone(course.state):
            removed = ResultCache.of(course).prune(prune * DAY, time.time())
        say(f"{removed} results removed that had not been used for {prune:g} days")
    kept = listing(course, time.time())
    table = columns("assignment", "results", "size", "last used, days ago")
    for one in kept:
        table.add_row(
            one.assignment, str(one.number), _size(one.size), f"{one.newest:.1f} to {one.oldest:.1f}"
        )
    console.print(table)
    total = sum(one.size for one in kept)
    say(f"{sum(one.number for one in kept)} results, {_size(total)}, in {course.state / 'results'}")
    say_next("autograder cache --prune DAYS removes what has not been used for so long")
    return Done(data=kept)


def listing(course: Course, now: float) -> list[Kept]:
    """The kept results by assignment."""
    assignment_of = dict(Records.of(course).keys())
    found: dict[str, list[tuple[int, float]]] = {}
    for path in ResultCache.of(course).entries():
        status = path.stat()
        name = assignment_of.get(path.stem, UNUSED)
        found.setdefault(name, []).append((status.st_size, (now - status.st_mtime) / DAY))
    return [
        Kept(
            assignment=name,
            number=len(files),
            size=sum(size for size, _ in files),
            oldest=max(age for _, age in files),
            newest=min(age for _, age in files),
        )
        for name, files in sorted(found.items())
    ]


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.1f} KiB"
