"""Pairs of submissions whose answers are unusually alike, measured against the whole class.

Two answers are alike where they share fingerprints. A fingerprint that half of the class has, or
that the reference's answer has, says little; one that only two students have says much. So each
has a weight by its rarity (inverse document frequency, as in text retrieval), from 0 to 1.

A pair's evidence is added up cell by cell. A short answer gives little, however rare it is: that
the same three-line formula is in two notebooks is no news. Many short answers that are all the
same, or a long one, are. Besides, all code is compared as one, for answers that were moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer

from autograder.similarity.answers import Answers, WrittenCell
from autograder.similarity.pairs import AlikeCells, Pair

__all__ = ["LISTED", "THRESHOLD", "Comparison", "compare"]

THRESHOLD = 0.555
"""The score from which a pair is listed; tests/similarity/test_comparison.py shows what it separates: forty honest
students reach 0.551, disguised copies of a notebook begin at 0.77, one copied text lies just above."""

LISTED = 200
"""Pairs that are kept at most, the closest ones."""

SHORT = 10.0
"""The weight in common that one cell of code contributes at most, unless it is long."""

LONG = 60.0
"""From this weight in common on, in tokens, a cell of code counts as long."""

PART_OF_LONG = 0.3
"""The part that weight beyond `LONG` contributes: ten lines of rare code alone list a pair."""

PART_OF_TEXT = 0.3
"""The same for letters of text, whose wording is never forced."""

HALF = 20.0
"""The evidence that gives a score of one half; each further one halves what is missing to 1."""

ENOUGH = 20.0
"""Where all code is compared as one: weight, in tokens, that is imagined to differ."""

EXPECTED = 0.2
"""A fingerprint of the reference's answer counts as if this part of the class had it too."""

UNSEEN = 5
"""Students who are imagined besides the class: in a class of two, nothing that both have is rare yet."""

RARE = 1 / 10
"""In a small class, a fingerprint would have to be in this part of it to count in full."""

ALIKE = 0.75
"""From this part of the threshold on, a median says that the whole class is alike."""

FEW = 6
"""In a smaller class all pairs can be read, and quartiles say nothing."""

OUTLYING = 1.5
"""How many interquartile ranges above the upper quartile a pair stands out (Tukey 1977)."""

CELLS_SHOWN = 10


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A class, compared with itself.

    Attributes:
        compared: How many submissions.
        threshold: The score from which pairs are listed.
        typical: The median score of all pairs.
        high: The score that one pair of a hundred exceeds.
        pairs: The pairs from the threshold on, the closest first; `LISTED` at most.
        closest: The closest pair, whatever its score; None where there is none.
        more: How many further pairs there are.
        usual: Where the whole class is alike: the score up to which pairs are not listed though they
            reach the threshold; None where the threshold alone decides.
    """

    compared: int
    threshold: float
    typical: float
    high: float
    pairs: tuple[Pair, ...]
    closest: Pair | None
    more: int = 0
    usual: float | None = None


def compare(
    everybody: Sequence[Answers],
    expected: Iterable[int] = (),
    threshold: float | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Comparison:
    """Compare everybody with everybody.

    Args:
        expected: The fingerprints of the reference's answers.
        threshold: The score from which a pair is listed. Where it is None it is `THRESHOLD`, and in a
            class whose answers are all alike only pairs that stand out from it are listed.
    """
    own_threshold, threshold = threshold, THRESHOLD if threshold is None else threshold
    if len(everybody) < 2:
        return Comparison(
            compared=len(everybody), threshold=threshold, typical=0.0, high=0.0, pairs=(), closest=None
        )
    prints = [frozenset().union(*(cell.prints for cell in one.cells)) for one in everybody]
    weights = _Weights(prints, frozenset(expected))
    scores = _scores(everybody, weights, progress)
    above = np.triu_indices(len(everybody), 1)
    of_pairs = np.round(scores[above], 4)
    order = np.argsort(-of_pairs, kind="stable")
    usual = _usual(of_pairs) if own_threshold is None and len(everybody) >= FEW else None
    listed = [
        index
        for index in order
        if of_pairs[index] >= threshold and (usual is None or of_pairs[index] > usual)
    ]

    def pair(index: int) -> Pair:
        one, other = everybody[int(above[0][index])], everybody[int(above[1][index])]
        return Pair(
            first=one.student,
            second=other.student,
            score=float(of_pairs[index]),
            cells=weights.explain(one, other),
        )

    return Comparison(
        compared=len(everybody),
        threshold=threshold,
        typical=float(np.median(of_pairs)),
        high=float(np.quantile(of_pairs, 0.99)),
        pairs=tuple(pair(index) for index in listed[:LISTED]),
        closest=pair(order[0]) if of_pairs[order[0]] > 0 else None,
        more=max(len(listed) - LISTED, 0),
        usual=usual,
    )


def _usual(scores: np.ndarray) -> float | None:
    """Up to which score a pair does not stand out; None where the class is not alike as a whole.

    Scores crowd below 1, so the quartiles are those of the evidence behind them.
    """
    if np.median(scores) < ALIKE * THRESHOLD:
        return None
    # who has written nothing is like nobody, and says nothing about the others
    evidence = -np.log2(1 - np.minimum(scores[scores > 0], 0.9999))
    lower, upper = np.quantile(evidence, (0.25, 0.75))
    return round(float(1 - 2 ** -(upper + OUTLYING * (upper - lower))), 4)


def _scores(
    everybody: Sequence[Answers], weights: _Weights, progress: Callable[[int, int], None]
) -> np.ndarray:
    evidence = np.zeros((len(everybody), len(everybody)))
    every = [(name, written) for written in (False, True) for name in _cell_names(everybody, written)]
    for number, (name, written) in enumerate(every):
        progress(number, len(every))
        shared = weights.shared(_only(everybody, name, written))
        evidence += shared.evidence_of_text() if written else shared.evidence_of_code()
    whole = weights.shared(_only(everybody, None, written=False))
    return np.maximum(1 - 2 ** (-evidence / HALF), whole.common / (whole.union + ENOUGH))


@dataclass(frozen=True)
class _Shared:
    """The weights of each pair's fingerprints in one cell, or in all."""

    common: np.ndarray
    union: np.ndarray
    smaller: np.ndarray

    def evidence_of_code(self) -> np.ndarray:
        long = np.maximum(self.common - LONG, 0.0) * _ratio(self.common, self.smaller) ** 2
        return np.minimum(self.common, SHORT) * _ratio(self.common, self.union) ** 3 + PART_OF_LONG * long

    def evidence_of_text(self) -> np.ndarray:
        return PART_OF_TEXT * self.common * _ratio(self.common, self.smaller) ** 2


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _cell_names(everybody: Sequence[Answers], written: bool) -> list[str]:
    return sorted({cell.cell for one in everybody for cell in one.cells if cell.written == written})


