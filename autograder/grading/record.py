"""What became of a submission: written once by grading, read by everything that tells of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.course.folder import Course
from autograder.course.notebooks import assignment_of
from autograder.files import with_tuples, write_whole
from autograder.grading.preparation import Prepared
from autograder.grading.results import CellResult, Execution
from autograder.grading.suspicion import signs_in_results, signs_in_source
from autograder.submission.submissions import COMPANIONS
from autograder.verdict.verdict import Status

__all__ = ["Record", "Records", "content_hash", "is_companion", "made_of"]

LARGEST_COMPANION = 1024
"""Bytes of a file of nbgrader's exchange beside the notebook; a larger one is not nbgrader's."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One graded notebook of a submission; most have one.

    Attributes:
        student: The student's id.
        notebook: The notebook's name; see `autograder.course.notebooks`.
        content: The hash of what was handed in; see `content_hash`.
        circumstances: The hash of all else that decides: source, checks, data, limits, engine.
        key: Of its execution in the result cache; "" where it was not executed.
        seed: Of the hidden inputs that it was tested with.
        cells: One result for each grade cell.
        not_executed: The ids of the cells that decide nothing and were not executed.
        seconds: How long its execution took.
        sandboxed: Whether its code was closed off.
        repairs: What was mended, one sentence each.
        questions: What only the instructor can decide, one sentence each.
        problems: What execution met: time limits, processes that ended.
        signs: Why it is worth a look, one phrase each.
        broken: Why it could not be graded, in one sentence; "" where it could.
        late: What its late penalty in the gradebook was worked out from; empty where it was in time.
    """

    student: str
    notebook: str
    content: str
    circumstances: str
    key: str = ""
    seed: int = 0
    cells: tuple[CellResult, ...] = ()
    not_executed: tuple[str, ...] = ()
    seconds: float = 0.0
    sandboxed: bool = True
    repairs: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    broken: str = ""
    late: tuple[str, ...] = ()

    @property
    def assignment(self) -> str:
        """The assignment's id."""
        return assignment_of(self.notebook)

    @property
    def name(self) -> tuple[str, str]:
        """The student and the assignment: the submission, as the gradebook has it."""
        return self.student, self.assignment

    @property
    def points(self) -> float:
        """Points that the autograder gave."""
        return sum(cell.points or 0.0 for cell in self.cells)

    @property
    def max_points(self) -> float:
        """Points that the autograder can give."""
        return sum(cell.max_points for cell in self.cells if cell.status is not Status.MANUAL)

    @property
    def concerns(self) -> tuple[str, ...]:
        """What a person has to look at: why it is broken, questions, problems."""
        return (*filter(None, [self.broken]), *self.questions, *self.problems)

    @property
    def hints(self) -> dict[str, dict[str, str]]:
        """For each grade cell that shows a known mistake with a hint, the hint, by language."""
        return {cell.cell: cell.hint for cell in self.cells if cell.hint}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Record:
        """The inverse of `asdict`, of what JSON makes of it.

        Raises:
            KeyError, TypeError, ValueError: It is no record of this version.
        """
        return cls(**{**with_tuples(data), "cells": tuple(map(CellResult.from_json, data["cells"]))})


def made_of(prepared: Prepared, execution: Execution, decided_by: str) -> Record:
    """The record of an execution."""
    return Record(
        student=prepared.submission.student,
        notebook=prepared.submission.notebook,
        content=content_hash(prepared.submission.path),
        circumstances=decided_by,
        key=prepared.task.key,
        seed=prepared.task.seed,
        cells=execution.cells,
        not_executed=execution.not_executed,
        seconds=execution.seconds,
        sandboxed=execution.sandboxed,
        repairs=prepared.repairs,
        questions=prepared.questions,
        problems=execution.problems,
        signs=(*signs_in_results(execution.cells), *signs_in_source(prepared.task.notebook)),
    )


class Records:
    """Records in a folder: one file a submitted notebook, each written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, course: Course) -> Records:
        """Those of a course."""
        return cls(course.state / "records")

    def read(self, student: str, notebook: str) -> Record | None:
        """The record of a student's notebook; None where there is none (or the file is damaged)."""
        try:
            text = self._path(student, notebook).read_text(encoding="utf-8")
            return Record.from_json(json.loads(text))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write(self, record: Record) -> None:
        """Keep a record in the place of the one before.

        Raises:
            OSError: It cannot be written; the one before is kept.
        """
        write_whole(
            self._path(record.student, record.notebook), json.dumps(asdict(record), ensure_ascii=True)
        )

    def keys(self) -> Iterator[tuple[str, str]]:
        """For each record with an execution: its key in the result cache, and the assignment."""
        for path in sorted(self.folder.rglob("*.json")):
            record = self.read(path.stem, path.parent.relative_to(self.folder).as_posix())
            if record is not None and record.key:
                yield record.key, record.assignment

    def _path(self, student: str, notebook: str) -> Path:
        return self.folder / notebook / f"{student}.json"


def content_hash(path: Path | None) -> str:
    """The hash of a submitted file, and of what nbgrader's exchange puts beside it; "" where there is no file."""
    if path is None or path.is_symlink() or not path.is_file():
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(2**20):
            digest.update(part)
    for name in COMPANIONS:
        beside = path.parent / name
        if is_companion(beside):
            digest.update(b"\0" + name.encode() + b"\0" + beside.read_bytes())
    return digest.hexdigest()


def is_companion(path: Path) -> bool:
    """Whether a file can be one of nbgrader's exchange: a small regular one."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size < LARGEST_COMPANION
