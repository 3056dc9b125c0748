"""What has come to lie in a folder and is whole: something that is still being written changes between two looks."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

__all__ = ["Arrivals", "files_in", "submissions_in"]

Name = TypeVar("Name", bound=Hashable)
UNFINISHED = (".part", ".crdownload", ".tmp", ".download")
"""Endings under which browsers keep what they have not got whole."""


class Arrivals(Generic[Name]):
    """Things that are new or have changed since they were taken.

    Args:
        look: Gives what there is now, with what would differ if it were changed.
    """

    def __init__(self, look: Callable[[], Mapping[Name, Hashable]]) -> None:
        self._look = look
        self._before: Mapping[Name, Hashable] = {}
        self._taken: dict[Name, Hashable] = {}

    def new(self) -> tuple[Name, ...]:
        """What looks as it did at the last call, and otherwise than when it was taken."""
        now = self._look()
        found = tuple(
            name
            for name, state in now.items()
            if self._before.get(name) == state and self._taken.get(name) != state
        )
        self._before = now
        return found

    def take(self, name: Name) -> None:
        """Give it no more as `new`, until it changes."""
        self._taken[name] = self._before[name]


def submissions_in(submitted: Path, assignments: Iterable[str]) -> Mapping[tuple[str, str], Hashable]:
    """Each (student, assignment) of a folder of submissions, and the state of its files."""
    wanted = frozenset(assignments)
    return {
        (student.name, found.name): _state(found)
        for student in _entries(submitted)
        for found in _entries(student.path)
        if found.name in wanted and not student.name.startswith(".")
    }


def files_in(folder: Path) -> Mapping[str, Hashable]:
    """Each file and folder in a folder, and its state; hidden ones and those that come in are left out."""
    return {
        found.name: _state(found)
        for found in _entries(folder)
        if not found.name.startswith((".", "~")) and not found.name.lower().endswith(UNFINISHED)
    }


def _entries(folder: Path | str) -> Iterator[os.DirEntry]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        yield from sorted(entries, key=lambda entry: entry.name)


def _state(entry: os.DirEntry) -> Hashable:
    try:
        status = entry.stat(follow_symlinks=False)
        inner = (
            tuple((one.name, _state(one)) for one in _entries(entry.path))
            if entry.is_dir(follow_symlinks=False)
            else ()
        )
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino, inner
