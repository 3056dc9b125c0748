"""The kit's own sentences to students, in Japanese (`sentences.yaml`); they are written in English where they arise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from autograder.words import read

__all__ = ["is_for_students", "translated"]

_SENTENCES = read(Path(__file__).with_name("sentences.yaml"))
_ERROR = re.compile(r"(\w{1,100}): (.*)", re.DOTALL)
_DEEPEST = 3
"""Sentences within sentences."""


def _compiled(*sections: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    sentences = (pair for section in sections for pair in _SENTENCES[section].items())
    return tuple((re.compile(pattern, re.DOTALL), text) for pattern, text in sentences)


_PATTERNS, _WITHIN = _compiled("sentences"), _compiled("sentences", "within")


def is_for_students(sentence: str) -> bool:
    """Whether it is one of these; what else grading notes is for whoever grades."""
    return any(pattern.fullmatch(sentence) for pattern, _ in _PATTERNS)


def translated(sentence: str, language: str) -> str:
    """A sentence of the kit's in the student's language, with all that stands in it.

    Args:
        sentence: As grading has written it, in English; as it is where it is not one, or not known.
        language: Of the student; there are sentences for 'ja'.
    """
    return _japanese(sentence, _PATTERNS, _DEEPEST) if language == "ja" else sentence


def _japanese(sentence: str, patterns: Sequence[tuple[re.Pattern[str], str]], deep: int) -> str:
    for pattern, text in patterns if deep else ():
        if found := pattern.fullmatch(sentence):
            return text.format(*(_part(part, deep - 1) for part in found.groups()))
    return sentence


def _part(part: str, deep: int) -> str:
    """What stands in a sentence: a word of the kit's, another of its sentences, one behind an exception's name."""
    whole = _SENTENCES["words"].get(part) or _japanese(part, _WITHIN, deep)
    if whole == part and (error := _ERROR.fullmatch(part)):
        inner = _japanese(error[2], _WITHIN, deep)
        return part if inner == error[2] else f"{error[1]}：{inner}"
    return whole
