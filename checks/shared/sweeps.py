"""Checks for a sweep: the tidy table that holds one row for each run of an experiment."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from autograder.checking.calls import Call, call_many, in_kernel
from autograder.checking.records import record
from autograder.checking.values import describe, form, is_number, scalar, unchanged
from autograder.errors import CellTimeout, CheckFailed, KernelDied
from checks.shared.experiments import alike

__all__ = ["ROW_KEYS", "check_row_reproduces", "check_sweep_table"]

ROW_KEYS = ("theme", "variable", "value", "group", "seed", "metric", "score", "baseline", "config")
MOST_ROWS = 2000
RECORDED = ("variable", "value", "group", "seed", "metric", "baseline")


def check_sweep_table(
    table: Any,
    *,
    theme: str,
    variables: Sequence[str],
    metric: str,
    score_range: tuple[float, float],
    config_keys: Iterable[str],
    min_values: int = 3,
    min_seeds: int = 3,
    baseline_values: Sequence[Any] | Mapping[str, Sequence[Any]] | None = None,
    curves: Sequence[str] = (),
    named: Mapping[str, Mapping[str, Any]] | None = None,
    apart: Sequence[str] | None = None,
    required: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """A sweep in tidy form: one row for each run, one variable, several seeds, a baseline.

    A good table is kept for the class report, which draws those of all students on one picture.

    Args:
        table: The student's list of dicts, with exactly the keys `ROW_KEYS`.
        theme: What every row has as "theme".
        variables: The config keys of which one may be varied.
        metric: What every row has as "metric".
        score_range: Least and greatest possible score.
        config_keys: Keys that every config has.
        min_values: Least number of values in at least one group.
        min_seeds: Least number of seeds for each value of each group.
        baseline_values: The values that a baseline row may have, or these for each variable; None for any.
        curves: Names of settings after which groups may be called, also where no row has them.
        named: For names that the text gives to groups, the settings that these have.
        apart: The settings in which groups may differ; None for any.
        required: For a variable, settings that the text prescribes.

    Raises:
        CheckFailed: With the first row that is wrong and why.
    """
    if type(table) is not list or not table:
        raise CheckFailed(f"sweep_table must be a list with one dict for each run, got {form(table)}")
    if len(table) > MOST_ROWS:
        raise CheckFailed(f"sweep_table has {len(table)} rows; at most {MOST_ROWS} are read")
    for i, row in enumerate(table):
        if problem := _row_problem(row, theme, variables, metric, score_range, tuple(config_keys)):
            raise CheckFailed(f"row {i} of sweep_table: {problem}")
    if len({row["variable"] for row in table}) != 1:
        raise CheckFailed("the rows name more than one variable; a sweep varies one thing")
    groups: dict[str, dict[Any, list[dict]]] = {}
    for row in table:
        groups.setdefault(row["group"], {}).setdefault(row["value"], []).append(row)
    for group, by_value in groups.items():
        _check_group(f" of group {group!r}" if group else "", by_value, min_seeds)
    _check_between_groups(groups, curves, named or {})
    if apart is not None:
        _check_apart(groups, apart)
    for key, value in (required or {}).get(table[0]["variable"], {}).items():
        if any(row["config"][key] != value for row in table):
            raise CheckFailed(
                f"in a sweep of {table[0]['variable']!r} every row has config[{key!r}] = {value!r}; see the text"
            )
    most = max(len(by_value) for by_value in groups.values())
    if most < min_values:
        raise CheckFailed(f"the sweep has {most} values; at least {min_values} are needed to see a trend")
    baseline = [row for row in table if row["baseline"]]
    if not baseline:
        raise CheckFailed("no row is marked as the baseline (baseline = True)")
    if isinstance(baseline_values, Mapping):
        baseline_values = baseline_values[table[0]["variable"]]
    for row in baseline:
        if baseline_values is not None and row["value"] not in baseline_values:
            raise CheckFailed(
                f"a row with {row['variable']} = {row['value']!r} is marked as the baseline; "
                "the baseline is the value named in the text"
            )
    for row in table:
        if not row["baseline"] and any(
            row["group"] == other["group"] and row["value"] == other["value"] for other in baseline
        ):
            raise CheckFailed(
                f"some rows with {row['variable']} = {row['value']!r} are marked as baseline, others not"
            )
    record(
        "sweep",
        [{**{key: row[key] for key in RECORDED}, "score": float(scalar(row["score"]))} for row in table],
    )


def check_row_reproduces(run: Callable, table: Sequence[Mapping[str, Any]], *, tolerance: float) -> None:
    """Two rows of the table are what the student's own run gives for their configs and seeds.

    What the notebook's `experiment` kept when the table was made is the score of its row, but for rounding. The two
    rows are among those that it did not keep, where there are such.

    Args:
        run: The student's function, called as run(config, seed) on the student's own data.
        table: A table that `check_sweep_table` found good.
        tolerance: How far the score may be from the recomputed one.

    Raises:
        CheckFailed: The score is not reproduced.
    """
    kept = _kept_scores(run, table)
    for row, score in zip(table, kept, strict=True):
        if score is not None and not abs(scalar(row["score"]) - score) <= tolerance / 5:
            raise CheckFailed(
                f"the row with {row['variable']} = {row['value']!r}, seed {row['seed']} has the score "
                f"{scalar(row['score']):.4g}, but run gave {score:.4g} when the table was made: is 'score' what its own "
                "run returned?"
            )
    others = [row for row, score in zip(table, kept, strict=True) if score is None]
    rows = [*others[-1:], *others[:1], table[min(1, len(table) - 1)], table[max(len(table) - 2, 0)]][:2]
    first_calls = call_many(run, [(dict(row["config"]), row["seed"]) for row in rows])
    for row, first in zip(rows, first_calls, strict=True):
        recomputed, stated = _score_of(first), scalar(row["score"])
        if not abs(recomputed - stated) <= tolerance:
            [again] = call_many(run, [(dict(row["config"]), row["seed"])])
            if abs(recomputed - _score_of(again)) > tolerance or not _same_history(first, again):
                continue  # the table is not to blame where run gives something else each time
            raise CheckFailed(
                f"the row with {row['variable']} = {row['value']!r}, seed {row['seed']} has the score "
                f"{stated:.4g}, but run(row['config'], row['seed']) gives another one: is each row appended "
                "right after its own run?"
            )
    if _every_seed_alike(table):
        first = table[0]
        seeds = {
            row["seed"]: row
            for row in table
            if row["value"] == first["value"] and row["group"] == first["group"]
        }
        calls = call_many(run, [(dict(row["config"]), row["seed"]) for row in seeds.values()])
        if len({_score_of(call) for call in calls}) > 1:
            raise CheckFailed(
                "for every value all seeds have the same score, although run gives another result for each seed: "
                "is the seed of the row the one that was given to run?"
            )


def _kept_scores(run: Callable, table: Sequence[Mapping[str, Any]]) -> list[float | None]:
    """For each row the score that the student's kernel kept of such a run, None where it kept none."""
    try:
        kept = in_kernel(
            eval,
            "[(list(key[0]), key[1], result['score']) for key, result in run.__globals__['RESULTS'].items()]",
            {"run": run},
        )
        scores = {(frozenset(config), seed): scalar(score) for config, seed, score in kept}
        found = [scores.get((frozenset(row["config"].items()), row["seed"])) for row in table]
    except (KernelDied, CellTimeout):
        raise
    except Exception:  # no such name, something else in it, or a value that cannot be a key
        return [None] * len(table)
    return [float(score) if is_number(score) else None for score in found]


