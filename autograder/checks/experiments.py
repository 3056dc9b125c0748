"""Judgements of an experiment: `run(config, seed, data) -> dict`, and the tidy table of a sweep over its configs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from autograder.checks.calls import Call, call_many
from autograder.checks.search import unchanged
from autograder.errors import CheckFailed

__all__ = [
    "ROW_KEYS",
    "check_predictions",
    "check_row_reproduces",
    "check_run",
    "check_sweep_table",
    "classification_data",
]

ROW_KEYS = ("theme", "variable", "value", "group", "seed", "metric", "score", "baseline", "config")
MOST_ROWS = 2000
# Same seed, same machine, same code: what is left is the order of floating point sums.
SAME = 1e-4


def classification_data(
    seed: int, n_train: int = 200, n_test: int = 100, noise: float = 0.2
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """A small, easily learned problem in the form of MNIST, and the true labels of its test images.

    Ten smooth random patterns, one for each class, with noise. The test labels in the returned
    data are decoys, drawn independently of the images: an accuracy computed from them shows
    whether it is computed, and the true labels need not be sent.

    Args:
        seed: Decides the patterns and the noise.
        n_train: Number of training images.
        n_test: Number of test images.
        noise: Standard deviation of the noise of a pixel.

    Returns:
        (data, truth): a dict with train_images, train_labels, test_images, test_labels
        (n x 1 x 28 x 28 float32 in [0, 1]; int64), and the true test labels (n_test,) int64.
    """
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(10, 1, 7, 7, generator=generator)
    patterns = F.interpolate(coarse, size=(28, 28), mode="bilinear", align_corners=False)
    data, truth = {}, None
    for part, count in (("train", n_train), ("test", n_test)):
        labels = torch.arange(count)[torch.randperm(count, generator=generator)] % 10
        images = patterns[labels] + noise * torch.randn(count, 1, 28, 28, generator=generator)
        data[f"{part}_images"] = images.clamp(0, 1)
        data[f"{part}_labels"] = labels
        truth = labels
    data["test_labels"] = torch.randint(0, 10, (n_test,), generator=generator)
    return data, truth


def check_run(
    run: Callable,
    config: Mapping[str, Any],
    data: Any,
    *,
    keys: Sequence[str],
    score_range: tuple[float, float],
    changes: Mapping[str, Any],
    seeds: tuple[int, int] = (3, 4),
) -> dict:
    """An experiment is a function of its configuration and its seed, and of nothing else.

    Catches: a seed that is ignored or that decides only a part of the randomness; a model
    that is kept from one run to the next; a configuration that is ignored or changed; data
    changed in place; missing keys; tensors or NaN where a number is due; a history that has
    not one value for each epoch.

    Args:
        run: The student's function, called as run(config, seed, data).
        config: A small configuration.
        data: What run gets as its data.
        keys: The keys that the result must have; more are allowed.
        score_range: Least and greatest possible score.
        changes: Config entries with another value; each, put into the config alone, must
            change the result.
        seeds: Two seeds; the first is used twice.

    Returns:
        The result of the first call, as plain data.

    Raises:
        CheckFailed: With what was wrong.
    """
    config = dict(config)
    calls = call_many(
        run,
        [(config, seeds[0], data), (config, seeds[0], data), (config, seeds[1], data)]
        + [({**config, key: value}, seeds[0], data) for key, value in changes.items()],
    )
    results = [_run_result(call, keys, score_range) for call in calls]
    first, again, other = results[:3]
    if not _alike(first, again, keys):
        raise CheckFailed(
            f"run(config, {seeds[0]}, data) called twice gave two different results (scores "
            f"{first['score']:.4g} and {again['score']:.4g}): is everything random decided by the seed, "
            "and does each run start with a new model?"
        )
    if _alike(first, other, keys):
        raise CheckFailed(
            f"seeds {seeds[0]} and {seeds[1]} gave exactly the same result: is the argument seed used, "
            "for the initial weights too?"
        )
    for (key, value), result in zip(changes.items(), results[3:], strict=True):
        if _alike(first, result, keys):
            raise CheckFailed(
                f"config[{key!r}] = {config.get(key)!r} and {value!r} gave exactly the same result: "
                f"is config[{key!r}] used?"
            )
    return first


def check_predictions(
    result: Mapping[str, Any], data: Mapping[str, torch.Tensor], truth: torch.Tensor, *, at_least: float
) -> None:
    """The score is the accuracy of the returned predictions, and the predictions are those of a trained model.

    Catches: accuracy on the training data; a fraction for a percentage; predictions of an
    untrained model or of one trained on the test data.

    Args:
        result: What `check_run` returned; has "score" and "predictions".
        data: The data that run got; its test labels are decoys.
        truth: The true test labels.
        at_least: The percentage of true labels that a correct run exceeds with every seed.

    Raises:
        CheckFailed: With what was wrong.
    """
    predictions = result["predictions"]
    if not isinstance(predictions, torch.Tensor) or predictions.dtype != torch.int64:
        raise CheckFailed(f"'predictions' must be an int64 tensor, got {_kind(predictions)}")
    if predictions.shape != truth.shape:
        raise CheckFailed(
            f"'predictions' must hold one class for each test image, shape {tuple(truth.shape)}, "
            f"got shape {tuple(predictions.shape)}: are they those of the test images?"
        )
    computed = 100 * (predictions == data["test_labels"]).double().mean().item()
    if not abs(result["score"] - computed) <= 0.01:
        raise CheckFailed(
            f"the returned predictions agree with {computed:.2f} % of data['test_labels'], but 'score' is "
            f"{result['score']:.4g}: is it the accuracy on the test images of the data argument, in percent?"
        )
    reached = 100 * (predictions == truth).double().mean().item()
    if not reached >= at_least:
        raise CheckFailed(
            f"on a small, easy training set the returned predictions are right for {reached:.0f} % of new images; "
            f"a model trained as the config says exceeds {at_least:g} %"
        )


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
    baseline_values: Sequence[Any] | None = None,
) -> None:
    """A sweep in tidy form: one row for each run, one variable, several seeds, a baseline.

    Catches: too few values or seeds, unequal seeds, repeated rows, values or scores of the
    wrong type or out of range, configs that differ in more than the variable, no baseline.

    Args:
        table: The student's list of dicts, with exactly the keys `ROW_KEYS`.
        theme: What every row has as "theme".
        variables: The config keys of which one may be varied.
        metric: What every row has as "metric".
        score_range: Least and greatest possible score.
        config_keys: Keys that every config has.
        min_values: Least number of values in at least one group.
        min_seeds: Least number of seeds for each value of each group.
        baseline_values: The values that a baseline row may have; None for any.

    Raises:
        CheckFailed: With the first row that is wrong and why.
    """
    if type(table) is not list or not table:
        raise CheckFailed(f"sweep_table must be a list with one dict for each run, got {_kind(table)}")
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
    most = max(len(by_value) for by_value in groups.values())
    if most < min_values:
        raise CheckFailed(f"the sweep has {most} values; at least {min_values} are needed to see a trend")
    baseline = [row for row in table if row["baseline"]]
    if not baseline:
        raise CheckFailed("no row is marked as the baseline (baseline = True)")
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
            raise CheckFailed(f"some rows with {row['variable']} = {row['value']!r} are marked as baseline, others not")


def check_row_reproduces(run: Callable, table: Sequence[Mapping[str, Any]], *, tolerance: float) -> None:
    """A row of the table is what the student's own run gives for that row's config and seed.

    Catches: scores of another run, of another seed, of the last run only, or typed in. A run
    that differs from one call to the next is judged where run is judged, not here again.

    Args:
        run: The student's function, called as run(config, seed) on the student's own data.
        table: A table that `check_sweep_table` found good.
        tolerance: How far the score may be from the recomputed one.

    Raises:
        CheckFailed: The score is not reproduced.
    """
    row = table[max(len(table) - 2, 0)]
    first, again = call_many(run, [(dict(row["config"]), row["seed"])] * 2)
    scores = [_score_of(call) for call in (first, again)]
    if abs(scores[0] - scores[1]) > tolerance:
        return
    stated = _scalar(row["score"])
    if not abs(scores[0] - stated) <= tolerance:
        raise CheckFailed(
            f"the row with {row['variable']} = {row['value']!r}, seed {row['seed']} has the score {stated:.4g}, "
            "but run(row['config'], row['seed']) gives another one: is each row appended right after its own run?"
        )


def _run_result(call: Call, keys: Sequence[str], score_range: tuple[float, float]) -> dict:
    config, seed = call.arguments[:2]
    if call.error is not None:
        raise CheckFailed(f"run({config}, {seed}, data) raised {type(call.error).__name__}: {call.error}")
    if not unchanged(call.arguments, call.arguments_after):
        raise CheckFailed("run changed its config or its data; work on a copy (the next run gets the same ones)")
    result = call.value
    if type(result) is not dict:
        raise CheckFailed(f"run must return a dict of plain values and tensors, got {_kind(result)}")
    for key in keys:
        if key not in result:
            raise CheckFailed(f"the dict that run returns has no key {key!r}; it has {sorted(map(str, result))}")
        if not _finite(result[key]):
            raise CheckFailed(f"run(...)[{key!r}] has values that are not finite numbers: {_short(result[key])}")
    score, history = result["score"], result["history"]
    if not _number(score):
        raise CheckFailed(f"'score' must be a Python float, got {_kind(score)} (for a tensor: .item())")
    low, high = score_range
    if not low <= score <= high:
        raise CheckFailed(f"'score' must be between {low:g} and {high:g}, got {score:.4g}")
    if type(history) is not list or not all(map(_number, history)):
        raise CheckFailed(f"'history' must be a list of Python floats, got {_short(history)}")
    if "epochs" in config and len(history) != config["epochs"]:
        raise CheckFailed(
            f"'history' must have one value for each epoch: config['epochs'] is {config['epochs']}, "
            f"history has {len(history)} values"
        )
    return result


def _row_problem(row, theme, variables, metric, score_range, config_keys) -> str | None:
    if type(row) is not dict or set(row) != set(ROW_KEYS):
        got = sorted(map(str, row)) if type(row) is dict else _kind(row)
        return f"must be a dict with exactly the keys {list(ROW_KEYS)}, got {got}"
    for key, expected in (("theme", theme), ("metric", metric)):
        if type(row[key]) is not str or row[key] != expected:
            return f"'{key}' must be {expected!r}, got {_short(row[key])}"
    if type(row["variable"]) is not str or row["variable"] not in variables:
        return f"'variable' must be one of {list(variables)}, got {_short(row['variable'])}"
    if type(row["group"]) is not str:
        return f"'group' must be a str ('' for a single curve), got {_kind(row['group'])}"
    if type(row["baseline"]) is not bool:
        return f"'baseline' must be True or False, got {_kind(row['baseline'])}"
    if type(row["seed"]) is not int:
        return f"'seed' must be an int, got {_kind(row['seed'])}"
    score = _scalar(row["score"])
    if not _number(score) or not math.isfinite(score):
        return f"'score' must be a finite float, got {_short(score)}"
    low, high = score_range
    if not low <= score <= high:
        return f"'score' must be between {low:g} and {high:g}, got {score:.4g}"
    config = row["config"]
    if type(config) is not dict or not all(key in config for key in config_keys):
        return f"'config' must be the dict that was given to run, with the keys {sorted(config_keys)}"
    value, used = row["value"], config.get(row["variable"])
    if not (_number(value) or type(value) is str):
        return f"'value' must be a number or a str, got {_kind(value)}"
    if not (_number(used) or type(used) is str) or (type(value) is str) != (type(used) is str) or value != used:
        return f"'value' is {_short(value)}, but the run used config[{row['variable']!r}] = {_short(used)}"
    return None


def _check_group(name: str, by_value: Mapping[Any, list[dict]], min_seeds: int) -> None:
    """Inside a group every value has the same seeds, and the configs differ in the variable only."""
    all_seeds = {value: [row["seed"] for row in rows] for value, rows in by_value.items()}
    first = next(iter(by_value.values()))[0]
    variable = first["variable"]
    for value, seeds in all_seeds.items():
        if len(set(seeds)) != len(seeds):
            raise CheckFailed(f"{variable} = {value!r}{name} has the same seed more than once: {sorted(seeds)}")
        if len(seeds) < min_seeds:
            raise CheckFailed(f"{variable} = {value!r}{name} has {len(seeds)} seeds; at least {min_seeds} are needed")
        if set(seeds) != set(next(iter(all_seeds.values()))):
            raise CheckFailed(f"the values{name} were run with different seeds; a fair comparison uses the same ones")
    fixed = {key: value for key, value in first["config"].items() if key != variable}
    for rows in by_value.values():
        for row in rows:
            rest = {key: value for key, value in row["config"].items() if key != variable}
            for key in sorted(set(fixed) | set(rest), key=str):
                if not unchanged(fixed.get(key), rest.get(key)):
                    raise CheckFailed(
                        f"the configs{name} differ in {key!r} as well as in {variable!r}: "
                        "then nobody can say which of the two made the difference"
                    )


def _score_of(call: Call) -> float:
    if call.error is not None:
        raise CheckFailed(f"run on a row's config raised {type(call.error).__name__}: {call.error}")
    score = _scalar(call.value.get("score")) if type(call.value) is dict else None
    if not _number(score) or not math.isfinite(score):
        raise CheckFailed(f"run(row['config'], row['seed'])['score'] is not a finite number: {_short(score)}")
    return score


def _scalar(value: Any) -> Any:
    """The number in a tensor or array of one element: that run should return a float is judged where run is judged."""
    return value.item() if isinstance(value, (torch.Tensor, np.ndarray)) and value.shape == () else value


def _number(value: Any) -> bool:
    return type(value) in (int, float) or isinstance(value, (np.floating, np.integer))


def _finite(value: Any) -> bool:
    """Whether there is no NaN or infinity in a nest of lists, tuples, dicts, tensors and numbers."""
    if isinstance(value, torch.Tensor):
        return value.numel() > 0 and bool(torch.isfinite(value.to(torch.float64)).all())
    if isinstance(value, np.ndarray):
        return value.size > 0 and value.dtype.kind in "biuf" and bool(np.isfinite(value).all())
    if type(value) in (list, tuple):
        return all(map(_finite, value))
    if type(value) is dict:
        return all(map(_finite, value.values()))
    return type(value) in (str, bool) or (_number(value) and math.isfinite(value))


def _alike(first: Any, second: Any, keys: Sequence[str] | None = None) -> bool:
    """Whether two results are equal up to rounding, in the given keys of two dicts."""
    if isinstance(first, (torch.Tensor, np.ndarray)) and isinstance(second, (torch.Tensor, np.ndarray)):
        one, two = torch.as_tensor(first), torch.as_tensor(second)
        return one.shape == two.shape and torch.allclose(one.double(), two.double(), rtol=SAME, atol=1e-9)
    if type(first) in (list, tuple) and type(first) is type(second):
        return len(first) == len(second) and all(map(_alike, first, second))
    if type(first) is dict and type(second) is dict:
        names = first.keys() | second.keys() if keys is None else keys
        return all(name in first and name in second and _alike(first[name], second[name]) for name in names)
    if _number(first) and _number(second):
        return math.isclose(first, second, rel_tol=SAME, abs_tol=1e-9)
    return type(first) is type(second) and first == second


def _kind(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of shape {tuple(value.shape)} and dtype {value.dtype}"
    if type(value) is list:
        return f"a list of {len(value)} items"
    return f"a value of type {type(value).__name__}"


def _short(value: Any) -> str:
    text = _kind(value) if isinstance(value, torch.Tensor) else repr(value)
    return text if len(text) <= 120 else text[:117] + "..."
