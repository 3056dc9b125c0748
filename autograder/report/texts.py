"""The words of the class report in the languages that it speaks."""

from __future__ import annotations

from collections.abc import Callable

from autograder.collecting import beforehand
from autograder.words import words

__all__ = ["JAPANESE", "LANGUAGES", "translations"]

JAPANESE = {**words(__file__)["ja"], **beforehand.JAPANESE}
"""English is the key, as in gettext."""

LANGUAGES: dict[str, dict[str, str]] = {"en": {}, "ja": JAPANESE}


def translations(language: str) -> tuple[Callable[[str], str], Callable[[str, str, int], str]]:
    """gettext and ngettext for a language; a text without a translation stays English."""
    words = LANGUAGES[language]

    def gettext(text: str) -> str:
        return words.get(text, text)

    def ngettext(singular: str, plural: str, number: int) -> str:
        return gettext(singular if number == 1 else plural)

    return gettext, ngettext
