"""The similar pairs that `autograder similarity` has found, read from its files; any part may be missing or odd."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Pair", "SimilarCell", "read"]

LARGEST_FILE = 50 * 2**20
MOST_PAIRS = 100
MOST_TEXT = 20_000


@dataclass(frozen=True)
class SimilarCell:
    """Two students' sources of one cell."""

    cell: str
    score: float
    first_source: str
    second_source: str


@dataclass(frozen=True)
class Pair:
    """Two similar submissions of one assignment, and the cells that are alike."""

    assignment: str
    first: str
    second: str
    score: float
    cells: tuple[SimilarCell, ...]


def read(folder: Path, assignment: str) -> list[Pair]:
    """The pairs of one assignment, the most similar first; none where it has not been compared.

    Args:
        folder: Holds <assignment>.json.
        assignment: Its id.
    """
    path = folder / f"{assignment}.json"
    try:
        if path.stat().st_size > LARGEST_FILE:
            return []
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return []
    pairs = [_pair(assignment, entry) for entry in _dicts(content, "pairs")]
    pairs = [pair for pair in pairs if pair.first and pair.second]
    return sorted(pairs, key=lambda pair: (-pair.score, pair.first, pair.second))[:MOST_PAIRS]


def _pair(assignment: str, entry: dict) -> Pair:
    cells = tuple(
        SimilarCell(
            _text(cell, "cell"),
            _number(cell, "score"),
            _text(cell, "first_source"),
            _text(cell, "second_source"),
        )
        for cell in _dicts(entry, "cells")
    )
    return Pair(assignment, _text(entry, "first"), _text(entry, "second"), _number(entry, "score"), cells)


def _dicts(content: object, key: str) -> list[dict]:
    listed = content.get(key) if isinstance(content, dict) else None
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def _text(entry: dict, key: str) -> str:
    value = entry.get(key)
    return value[:MOST_TEXT] if isinstance(value, str) else ""


def _number(entry: dict, key: str) -> float:
    value = entry.get(key)
    return float(value) if type(value) in (int, float) and value == value else 0.0
