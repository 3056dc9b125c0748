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
    """A time in the largest unit that is not below one: '3 days', '2 時間'."""
    for size, english, japanese in ((86_400, "day", "日"), (3_600, "hour", "時間"), (60, "minute", "分")):
        if seconds >= size:
            number = int(seconds // size)
            return (
                f"{number} {japanese}"
                if language == "ja"
                else f"{number} {english}{'' if number == 1 else 's'}"
            )
    return f"{int(seconds)} 秒" if language == "ja" else f"{int(seconds)} seconds"
