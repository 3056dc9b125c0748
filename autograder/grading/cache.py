"""Results of executions, in files named by the hash of everything that decides them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path

from autograder.course.folder import Course
from autograder.files import write_whole
from autograder.grading.results import Execution

__all__ = ["ResultCache"]


class ResultCache:
    """A folder of result files; each is written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, course: Course) -> ResultCache:
        """That of a course."""
        return cls(course.state / "results")

    def read(self, key: str) -> Execution | None:
        """The result for a key; None where there is none (or the file is damaged)."""
        try:
            execution = Execution.from_json(json.loads(self._path(key).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        os.utime(self._path(key))
        return execution

    def write(self, key: str, execution: Execution) -> None:
        """Keep a result.

        Raises:
            OSError: The disk is full or the folder cannot be written; nothing that was there is lost.
        """
        write_whole(self._path(key), json.dumps(asdict(execution)))

    def entries(self) -> list[Path]:
        """All result files, the least recently used first."""
        return sorted(self.folder.glob("??/*.json"), key=lambda path: path.stat().st_mtime)

    def prune(self, older_than_seconds: float, now: float) -> int:
        """Remove results that have not been used for a time; returns how many."""
        old = [path for path in self.entries() if now - path.stat().st_mtime > older_than_seconds]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"
