"""Folders for files that nobody needs later: removed at the latest by the next one who makes such a folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

__all__ = ["KINDS", "TemporaryFolder", "remove_all"]

KINDS = ("run", "server", "build", "kernel", "tests")
LONGEST_PARENT = {"run": 40, "kernel": 60}
"""Characters; sockets lie in them, and the system refuses addresses above 107 (sun_path in unix(7))."""
YOUNG_SECONDS = 60.0
"""A folder that is younger may be one that its owner has not locked yet."""

_here: dict[Path, int] = {}
"""The folders of this process that are there, and its number, as a copy of this process has others."""


class TemporaryFolder:
    """A private folder, and a lock on it that the system releases when this process ends, however it ends.

    Use it as a context manager, or call `remove`. Folders of owners that were killed go when the next is made.

    Args:
        kind: One of `KINDS`; part of the name.

    Attributes:
        path: The folder.
    """

    def __init__(self, kind: str) -> None:
        usual = tempfile.gettempdir()
        parent = "/tmp" if len(os.fsencode(usual)) > LONGEST_PARENT.get(kind, 10_000) else usual
        if kind != "kernel":  # of these there are thousands, and they lie in the folder of a run
            _remove_left_behind({usual, parent})
        self.path = Path(tempfile.mkdtemp(prefix=f"autograder-{kind}-", dir=parent))
        self._descriptor = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _here[self.path] = os.getpid()

    def remove(self) -> None:
        """Remove the folder, if it is still there."""
        shutil.rmtree(self.path, ignore_errors=True)
        _here.pop(self.path, None)
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self.remove()


def remove_all() -> None:
    """Remove all folders that this process has made; for one that ends here."""
    for path, owner in list(_here.items()):
        if owner == os.getpid():
            shutil.rmtree(path, ignore_errors=True)


def _remove_left_behind(parents: set[str]) -> None:
    """Remove the folders of owners that are gone, as far as they are this user's."""
    for parent in parents:
        for kind in KINDS:
            for folder in Path(parent).glob(f"autograder-{kind}-*"):
                with contextlib.suppress(OSError):
                    _remove_unowned(folder)


def _remove_unowned(folder: Path) -> None:
    status = folder.lstat()
    if status.st_uid != os.getuid() or time.time() - status.st_mtime < YOUNG_SECONDS:
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)
