"""Words in a student's code: what may be the answer to a question, and what only labels code."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from autograder.submission.matching import normal

__all__ = ["has_parts", "has_sentences", "is_text"]

MOST = 100_000
"""Letters of a cell that are looked at."""

_COMMENTS = re.compile(r"^#.*(?:\n#.*)*", re.MULTILINE)
_STRINGS = re.compile(
    r"^(?:\w{1,40} *+= *+)?(?:(?:\w{1,40}\.)?(?:print|display|Markdown|HTML|Latex)\( *+){0,3}"
    r"(?:[fF]?[rRuU]?(?P<three>\"{3}|'{3})(?P<block>[^\0]*?)(?P=three)"
    r"|[rRuU]?(?P<one>[\"'])(?P<line>.*?)(?P=one) *+\)*+ *+(?:#.*)?$)",
    re.MULTILINE,
)
"""Strings that are shown, or only kept under a name, as in a form of Colab's. What repeats gives nothing back (`*+`):
with a thousand spaces behind a quotation mark a plain `*` tries all ways to share them out."""
_TEXT_CELL = re.compile(r"\s*%%(?:markdown|latex|html)\b")
_WORD = re.compile(r"[^\W\d_]{2,}")
_WIDE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_PART = re.compile(r"\n[ \t]*(?:\n|#|[(（]?\w{0,10} ?\d{1,2}[ \t]*[.)）:：．、]|[①-⑳])")
WORDS, LETTERS = 5, 10
"""So many words make a sentence, or so many letters of a script without spaces."""


def is_text(cell: Mapping[str, Any]) -> bool:
    """Whether a cell holds words and nothing else: text, code that is only comments, or that shows a text."""
    lines = normal(cell.get("source", "")).splitlines()
    if cell.get("cell_type") != "code":
        return bool(lines)
    only_comments = bool(lines) and all(line.startswith("#") for line in lines)
    return only_comments or _TEXT_CELL.match(cell["source"]) is not None


def has_parts(text: str) -> bool:
    """Whether an answer has more than one paragraph, headline or number, and may be the answer to two questions."""
    return _PART.search(normal(text[:MOST])) is not None


def has_sentences(code: str, given: Collection[str] = ()) -> bool:
    """Whether a student has written sentences in code, as comments or strings that stand for themselves.

    Nothing is parsed: only what begins in the first column counts, so that neither comments inside a
    function nor labels of a figure do.

    Args:
        given: Lines that were released, without white space behind them.
    """
    lines = (line for line in normal(code[:MOST]).splitlines() if line not in given)
    own = "\n".join(lines)
    said = [found[0] for found in _COMMENTS.finditer(own)]
    said += [found["block"] or found["line"] or "" for found in _STRINGS.finditer(own)]
    return any(len(_WORD.findall(text)) >= WORDS or len(_WIDE.findall(text)) >= LETTERS for text in said)
