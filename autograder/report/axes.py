"""Where values stand along the axis of a picture, and which places are named."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from autograder.text import clean_text

__all__ = ["Axis", "linear", "of_values"]

WIDE = 50
"""From this ratio of the largest to the smallest positive value on, an axis is logarithmic."""
NAMED = 6
"""So many ticks at most; all values of a logarithmic axis are named up to this number."""
APART = 0.09
"""Share of the axis between two names, which would otherwise run into each other."""
LONGEST_NAME = 12
MARGIN = 0.04
"""Share of an axis that is left free at both ends."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis.

    Attributes:
        place: Gives where a value stands, from 0 (the axis starts) to 1.
        ticks: The places that are named, with their names.
    """

    place: Callable[[float | str], float]
    ticks: tuple[tuple[float, str], ...]


def linear(low: float, high: float, most: int = NAMED, whole: bool = False) -> Axis:
    """From one number to another, with ticks at multiples of 1, 2 or 5 times a power of ten.

    Args:
        most: Ticks at most.
        whole: Whether only whole numbers are named.
    """
    if not low < high:
        low, high = low - 0.5, high + 0.5
    step = _step((high - low) / most)
    if whole:
        step = max(1.0, step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    place = _between(low, high)
    return Axis(
        place=place,
        ticks=tuple((place(number * step), f"{number * step:.6g}") for number in range(first, last + 1)),
    )


def of_values(values: Iterable[float | str]) -> Axis:
    """For the values of a quantity that was varied.

    Numbers that span some powers of ten stand on a logarithmic axis (0 before the smallest of them); where some
    are texts, all stand one after the other: numbers in their order, then texts in theirs.
    """
    ordered = sorted(set(values), key=lambda value: (isinstance(value, str), value))
    if any(isinstance(value, str) for value in ordered):
        numbers = {value: float(number) for number, value in enumerate(ordered)}
        return _named(ordered, numbers.__getitem__)
    numeric = [float(value) for value in ordered]
    positive = [value for value in numeric if value > 0]
    if min(numeric) < 0 or len(positive) < 2 or positive[-1] < WIDE * positive[0]:
        span = (numeric[-1] - numeric[0]) * MARGIN or 0.5
        return linear(numeric[0] - span, numeric[-1] + span)
    start = math.log10(positive[0])
    before = start - 0.15 * (math.log10(positive[-1]) - start)

    def exponent(value: float | str) -> float:
        return math.log10(float(value)) if float(value) > 0 else before

    if len(numeric) <= NAMED:
        return _named(numeric, exponent)
    powers = range(math.ceil(start), math.floor(math.log10(positive[-1])) + 1)
    every = 1 + len(powers) // NAMED
    return _named(
        [value for value in numeric if value == 0] + [10.0**n for n in powers[::every]], exponent, numeric
    )


def _named(named: list, number: Callable[[float | str], float], values: list | None = None) -> Axis:
    """An axis over some values (by default those that are named), which a function turns into numbers."""
    ends = [number(value) for value in values or named]
    span = (max(ends) - min(ends)) * MARGIN or 0.5
    between = _between(min(ends) - span, max(ends) + span)
    ticks: list[tuple[float, str]] = []
    for value in named:
        place = between(number(value))
        if not ticks or place - ticks[-1][0] >= APART:
            name = value if isinstance(value, str) else f"{value:g}"
            ticks.append((place, clean_text(name)[:LONGEST_NAME]))
    return Axis(place=lambda value: between(number(value)), ticks=tuple(ticks))


def _between(low: float, high: float) -> Callable[[float | str], float]:
    return lambda value: (float(value) - low) / (high - low)


def _step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below a number."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
