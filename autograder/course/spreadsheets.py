"""Cells of tables that a spreadsheet takes for text, whatever a student has written, and back."""

from __future__ import annotations

import re

__all__ = ["harmless", "plain"]

_FORMULA = re.compile(r"^'*\s*[=+\-@\t\r＝＋－＠]")
"""What begins as one, and what was made harmless before: a quote of the student's own is none of ours on the way back."""


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain(cell: str) -> str:
    """The text that was made `harmless`."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
