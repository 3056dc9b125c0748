"""Checks for a grid: a sweep over two settings, with everything else held equal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from autograder.checking.values import describe, form, is_number, unchanged
from autograder.errors import CheckFailed

__all__ = ["check_grid"]


def check_grid(
    table: Sequence[Mapping[str, Any]],
    *,
    axes: tuple[str, str],
    baseline: Mapping[str, Any],
    min_groups: int = 3,
) -> None:
    """A full grid of two settings: the same values and seeds in every group, and all else equal in all rows.

    Args:
        table: A table that `check_sweep_table` found good; its variable is one of the axes, and
            each group has one value of the other.
        axes: The two config keys that span the grid.
        baseline: Their values in the baseline rows, and in no others.
        min_groups: Least number of groups.

    Raises:
        CheckFailed: With what is missing or differs.
    """
    other = axes[1] if table[0]["variable"] == axes[0] else axes[0]
    groups: dict[str, list] = {}
    for row in table:
        if not is_number(row["config"][other]):
            raise CheckFailed(f"config[{other!r}] must be a number, got {form(row['config'][other])}")
        groups.setdefault(row["group"], []).append(row)
    settings = {float(rows[0]["config"][other]) for rows in groups.values()}
    if len(groups) < min_groups or len(settings) < len(groups):
        raise CheckFailed(
            f"expected at least {min_groups} groups, each with its own {other}; got the groups "
            f"{list(groups)} with {sorted(settings)}"
        )
    _check_names(groups, other)
    _check_equal_rest(table, axes)
    points = {(row["value"], row["seed"]) for row in table}
    for group, rows in groups.items():
        if {(row["value"], row["seed"]) for row in rows} != points:
            raise CheckFailed(
                f"group {group!r} has not the same values of {table[0]['variable']} and the same seeds "
                "as the others: the grid has holes"
            )
    for row in table:
        is_baseline = all(row["config"][key] == value for key, value in baseline.items())
        if bool(row["baseline"]) != is_baseline:
            point = ", ".join(f"{key} = {describe(row['config'][key])}" for key in axes)
            raise CheckFailed(
                f"the row with {point} has baseline = {bool(row['baseline'])}; the baseline is the one point "
                "of the grid that the text names"
            )


def _check_names(groups: Mapping[str, Sequence[Mapping[str, Any]]], other: str) -> None:
    """A group that is named after a number which another group has, has this number itself."""
    settings = {group: float(rows[0]["config"][other]) for group, rows in groups.items()}
    for group, own in settings.items():
        named = {float(number) for number in re.findall(r"\d+(?:\.\d+)?", group)}
        if own not in named and named & set(settings.values()):
            raise CheckFailed(
                f"the rows of group {group!r} were run with {other} = {own:g}, not with what its name says"
            )


def _check_equal_rest(table: Sequence[Mapping[str, Any]], axes: tuple[str, str]) -> None:
    first = table[0]["config"]
    for row in table:
        config = row["config"]
        for key in sorted((set(first) | set(config)) - set(axes), key=str):
            one, another = first.get(key), config.get(key)
            same = one == another if is_number(one) and is_number(another) else unchanged(one, another)
            if not same:
                raise CheckFailed(
                    f"config[{key!r}] is {describe(one)} in one row and {describe(another)} in another (group "
                    f"{row['group']!r}): then the groups differ in more than the two settings of the grid"
                )
