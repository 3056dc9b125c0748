"""What feedback says, in the languages of students."""

from __future__ import annotations

from collections.abc import Mapping

from autograder.words import words

__all__ = ["duration", "phrases"]

_WORDS = words(__file__)


def phrases(language: str) -> Mapping[str, str]:
    """The words of a page; English ones for a language that has none."""
    return _WORDS.get(language, _WORDS["en"])


def duration(seconds: float, language: str) -> str:
    """A time in its two largest units, as the report has it: '9 hours 31 minutes', '3 日'."""
    if seconds < 60:
        return f"{int(seconds)} 秒" if language == "ja" else f"{int(seconds)} seconds"
    left, parts = round(seconds / 60), []
    for size, english, japanese in ((24 * 60, "day", "日"), (60, "hour", "時間"), (1, "minute", "分")):
        number, left = divmod(left, size)
        parts.append((number, japanese if language == "ja" else english + "s" * (number != 1)))
    first = next(place for place, (number, _) in enumerate(parts) if number)
    return " ".join(f"{number} {unit}" for number, unit in parts[first : first + 2] if number)
