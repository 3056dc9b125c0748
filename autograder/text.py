"""Text that a student's process sent, made fit to be shown; imports nothing heavy."""

from __future__ import annotations

import re

__all__ = ["MAX_TEXT", "clean_text"]

MAX_TEXT = 4_000


def clean_text(text: str) -> str:
    """Text of the student's without control characters (newlines and tabs stay), shortened."""
    text = text.encode("utf-8", "replace").decode()[:MAX_TEXT]
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", text)
