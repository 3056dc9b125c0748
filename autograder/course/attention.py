"""What a person has to look at, wherever it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.markup import escape
from rich.table import Table

from autograder.text import clean_text

__all__ = ["Attention", "attention_table", "counted", "listed"]


@dataclass(frozen=True)
class Attention:
    """One thing to look at.

    Attributes:
        what: A file, or student/assignment.
        why: The reason, and what to do, in one or two sentences.
    """

    what: str
    why: str


def attention_table(what: str, rows: Sequence[Attention]) -> Table:
    """All of them, for a terminal; nothing is cut off.

    Args:
        what: The heading of the first column.
        rows: What there is to look at.
    """
    table = Table()
    table.add_column(what, overflow="fold", ratio=2)
    table.add_column("why", overflow="fold", ratio=3)
    for row in rows:
        table.add_row(escape(clean_text(row.what)), escape(clean_text(row.why)))
    return table


def counted(number: int, noun: str) -> str:
    """'1 student', '2 students'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first names; of the rest, how many they are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
