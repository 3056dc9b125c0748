"""Cells of tables that a spreadsheet takes for text, whatever a student has written, and back."""

from __future__ import annotations

import re

__all__ = ["harmless", "plain"]

_FORMULA = re.compile(r"^\s*[=+\-@\t\r＝＋－＠]")
_MADE_HARMLESS = re.compile(r"^'(?=\s*[=+\-@\t\r＝＋－＠])")


def harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def plain(cell: str) -> str:
    """The text that was made `harmless`."""
    return _MADE_HARMLESS.sub("", cell)
