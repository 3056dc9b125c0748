"""Hidden checks of the assignment moving_average: they run in the grader, where no student code runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real

from hypothesis import strategies as st

from autograder.checking.search import search


def check_moving_average(function: Callable) -> None:
    """Try the student's function on many inputs, and name the smallest one on which it is wrong."""
    values = st.lists(st.integers(-9, 9), min_size=1, max_size=8)
    search(
        function,
        values.flatmap(lambda series: st.tuples(st.just(series), st.integers(1, len(series)))),
        _problem,
        names=("values", "window"),
        always=[([2], 1), ([1, 4], 1), ([1, 4], 2), ([1, 2, 6], 2)],
    )


def _problem(values: list[int], window: int, means: object) -> str | None:
    """What is wrong with what the function returned, in one sentence that does not give the answer away."""
    if not isinstance(means, list):
        return f"expected a list, got {type(means).__name__}"
    count = len(values) - window + 1
    if len(means) != count:
        return f"expected {count} means, one for each place of the window, got {len(means)}"
    for start, mean in enumerate(means):
        neighbours = values[start : start + window]
        if not isinstance(mean, Real) or not math.isclose(mean, math.fsum(neighbours) / window, abs_tol=1e-9):
            return f"{mean!r} at index {start} is not the mean of {neighbours}"
    return None
