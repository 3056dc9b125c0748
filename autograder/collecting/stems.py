"""Names of files: notebooks, marks of copies, assignments in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = [
    "NOTEBOOK",
    "assignment_in",
    "is_notebook",
    "notebook_stem",
    "plain_stem",
    "split_extension",
    "without_assignment",
]

NOTEBOOK = ".ipynb"
_COPY_MARKS = (
    re.compile(r"^(?:copy of|コピー[ 〜~-]+)\s*", re.IGNORECASE),
    re.compile(r"(?:\s*[-–]\s*|\s*の|\s+|_)(?:コピー|copy)\s*(?:\(\d+\)|\d*)$", re.IGNORECASE),
    re.compile(r"\s*\(\d{1,3}\)$"),
)
_SUBMITTED_AGAIN = re.compile(r"-\d{1,3}$")


def is_notebook(name: str) -> bool:
    """Whether a file is a notebook by its name."""
    return name.lower().endswith(NOTEBOOK)


def notebook_stem(name: str) -> str:
    """The name of a notebook's file without its extension, and without what was added behind it: x.ipynb.txt."""
    end = name.lower().find(NOTEBOOK)
    return name[:end] if end > 0 else split_extension(name)[0]


def plain_stem(stem: str, assignments: Sequence[str]) -> str:
    """A file's stem without what systems and browsers add to copies.

    'Copy of x', 'x のコピー', 'x - Copy', 'x (1)'; and 'x-1', as Canvas names what was submitted again,
    where x is an assignment. None of these says that a file is later: a browser counts downloads,
    and Canvas's own order is that of its attachments.
    """
    stem = unicodedata.normalize("NFKC", stem).strip()
    for assignment in sorted(assignments, key=len, reverse=True):  # one may itself be in wide letters: 課題１
        stem = stem.replace(unicodedata.normalize("NFKC", assignment), assignment)
    while stem not in assignments:
        again = _SUBMITTED_AGAIN.search(stem)
        if again and assignment_in(stem[: again.start()], assignments):
            stem = stem[: again.start()]
            continue
        shorter = stem
        for mark in _COPY_MARKS:
            shorter = mark.sub("", shorter, count=1) or shorter
        if shorter == stem:
            break
        stem = shorter
    return stem


def assignment_in(stem: str, assignments: Sequence[str]) -> str | None:
    """The assignment that a file is named after: alone, or at one end, set off by a sign; None where there is none."""
    found: list[str] = []
    for flags in (re.NOFLAG, re.IGNORECASE):
        found = found or [
            assignment
            for assignment in assignments
            if re.search(rf"(?:^|[_\s-]){re.escape(assignment)}(?:$|[_\s-])", stem, flags)
        ]
    longest = max(found, key=len, default="")
    return longest if longest and all(assignment in longest for assignment in found) else None


def without_assignment(assignments: Sequence[str], stem: str) -> list[str]:
    """The stem without an assignment's name at one of its ends."""
    return [
        stem.removesuffix(assignment).removeprefix(assignment).strip(" _-–")
        for assignment in assignments
        if stem != assignment and (stem.startswith(assignment) or stem.endswith(assignment))
    ]


def split_extension(name: str) -> tuple[str, str]:
    """The stem of a file's name, and its extension with the dot."""
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if dot else (name, "")
