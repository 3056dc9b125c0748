"""The similar pairs that `autograder similarity` has found, read from its files; any part may be missing or odd."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["SimilarPair", "Similar", "SimilarCell", "read"]

LARGEST_NUMBER = 1e9
LARGEST_FILE = 50 * 2**20
MOST_PAIRS = 40
"""Pairs of one assignment on the page: each shows both sources of every cell that is alike."""
MOST_TEXT = 4_000


@dataclass(frozen=True, kw_only=True)
class SimilarCell:
    """Two students' sources of one cell."""

    cell: str
    score: float
    first_source: str
    second_source: str


@dataclass(frozen=True, kw_only=True)
class SimilarPair:
    """Two similar submissions of one assignment, and the cells that are alike."""

    assignment: str
    first: str
    second: str
    score: float
    cells: tuple[SimilarCell, ...]


@dataclass(frozen=True)
class Similar:
    """The similar pairs of one assignment.

    Attributes:
        pairs: The most similar ones first.
        more: How many there are besides.
    """

    pairs: tuple[SimilarPair, ...] = ()
    more: int = 0


def read(folder: Path, assignment: str) -> Similar:
    """The pairs of one assignment; none where it has not been compared.

    Args:
        folder: Holds <assignment>.json.
        assignment: Its id.
    """
    path = folder / f"{assignment}.json"
    try:
        if path.stat().st_size > LARGEST_FILE:
            return Similar()
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Similar()
    pairs = [_pair(assignment, entry) for entry in _dicts(content, "pairs")]
    pairs = sorted(
        (pair for pair in pairs if pair.first and pair.second),
        key=lambda pair: (-pair.score, pair.first, pair.second),
    )
    more = int(_number(content, "more")) if isinstance(content, dict) else 0
    return Similar(tuple(pairs[:MOST_PAIRS]), max(0, more) + max(0, len(pairs) - MOST_PAIRS))


def _pair(assignment: str, entry: dict) -> SimilarPair:
    cells = tuple(
        SimilarCell(
            cell=_text(cell, "cell"),
            score=_number(cell, "score"),
            first_source=_text(cell, "first_source"),
            second_source=_text(cell, "second_source"),
        )
        for cell in _dicts(entry, "cells")
    )
    return SimilarPair(
        assignment=assignment,
        first=_text(entry, "first"),
        second=_text(entry, "second"),
        score=_number(entry, "score"),
        cells=cells,
    )


def _dicts(content: object, key: str) -> list[dict]:
    listed = content.get(key) if isinstance(content, dict) else None
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _text(entry: dict, key: str) -> str:
    value = entry.get(key)
    return value[:MOST_TEXT] if isinstance(value, str) else ""


def _number(entry: dict, key: str) -> float:
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0.0
    return float(value) if abs(value) < LARGEST_NUMBER else 0.0