def _every_seed_alike(table: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the scores differ between the values alone: no accident, for several values and seeds."""
    scores: dict[tuple, set[float]] = {}
    for row in table:
        scores.setdefault((row["group"], row["value"]), set()).add(float(scalar(row["score"])))
    return all(len(of_value) == 1 for of_value in scores.values())


def _same_history(first: Call, again: Call) -> bool:
    """Whether two calls of run went the same way; a model that is kept shows here even where scores agree."""
    histories = [call.value.get("history") for call in (first, again)]
    return not all(type(history) is list for history in histories) or alike(*histories)


def _row_problem(row, theme, variables, metric, score_range, config_keys) -> str | None:
    if type(row) is not dict or set(row) != set(ROW_KEYS):
        got = sorted(map(str, row)) if type(row) is dict else form(row)
        return f"must be a dict with exactly the keys {list(ROW_KEYS)}, got {got}"
    for key, expected in (("theme", theme), ("metric", metric)):
        if type(row[key]) is not str or row[key] != expected:
            return f"'{key}' must be {expected!r}, got {describe(row[key])}"
    if type(row["variable"]) is not str or row["variable"] not in variables:
        return f"'variable' must be one of {list(variables)}, got {describe(row['variable'])}"
    if type(row["group"]) is not str:
        return f"'group' must be a str ('' for a single curve), got {form(row['group'])}"
    if not isinstance(row["baseline"], (bool, np.bool_)):
        return f"'baseline' must be True or False, got {form(row['baseline'])}"
    if type(row["seed"]) is not int and not isinstance(row["seed"], np.integer):
        return f"'seed' must be an int, got {form(row['seed'])}"
    score = scalar(row["score"])
    if not is_number(score) or not math.isfinite(score):
        return f"'score' must be a finite float, got {describe(score)}"
    low, high = score_range
    if not low <= score <= high:
        return f"'score' must be between {low:g} and {high:g}, got {score:.4g}"
    config = row["config"]
    if type(config) is not dict or not all(key in config for key in config_keys):
        return f"'config' must be the dict that was given to run, with the keys {sorted(config_keys)}"
    value, used = row["value"], config.get(row["variable"])
    if not (is_number(value) or type(value) is str):
        return f"'value' must be a number or a str, got {form(value)}"
    if (
        not (is_number(used) or type(used) is str)
        or (type(value) is str) != (type(used) is str)
        or value != used
    ):
        return (
            f"'value' is {describe(value)}, but the run used config[{row['variable']!r}] = {describe(used)}"
        )
    return None


def _check_group(name: str, by_value: Mapping[Any, list[dict]], min_seeds: int) -> None:
    """Inside a group every value has the same seeds, and the configs differ in the variable only."""
    all_seeds = {value: [row["seed"] for row in rows] for value, rows in by_value.items()}
    first = next(iter(by_value.values()))[0]
    variable = first["variable"]
    for value, seeds in all_seeds.items():
        if len(set(seeds)) != len(seeds):
            raise CheckFailed(
                f"{variable} = {value!r}{name} has the same seed more than once: {sorted(seeds)}"
            )
        if len(seeds) < min_seeds:
            raise CheckFailed(
                f"{variable} = {value!r}{name} has {len(seeds)} seeds; at least {min_seeds} are needed"
            )
        if set(seeds) != set(next(iter(all_seeds.values()))):
            raise CheckFailed(
                f"the values{name} were run with different seeds; a fair comparison uses the same ones"
            )
    for rows in by_value.values():
        for row in rows:
            _check_equal_but_for((variable,), first, row, name)


def _check_equal_but_for(keys: Sequence[str], first: Mapping, row: Mapping, name: str) -> None:
    """Two rows have the same config but for some of its keys, of which the first is named where they have not."""
    fixed, rest = first["config"], row["config"]
    for key in sorted((set(fixed) | set(rest)) - set(keys), key=str):
        one, other = fixed.get(key), rest.get(key)
        same = one == other if is_number(one) and is_number(other) else unchanged(one, other)
        if not same:
            raise CheckFailed(
                f"the configs{name} differ in {key!r} as well as in {keys[0]!r}: "
                "then nobody can say which of the two made the difference"
            )


def _check_apart(groups: Mapping[str, Mapping[Any, list[dict]]], apart: Sequence[str]) -> None:
    """Groups differ in what sets them apart, and in nothing else."""
    first, *others = (next(iter(by_value.values()))[0] for by_value in groups.values())
    for row in others:
        _check_equal_but_for((*apart, row["variable"]), first, row, " of the groups")


def _check_between_groups(
    groups: Mapping[str, Mapping[Any, list[dict]]],
    curves: Sequence[str],
    named: Mapping[str, Mapping[str, Any]],
) -> None:
    """A group that has the name of a setting has that setting, and groups that are compared have seeds in common."""
    settings: dict[str, set[str]] = {}
    seeds: dict[str, set[int]] = {}
    for group, by_value in groups.items():
        first = next(iter(by_value.values()))
        settings[group] = {value.casefold() for value in first[0]["config"].values() if type(value) is str}
        seeds[group] = {row["seed"] for row in first}
    names = {name.casefold() for name in curves}.union(*settings.values())
    for group, own in settings.items():
        config = next(iter(groups[group].values()))[0]["config"]
        other = any(config[key] != value for key, value in named.get(group, {}).items())
        if other or group.casefold() in names - own:
            raise CheckFailed(f"the rows of group {group!r} were run with another setting than its name says")
    fewest = min(seeds.values(), key=len)
    if not all(fewest <= of_group for of_group in seeds.values()):
        raise CheckFailed("the groups were run with different seeds; a fair comparison uses the same ones")


def _score_of(call: Call) -> float:
    if call.error is not None:
        raise CheckFailed(f"run on a row's config raised {type(call.error).__name__}: {call.error}")
    score = scalar(call.value.get("score")) if type(call.value) is dict else None
    if not is_number(score) or not math.isfinite(score):
        raise CheckFailed(
            f"run(row['config'], row['seed'])['score'] is not a finite number: {describe(score)}"
        )
    return score
