"""The numbers of the class report: pure functions of points."""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = [
    "ENOUGH",
    "ItemStatistics",
    "Spread",
    "correlation",
    "item_statistics",
    "most_frequent",
    "spread",
    "surely_negative",
]

FULL = 1e-9
ENOUGH = 30
"""From this number of submissions on, a correlation is shown."""
CERTAIN = 3.0
"""Standard errors."""
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[-+]?\d+)?")


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How a number is spread over submissions.

    Attributes:
        n: How many there are.
        median: The middle one.
        mean: The arithmetic mean.
        least: The smallest.
        most: The largest.
    """

    n: int
    median: float
    mean: float
    least: float
    most: float


@dataclass(frozen=True, kw_only=True)
class ItemStatistics:
    """How a class did on one grade cell.

    Attributes:
        n: Submissions whose points for this cell are settled.
        success: The share of them with all points; None where n is 0.
        share: The mean share of the points; None where n is 0.
        discrimination: How well the cell separates strong from weak students: the correlation
            of its points with the points of the other autograded cells of the assignment; None
            where it is not defined (all the same, or fewer than three submissions).
    """

    n: int
    success: float | None
    share: float | None
    discrimination: float | None


def spread(values: Sequence[float]) -> Spread | None:
    """Number, median, mean, least and most; None of nothing."""
    if not values:
        return None
    return Spread(
        n=len(values),
        median=statistics.median(values),
        mean=statistics.fmean(values),
        least=min(values),
        most=max(values),
    )


def item_statistics(
    points: Mapping[str, float], max_points: float, rest: Mapping[str, float]
) -> ItemStatistics:
    """The statistics of one grade cell.

    The discrimination is the corrected item-total correlation: of the item with the sum of the
    other items, so that it is not compared with itself (J. P. Guilford, "The correlation of an
    item with a composite of the remaining items in a test", Educational and Psychological
    Measurement 13, 1953, 87-93).

    Args:
        points: For each student, the points of this cell.
        rest: For each student, the points of the other cells; students who are not in both are
            left out of the correlation only.
    """
    n = len(points)
    if n == 0 or max_points <= 0:
        return ItemStatistics(n=n, success=None, share=None, discrimination=None)
    full = sum(value >= max_points - FULL for value in points.values())
    both = sorted(points.keys() & rest.keys())
    return ItemStatistics(
        n=n,
        success=full / n,
        share=sum(points.values()) / (n * max_points),
        discrimination=correlation([points[name] for name in both], [rest[name] for name in both]),
    )


def correlation(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's correlation; None for fewer than three pairs, or where one side never varies."""
    if len(first) < 3:
        return None
    try:
        value = statistics.correlation(first, second)
    except statistics.StatisticsError:
        return None
    return value if math.isfinite(value) else None


def surely_negative(r: float, n: int) -> bool:
    """Whether chance does not explain a negative correlation: three standard errors below 0 by Fisher's z.

    A class has dozens of cells, so that one in a thousand is asked for, and no correlation of fewer than
    `ENOUGH` is.
    """
    return n >= ENOUGH and r < 0 and math.atanh(max(r, -1 + FULL)) < -CERTAIN / math.sqrt(n - 3)


def most_frequent(messages: Iterable[str], number: int) -> list[tuple[str, int]]:
    """The most frequent messages and how often each came; those that differ in numbers only are one.

    Args:
        messages: Empty ones do not count.
        number: How many to give at most.
    """
    shapes: dict[str, Counter[str]] = {}
    for message in filter(None, messages):
        shapes.setdefault(NUMBER.sub("#", message), Counter())[message] += 1
    found = [(min(texts, key=lambda text: (-texts[text], text)), texts.total()) for texts in shapes.values()]
    return sorted(found, key=lambda item: (-item[1], item[0]))[:number]