def _only(everybody: Sequence[Answers], name: str | None, written: bool) -> list[frozenset[int]]:
    """Everybody's fingerprints in one cell, or in all of them."""
    return [
        frozenset().union(
            *(
                cell.prints
                for cell in one.cells
                if cell.written == written and (name is None or cell.cell == name)
            )
        )
        for one in everybody
    ]


class _Weights:
    """How much each fingerprint tells, in one class."""

    def __init__(self, prints: Sequence[frozenset[int]], expected: frozenset[int]) -> None:
        self.counter = CountVectorizer(analyzer=list, binary=True, dtype=np.float64)
        try:
            table = self.counter.fit_transform(prints)
        except ValueError:  # nobody has written anything
            self.weight = None
            self.having: dict[int, int] = {}
            return
        names = self.counter.get_feature_names_out()
        having = np.asarray(table.sum(axis=0)).ravel()
        self.having = dict(zip(names, having.astype(int), strict=True))
        size = len(prints) + UNSEEN
        is_expected = np.fromiter((name in expected for name in names), bool, len(names))
        counted = np.minimum(having + EXPECTED * size * is_expected, size)
        most = max(np.log(size / 2), np.log(1 / RARE))
        self.weight = np.clip(np.log(size / counted) / most, 0.0, 1.0)

    def shared(self, view: Sequence[frozenset[int]]) -> _Shared:
        """What each pair has in common in one cell, or in all."""
        if self.weight is None:
            return _Shared(*np.zeros((3, len(view), len(view))))
        table: csr_matrix = self.counter.transform(view)
        weighted = table.multiply(self.weight).tocsr()
        common = (weighted @ table.T).toarray()
        total = np.asarray(weighted.sum(axis=1)).ravel()
        return _Shared(common, np.add.outer(total, total) - common, np.minimum.outer(total, total))

    def explain(self, one: Answers, other: Answers) -> tuple[AlikeCells, ...]:
        """The cells in which two students are alike."""
        found = []
        for cell in one.cells:
            partner = max(
                (candidate for candidate in other.cells if candidate.written == cell.written),
                key=lambda candidate: (self._telling(cell, candidate), candidate.cell == cell.cell),
                default=None,
            )
            if partner is None or not (common := cell.prints & partner.prints):
                continue
            share = len(common) / min(len(cell.prints), len(partner.prints))
            having = int(np.median([self.having[name] for name in common]))
            alike = AlikeCells(
                cell=cell.cell,
                score=round(share, 4),
                common=len(common),
                found_in=having,
                first_source=cell.source,
                second_source=partner.source,
                second_cell=partner.cell,
            )
            found.append((self._telling(cell, partner), alike))
        found.sort(key=lambda item: (-item[0], item[1].cell))
        return tuple(alike for telling, alike in found[:CELLS_SHOWN] if telling >= 1.0)

    def _telling(self, cell: WrittenCell, other: WrittenCell) -> float:
        """The weight that two cells have in common."""
        assert self.weight is not None, "what two cells have in common has a weight"
        columns = [self.counter.vocabulary_[name] for name in cell.prints & other.prints]
        return float(self.weight[columns].sum()) * (PART_OF_TEXT if cell.written else 1.0)
