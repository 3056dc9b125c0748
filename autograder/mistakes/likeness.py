"""How alike the texts of two answers are: which known wrong answers to try first, and nothing that decides."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

__all__ = ["TokenPairs"]

LONGEST = 20_000
"""Characters of an answer that are looked at, each a bounded number of times: it may be a student's."""
_LEFT_OUT = re.compile(r'"""[\s\S]*?"""|#[^\n]*')
"""What is no code: comments, docstrings."""
_TOKEN = re.compile(r"[^\W\d]\w*|\d+|\S")


class TokenPairs:
    """The code of an answer, as the pairs of words and signs that follow one another in it."""

    def __init__(self, source: str) -> None:
        tokens = _TOKEN.findall(_LEFT_OUT.sub(" ", source[:LONGEST]))
        self._pairs = Counter(pairwise(tokens))
        self._size = self._pairs.total()

    def likeness(self, other: TokenPairs) -> float:
        """From 0, where nothing is the same, to 1; also where it is not known what one of them says."""
        if not self._size or not other._size:
            return 1.0
        return 2 * (self._pairs & other._pairs).total() / (self._size + other._size)
