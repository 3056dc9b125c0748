"""Checks for claims about a sweep: the numbers on which a discussion leans, against the student's own table of runs."""

from __future__ import annotations

import hashlib
import math
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from autograder.checking.calls import call
from autograder.checking.records import collecting, record
from autograder.checking.values import describe, form, is_number, scalar
from autograder.errors import CheckFailed

__all__ = ["CLAIM_KEYS", "check_claims", "personal_seed"]

CLAIM_KEYS = ("group", "value", "mean", "std", "baseline_mean", "difference")
NUMBERS = ("mean", "std", "baseline_mean", "difference")


def personal_seed(number: Any) -> int:
    """The first of a student's own seeds, as the notebook derives it from the student's number.

    Raises:
        CheckFailed: There is no number.
    """
    return 1000 + _digest(number) % 9000


def _digest(number: Any) -> int:
    text = str(number).strip() if type(number) in (str, int) else ""
    if not text:
        raise CheckFailed(
            "STUDENT_NUMBER must be your student number in quotes; your own seeds follow from it"
        )
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)


def check_claims(
    claims: Any,
    table: Any,
    number: Any,
    *,
    run: Callable,
    check_table: Callable[[Any], None],
    tolerance: float,
    own: Mapping[str, Callable[[int], Any]] = MappingProxyType({}),
) -> None:
    """The numbers that a student states are those of the student's own table, made with the student's own seeds.

    A table that is itself wrong costs the points of the table, not these: then the claims need
    only be there and agree with each other.

    Args:
        claims: The student's dict, with the keys `CLAIM_KEYS`.
        table: The student's sweep table.
        number: What the student entered as the student number.
        run: The student's experiment, to tell a wrong claim from a wrong table.
        check_table: Raises `CheckFailed` for a table that is wrong.
        tolerance: How far a mean may be from that of the table beyond its spread over the seeds: the
            student's machine rounds otherwise than the grader's.
        own: Keys of a row's config whose value is the student's own, and how the notebook makes it of the number's
            digest.

    Raises:
        CheckFailed: With the first claim that is wrong, and what the table gives.
    """
    if type(claims) is not dict or set(claims) != set(CLAIM_KEYS):
        got = sorted(map(str, claims)) if type(claims) is dict else form(claims)
        raise CheckFailed(f"claims must be a dict with exactly the keys {list(CLAIM_KEYS)}, got {got}")
    stated = {key: scalar(claims[key]) for key in NUMBERS}
    seed = personal_seed(number)
    try:
        with collecting():
            check_table(table)
    except CheckFailed:
        return
    for key, value in stated.items():
        if not is_number(value) or not math.isfinite(value):
            raise CheckFailed(f"claims[{key!r}] must be a number, got {describe(value)}")
    rows, baseline = _rows(claims, table)
    record("personal", [{"number": str(number), "seed": seed}])
    if seed not in {row["seed"] for row in table}:
        raise CheckFailed(
            f"no row of sweep_table has your own seed {seed} (from STUDENT_NUMBER); use SEEDS in the sweep"
        )
    for key, made_of in own.items():
        mine, others = made_of(_digest(number)), {row["config"][key] for row in table}
        if others != {mine}:
            raise CheckFailed(
                f"the rows of sweep_table have {key} = {describe(min(others - {mine}))}; your own (from STUDENT_NUMBER) is {mine}"
            )
    try:
        _compare(stated, rows, baseline, tolerance)
        _look_for_mistakes(stated, rows, baseline, table)
    except CheckFailed:
        if _reproduces(run, rows[-1]):
            raise


def _rows(claims: Mapping[str, Any], table: Sequence[Mapping[str, Any]]) -> tuple[list, list]:
    """The rows that the claims are about, and the baseline's (of the same group, if it has one)."""
    group, value = claims["group"], scalar(claims["value"])
    of_group = [row for row in table if row["group"] == group]
    rows = [row for row in of_group if row["value"] == value]
    if not rows:
        groups = {
            name: sorted({row["value"] for row in table if row["group"] == name})
            for name in dict.fromkeys(row["group"] for row in table)
        }
        raise CheckFailed(
            f"sweep_table has no row with group {describe(group)} and value {describe(value)}; it has {groups}"
        )
    if any(row["baseline"] for row in rows):
        raise CheckFailed("claims are about a value other than the baseline: what differs from what?")
    return rows, [row for row in of_group if row["baseline"]] or [row for row in table if row["baseline"]]


def _compare(stated: Mapping[str, float], rows: Sequence, baseline: Sequence, tolerance: float) -> None:
    scores, others = ([float(scalar(row["score"])) for row in part] for part in (rows, baseline))
    mean, other = statistics.fmean(scores), statistics.fmean(others)
    spread, others_spread = statistics.stdev(scores), statistics.stdev(others)
    expected = {
        "mean": (mean, tolerance + spread / 2),
        "std": (spread, tolerance / 2 + spread / 4),
        "baseline_mean": (other, tolerance + others_spread / 2),
        "difference": (mean - other, tolerance + (spread + others_spread) / 2),
    }
    for key, (value, slack) in expected.items():
        if abs(stated[key] - value) > slack:
            raise CheckFailed(
                f"claims[{key!r}] is {stated[key]:.4g}, but your table gives {value:.4g} "
                f"(mean over {len(scores)} seeds; a difference is value minus baseline)"
            )
    gap = abs(stated["difference"] - (stated["mean"] - stated["baseline_mean"]))
    if gap > tolerance / 2:
        raise CheckFailed(
            f"claims['difference'] is {stated['difference']:.4g}, but mean - baseline_mean is "
            f"{stated['mean'] - stated['baseline_mean']:.4g}"
        )


