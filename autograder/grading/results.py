"""What grading a submission leads to, as plain frozen data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.checking.messages import in_languages
from autograder.files import with_tuples
from autograder.verdict.verdict import Status

__all__ = ["CellResult", "Execution", "alike"]


@dataclass(frozen=True, kw_only=True)
class CellResult:
    """One grade cell of one submission.

    Attributes:
        cell: The grade_id.
        status: What became of it.
        points: Points earned; None where a person has to decide.
        max_points: Points of the cell.
        message: What was expected and what came, for the student.
        trace: The traceback of the student's own code, where it raised.
        seconds: Wall-clock time.
        records: Tables that its test kept for the class report (`autograder.checking.records`).
        hidden: Whether the part of the test that students see had passed before.
        behaviour: Where it failed, what the student's code did (`autograder.verdict.behaviour`).
        mistake: The known wrong answers that do the same, as 'cell: name'; several where the test cannot tell them apart.
        hint: For some languages, what the course says to students who made it.
        replaced: The names of wrong earlier answers in whose place the reference's were put (`autograder.grading.follow_through`).
    """

    cell: str
    status: Status
    points: float | None
    max_points: float
    message: str = ""
    trace: str = ""
    seconds: float = 0.0
    records: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hidden: bool = False
    behaviour: tuple[str, ...] = ()
    mistake: tuple[str, ...] = ()
    hint: dict[str, str] = field(default_factory=dict)
    replaced: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CellResult:
        """The inverse of `asdict`, of what JSON makes of it."""
        return cls(**{**with_tuples(data), "status": Status(data["status"])})


@dataclass(frozen=True, kw_only=True)
class Execution:
    """The execution of one submission: everything that the gradebook needs, and nothing of the student's process.

    Attributes:
        cells: One result for each grade cell, in the order of the notebook.
        outputs: For each cell id, its nbformat outputs.
        seconds: Wall-clock time of the whole.
        cell_seconds: The part of it that cells and calls took; the rest is overhead.
        sandboxed: Whether the student's code was closed off.
        problems: What the instructor should know, one sentence each.
        not_executed: The ids of the cells that decide nothing and were left out.
    """

    cells: tuple[CellResult, ...]
    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    seconds: float = 0.0
    cell_seconds: float = 0.0
    sandboxed: bool = True
    problems: tuple[str, ...] = ()
    not_executed: tuple[str, ...] = ()

    def in_languages(self, languages: Sequence[str], checks: Path) -> Execution:
        """With messages in the languages of the assignment; see `autograder.checking.messages`."""
        translated = (
            replace(cell, message=in_languages(cell.message, languages, checks)) for cell in self.cells
        )
        return replace(self, cells=tuple(translated))

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Execution:
        """The inverse of `asdict`, of what JSON makes of it."""
        return cls(**{**with_tuples(data), "cells": tuple(map(CellResult.from_json, data["cells"]))})


def alike(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether two behaviours are the same but for rounding errors."""
    return any(one == other for one, other in zip(first, second, strict=False))
