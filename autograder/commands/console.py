"""How commands print: one width, and tables in which nothing is cut off."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.course.concern import Concern
from autograder.text import clean_text

__all__ = ["attention_table", "width_console"]


def width_console() -> Console:
    """A console as wide as the terminal; 110 columns where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=110)


def attention_table(what: str, rows: Sequence[Concern]) -> Table:
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
