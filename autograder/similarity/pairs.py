"""The similar pairs that `autograder similarity` has found, kept for the report."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["AlikeCells", "Pair", "Similar", "kept_in", "read"]

MOST_PAIRS = 40
"""Pairs of one assignment on the page: each shows both sources of every cell that is alike."""
MOST_TEXT = 4_000


@dataclass(frozen=True, kw_only=True)
class AlikeCells:
    """One answer of the first student and the answer of the second one that is closest to it.

    Attributes:
        cell: The id of the first student's cell.
        score: From 0 to 1: the part of the shorter answer that is in the longer one too.
        common: How many fingerprints they have in common.
        found_in: How many submissions, these two among them, have the median one of these.
        first_source: What the first student wrote.
        second_source: What the second one wrote.
        second_cell: The id of the second student's cell; another one where the answer was moved.
    """

    cell: str
    score: float
    common: int
    found_in: int
    first_source: str
    second_source: str
    second_cell: str


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two submissions to look at.

    Attributes:
        first: A student's id.
        second: Another one's, later in the alphabet.
        score: From 0 to 1.
        cells: What they have in common, the most telling first.
    """

    first: str
    second: str
    score: float
    cells: tuple[AlikeCells, ...]


@dataclass(frozen=True)
class Similar:
    """The similar pairs of one assignment.

    Attributes:
        pairs: The most similar ones first.
        more: How many there are besides.
    """

    pairs: tuple[Pair, ...] = ()
    more: int = 0


def kept_in(state: Path, assignment: str) -> Path:
    """Where the last comparison of an assignment is kept in a course's state."""
    return state / "similarity" / f"{assignment}.json"


def read(state: Path, assignment: str) -> Similar:
    """The pairs of one assignment; none where it has not been compared, or the file is damaged."""
    try:
        content = json.loads(kept_in(state, assignment).read_text(encoding="utf-8"))
        pairs = [
            Pair(**{**pair, "cells": tuple(AlikeCells(**cell) for cell in pair["cells"])})
            for pair in content["pairs"]
        ]
        more = int(content["more"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return Similar()
    shown = [replace(pair, cells=tuple(map(_shortened, pair.cells))) for pair in pairs[:MOST_PAIRS]]
    return Similar(tuple(shown), more + len(pairs) - len(shown))


def _shortened(cell: AlikeCells) -> AlikeCells:
    first, second = cell.first_source[:MOST_TEXT], cell.second_source[:MOST_TEXT]
    return replace(cell, first_source=first, second_source=second)