def _look_for_mistakes(
    stated: Mapping[str, float], rows: Sequence, baseline: Sequence, table: Sequence
) -> None:
    """Whether a number, in all its digits, is another statistic of the table than the one that is asked for.

    A number that was copied with a few decimals may come from another machine, and is not looked at.
    """
    value, group, usual = rows[0]["value"], rows[0]["group"], baseline[0]["value"]
    scores, others, everywhere, of_value, beside = (
        [float(scalar(row["score"])) for row in part]
        for part in (
            rows,
            baseline,
            [row for row in table if row["baseline"]],
            [row for row in table if row["value"] == value],
            [row for row in table if row["value"] == usual and row["group"] == group],
        )
    )
    spread = statistics.stdev(scores)
    difference = statistics.fmean(scores) - statistics.fmean(others)
    for key, right, mistakes in (
        (
            "std",
            spread,
            {
                "the standard deviation divided by n; divide by n - 1": statistics.pstdev(scores),
                "the standard error; the standard deviation is asked for": spread / math.sqrt(len(scores)),
                "the variance; its root is asked for": spread**2,
                "the difference of the largest and the smallest score": max(scores) - min(scores),
                "half the difference of the largest and the smallest score": (max(scores) - min(scores)) / 2,
                "the standard deviation of the differences from the baseline": _deviation_of_pairs(
                    rows, baseline
                ),
                "the standard deviation of the baseline": statistics.stdev(others),
            },
        ),
        (
            "mean",
            statistics.fmean(scores),
            {
                "the mean over all groups; that of the group is asked for": statistics.fmean(of_value),
                "the median; the mean is asked for": statistics.median(scores),
                "the largest score; the mean is asked for": max(scores),
                "the smallest score; the mean is asked for": min(scores),
                "the mean without the smallest score": statistics.fmean(sorted(scores)[1:]),
                "the mean without the largest score": statistics.fmean(sorted(scores)[:-1]),
                "the score of one seed; the mean over all seeds is asked for": scores[0],
                **{f"the mean of the value {value}": mean for value, mean in _means_of_others(rows, table)},
            },
        ),
        (
            "baseline_mean",
            statistics.fmean(others),
            {
                "the mean over the baselines of all groups; that of the same group is asked for": statistics.fmean(
                    everywhere
                ),
                "the mean of rows of this group that are not the baseline": statistics.fmean(
                    beside or others
                ),
                "the median of the baseline; the mean is asked for": statistics.median(others),
                "the baseline of one seed; the mean over all seeds is asked for": others[0],
                "the mean of all other rows": statistics.fmean(
                    float(scalar(row["score"])) for row in table if row not in rows
                ),
                **{
                    f"the mean of the value {value}": mean
                    for value, mean in _means_of_others(baseline, table)
                },
            },
        ),
        (
            "difference",
            difference,
            {
                "the difference in percent of the baseline; points are asked for": 100
                * difference
                / (statistics.fmean(others) or math.inf),
                "baseline minus value; value minus baseline is asked for": -difference,
            },
        ),
    ):
        got = stated[key]
        if round(got, 4) == got or math.isclose(got, right, rel_tol=1e-6):
            continue
        for what, mistaken in mistakes.items():
            if math.isclose(got, mistaken, rel_tol=1e-9):
                raise CheckFailed(f"claims[{key!r}] is {got:.4g}: this is {what}")


def _means_of_others(rows: Sequence, table: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Any, float]]:
    """Each other value in the group of some rows, and its mean."""
    group = [row for row in table if row["group"] == rows[0]["group"] and row not in rows]
    for value in dict.fromkeys(row["value"] for row in group):
        yield (
            f"{value}",
            statistics.fmean(float(scalar(row["score"])) for row in group if row["value"] == value),
        )


def _deviation_of_pairs(rows: Sequence, baseline: Sequence) -> float:
    """The standard deviation of value minus baseline, seed by seed; NaN where the seeds are others."""
    others = {row["seed"]: float(scalar(row["score"])) for row in baseline}
    pairs = [float(scalar(row["score"])) - others[row["seed"]] for row in rows if row["seed"] in others]
    return statistics.stdev(pairs) if len(pairs) > 1 else math.nan


def _reproduces(run: Callable, row: Mapping[str, Any]) -> bool:
    """Whether a row's score is what run gives for it; if not, the table is at fault."""
    result = call(run, dict(row["config"]), row["seed"]).value
    score = scalar(result.get("score")) if type(result) is dict else None
    stated = float(scalar(row["score"]))
    return is_number(score) and math.isclose(score, stated, rel_tol=0.02, abs_tol=1e-6)
