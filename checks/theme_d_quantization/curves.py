"""What the sweep of this theme compares: four methods, each with several numbers of bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autograder.errors import CheckFailed

__all__ = ["CURVES", "check_four_methods"]

CURVES = {"min-max": "minmax", "mean ± 3σ": "sigma", "symmetric": "symmetric", "per channel": "channel"}
"""The names that the text gives to the groups, and the method of each."""


def check_four_methods(table: Sequence[Mapping[str, Any]], min_values: int = 3) -> None:
    """Each of the four methods is there, with several numbers of bits.

    Args:
        table: A table that `checks.shared.sweeps.check_sweep_table` found good.
        min_values: Least number of values for each method.

    Raises:
        CheckFailed: With the methods that are missing, or the one with too few values.
    """
    values = {
        method: {row["value"] for row in table if row["config"].get("method") == method}
        for method in CURVES.values()
    }
    missing = sorted(method for method, found in values.items() if not found)
    if missing:
        raise CheckFailed(f"no row has the method {', '.join(missing)}: the sweep compares four methods")
    for method, found in values.items():
        if len(found) < min_values:
            raise CheckFailed(
                f"the method {method!r} has {len(found)} numbers of bits; at least {min_values} are needed for each of the four"
            )
