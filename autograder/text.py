"""Text made fit to be shown: what a student's process sent, numbers with nouns, lists of names."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["MAX_TEXT", "clean_text", "counted", "listed"]

MAX_TEXT = 4_000


def clean_text(text: str) -> str:
    """Text of the student's without control characters (newlines and tabs stay), shortened."""
    text = text.encode("utf-8", "replace").decode()[:MAX_TEXT]
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", text)


def counted(number: int, noun: str) -> str:
    """'1 student', '2 students'."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first names; of the rest, how many they are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")
