"""Text made fit to be shown: what a student's process sent, numbers with nouns, lists of names."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["MAX_TEXT", "clean_text", "counted", "duration", "in_language", "is_japanese", "listed", "points"]

MAX_TEXT = 4_000

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9d]")
_WORD = re.compile(r"[A-Za-z]{2}")
_BETWEEN = re.compile(r"(?<=\s)/(?=\s)")


def clean_text(text: str, most: int = MAX_TEXT) -> str:
    """Text of the student's without control characters (newlines and tabs stay), shortened."""
    text = text.encode("utf-8", "replace").decode()[:most]
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", text)


def counted(number: int, noun: str) -> str:
    """'1 student', '2,000 students'."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def points(number: float, language: str = "en") -> str:
    """'1 point', '2.5 points', '3 点'."""
    shown = f"{round(number, 2):g}"
    return f"{shown} 点" if language == "ja" else f"{shown} point{'' if shown == '1' else 's'}"


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first names; of the rest, how many they are."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest} more" if rest > 0 else "")


def duration(seconds: float) -> str:
    """Seconds, or the two largest units of a longer time."""
    if seconds < 99.5:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    for unit, size, smaller in (("d", 24 * 60, ("h", 60)), ("h", 60, ("min", 1))):
        if minutes >= size:
            return f"{minutes // size} {unit} {minutes % size // smaller[1]} {smaller[0]}"
    return f"{minutes} min"


def in_language(text: str, language: str) -> str:
    """The part of a text in two languages, "english / 日本語" or the other way round, that is in one of them.

    A text of one language only, or one whose parts cannot be told from each other, stays as it is.

    Args:
        text: Such as a message of a test cell.
        language: 'ja'; any other is taken for the one that is not Japanese.
    """
    for place in (found.start() for found in _BETWEEN.finditer(text)):
        parts = text[:place].rstrip(), text[place + 1 :].lstrip()
        japanese = [bool(_JAPANESE.search(part)) for part in parts]
        if japanese == [True, False] and _WORD.search(parts[1]):
            return parts[0] if language == "ja" else parts[1]
        # of "use // instead of / / 日本語", the last sign between the two is the one that divides them
        found_japanese = _JAPANESE.search(text)
        if japanese == [False, True] and found_japanese and _WORD.search(parts[0]):
            first = found_japanese.start()
            last = [found.start() for found in _BETWEEN.finditer(text, 0, first)][-1]
            return text[last + 1 :].lstrip() if language == "ja" else text[:last].rstrip()
    return text


def is_japanese(text: str) -> bool:
    """Whether there is a Japanese letter in it."""
    return _JAPANESE.search(text) is not None
