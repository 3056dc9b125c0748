"""All students' sweeps of a research theme, ready to be drawn on one picture."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.report.outcomes import Outcome
from autograder.verdict.verdict import Status

__all__ = ["Curve", "Panel", "Sweeps", "sweeps"]

TABLE = "sweep"
MOST_PANELS = 6
OTHER = "other groups"
DIGITS = re.compile(r"([0-9]{1,15})")
LARGEST = 1e9
"""Values of the varied quantity beyond this are not drawn."""


@dataclass(frozen=True)
class Curve:
    """One group of one student's table.

    Attributes:
        points: (value, mean score of its seeds), in the order of the values.
        confirmed: Whether the test cell that saw the table was passed.
    """

    student: str
    points: tuple[tuple[float | str, float], ...]
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The curves that can be compared: one variable, one group.

    Attributes:
        variable: What was varied.
        group: The students' name for the group; "" where there is one curve only.
        curves: The students' curves.
        median: At each value that enough students have: (value, median of their means).
        baseline: The median of the students' baselines; None where nobody marked one.
    """

    variable: str
    group: str
    curves: tuple[Curve, ...]
    median: tuple[tuple[float | str, float], ...]
    baseline: float | None


@dataclass(frozen=True, kw_only=True)
class Sweeps:
    """A theme's sweeps.

    Attributes:
        students: How many tables there are.
        unconfirmed: The students whose table did not pass its test.
        panels: What to draw.
        scores: The least and the greatest score of all panels, for a common axis.
    """

    assignment: str
    metric: str
    students: int
    unconfirmed: tuple[str, ...]
    panels: tuple[Panel, ...]
    scores: tuple[float, float]


def sweeps(assignment: str, outcomes: Iterable[Outcome]) -> Sweeps | None:
    """The sweeps of one theme; None where no test has kept a table."""
    tables: dict[str, tuple[list[dict], bool]] = {}
    for one in outcomes:
        for cell in one.cells:
            rows = [row for row in cell.records.get(TABLE, []) if _drawable(row)]
            if rows:
                tables[one.student] = rows, cell.status is Status.PASSED
    if not tables:
        return None
    panels = tuple(_panels(tables))
    scores = [score for panel in panels for curve in panel.curves for _, score in curve.points]
    metrics = Counter(rows[0]["metric"] for rows, _ in tables.values())
    return Sweeps(
        assignment=assignment,
        metric=metrics.most_common(1)[0][0],
        students=len(tables),
        unconfirmed=tuple(sorted(student for student, (_, passed) in tables.items() if not passed)),
        panels=panels,
        scores=(min(scores), max(scores)),
    )


def _drawable(row: Mapping) -> bool:
    value = row["value"]
    return type(value) is str or (type(value) in (int, float) and abs(value) <= LARGEST)


def _panels(tables: Mapping[str, tuple[list[dict], bool]]) -> list[Panel]:
    curves: dict[tuple[str, str], list[Curve]] = {}
    names: dict[tuple[str, str], Counter[str]] = {}
    baselines: dict[str, list[float]] = {}
    for student, (rows, confirmed) in sorted(tables.items()):
        groups: dict[str, dict] = {}
        for row in rows:
            groups.setdefault(row["group"], {}).setdefault(row["value"], []).append(row["score"])
        variable = rows[0]["variable"]
        for group, by_value in groups.items():
            key = variable, _normal(group)
            means = ((value, statistics.fmean(scores)) for value, scores in by_value.items())
            curves.setdefault(key, []).append(Curve(student, tuple(sorted(means, key=_order)), confirmed))
            names.setdefault(key, Counter())[group.strip()] += 1
        marked = [row["score"] for row in rows if row["baseline"]]
        if marked:
            baselines.setdefault(variable, []).append(statistics.fmean(marked))
    shared = min(2, len(tables))
    keys = sorted(curves, key=lambda key: (-len({curve.student for curve in curves[key]}), key))
    own = [key for key in keys if len({curve.student for curve in curves[key]}) >= shared][: MOST_PANELS - 1]
    others: dict[str, list[Curve]] = {}
    for key in keys:
        if key not in own:
            others.setdefault(key[0], []).extend(curves[key])
    drawn = [
        (variable, names[variable, group].most_common(1)[0][0], curves[variable, group])
        for variable, group in sorted(own, key=_natural)
    ]
    drawn += [(variable, OTHER, found) for variable, found in sorted(others.items())]
    return [
        Panel(
            variable=variable,
            group=group,
            curves=tuple(found),
            median=_median(found),
            baseline=statistics.median(baselines[variable]) if variable in baselines else None,
        )
        for variable, group, found in drawn
    ]


def _normal(group: str) -> str:
    return " ".join(group.casefold().split())


def _natural(key: tuple[str, str]) -> tuple:
    """By variable, then by the numbers in the group's name as numbers: B=32 before B=128."""
    variable, group = key
    parts = DIGITS.split(group)  # every second one is a number
    return variable, [int(part) if place % 2 else part for place, part in enumerate(parts)]


def _order(point: tuple) -> tuple:
    """Numbers in their order, then texts in theirs."""
    return isinstance(point[0], str), point[0]


def _median(curves: list[Curve]) -> tuple:
    """Where at least three curves, and a quarter of all, have a value."""
    scores: dict = {}
    for curve in curves:
        for value, score in curve.points:
            scores.setdefault(value, []).append(score)
    enough = max(3, len(curves) / 4)
    found = ((value, statistics.median(all_)) for value, all_ in scores.items() if len(all_) >= enough)
    return tuple(sorted(found, key=_order))
