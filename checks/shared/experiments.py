"""Checks for an experiment: `run(config, seed, data) -> dict`, and a small problem to run it on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional as F

from autograder.checking.calls import Call, call_many
from autograder.checking.values import close, describe, finite, form, is_number, unchanged
from autograder.errors import CheckFailed
from checks.shared.probes import CHANGED

__all__ = [
    "alike",
    "check_predictions",
    "check_run",
    "classification_data",
]

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
    if not alike(first, again, keys):
        raise CheckFailed(
            f"run(config, {seeds[0]}, data) called twice gave two different results (scores "
            f"{first['score']:.4g} and {again['score']:.4g}): is everything random decided by the seed, "
            "and does each run start with a new model?"
        )
    if alike(first, other, keys):
        raise CheckFailed(
            f"seeds {seeds[0]} and {seeds[1]} gave exactly the same result: is the argument seed used, "
            "for the initial weights too?"
        )
    for (key, value), result in zip(changes.items(), results[3:], strict=True):
        if alike(first, result, keys):
            raise CheckFailed(
                f"config[{key!r}] = {config.get(key)!r} and {value!r} gave exactly the same result: "
                f"is config[{key!r}] used?"
            )
    return first


def check_predictions(
    result: Mapping[str, Any], data: Mapping[str, torch.Tensor], truth: torch.Tensor, *, at_least: float
) -> None:
    """The score is the accuracy of the returned predictions, and these are those of a trained model.

    Args:
        result: What `check_run` returned; has "score", and "predictions" (n_test,) or, where it has
            none, "logits" (n_test, n_classes).
        data: The data that run got; its test labels are decoys.
        truth: The true test labels.
        at_least: The percentage of true labels that a correct run exceeds with every seed.

    Raises:
        CheckFailed: With what was wrong.
    """
    predictions = _predictions(result, truth)
    computed = 100 * (predictions == data["test_labels"]).double().mean().item()
    if not abs(result["score"] - computed) <= 0.01:
        raise CheckFailed(
            f"the returned predictions agree with {computed:.2f} % of data['test_labels'], but 'score' is "
            f"{result['score']:.4g}: is it the accuracy on the test images of the data argument, in percent?"
        )
    reached = 100 * (predictions == truth).double().mean().item()
    if not reached >= at_least:
        raise CheckFailed(
            f"on a small, easy training set the returned predictions are right for {reached:.0f} % of new "
            f"images; a model trained as the config says exceeds {at_least:g} %"
        )


def _predictions(result: Mapping[str, Any], truth: torch.Tensor) -> torch.Tensor:
    if "predictions" not in result:
        logits = result["logits"]
        if not isinstance(logits, torch.Tensor) or not logits.is_floating_point():
            raise CheckFailed(f"'logits' must be a float tensor, got {form(logits)}")
        if logits.dim() != 2 or logits.shape[0] != len(truth) or logits.shape[1] <= int(truth.max()):
            raise CheckFailed(
                f"'logits' must have a row for each of the {len(truth)} test images and a column for each "
                f"class, got shape {tuple(logits.shape)}: are they those of the test images?"
            )
        return logits.argmax(dim=1)
    predictions = result["predictions"]
    if not isinstance(predictions, torch.Tensor) or predictions.dtype != torch.int64:
        raise CheckFailed(f"'predictions' must be an int64 tensor, got {form(predictions)}")
    if predictions.shape != truth.shape:
        raise CheckFailed(
            f"'predictions' must hold one class for each test image, shape {tuple(truth.shape)}, "
            f"got shape {tuple(predictions.shape)}: are they those of the test images?"
        )
    return predictions


def _run_result(call: Call, keys: Sequence[str], score_range: tuple[float, float]) -> dict:
    config, seed = call.arguments[:2]
    if call.error is not None:
        raise CheckFailed(f"run({config}, {seed}, data) raised {type(call.error).__name__}: {call.error}")
    if not unchanged(call.arguments, call.arguments_after):
        raise CheckFailed(CHANGED)
    if call.modes_left:
        raise CheckFailed(f"run left {call.modes_left[0]}")
    result = call.value
    if type(result) is not dict:
        raise CheckFailed(f"run must return a dict of plain values and tensors, got {form(result)}")
    for key in keys:
        if key not in result:
            raise CheckFailed(
                f"the dict that run returns has no key {key!r}; it has {sorted(map(str, result))}"
            )
        if not finite(result[key]):
            raise CheckFailed(
                f"run(...)[{key!r}] has values that are not finite numbers: {describe(result[key])}"
            )
    score, history = result["score"], result["history"]
    if not is_number(score):
        raise CheckFailed(f"'score' must be a Python float, got {form(score)} (for a tensor: .item())")
    low, high = score_range
    if not low <= score <= high:
        raise CheckFailed(f"'score' must be between {low:g} and {high:g}, got {score:.4g}")
    if type(history) is not list or not all(map(is_number, history)):
        raise CheckFailed(f"'history' must be a list of Python floats, got {describe(history)}")
    if "epochs" in config and len(history) != config["epochs"]:
        raise CheckFailed(
            f"'history' must have one value for each epoch: config['epochs'] is {config['epochs']}, "
            f"history has {len(history)} values"
        )
    return result


def alike(first: Any, second: Any, keys: Sequence[str] | None = None) -> bool:
    """Whether two results are equal up to rounding, in the given keys of two dicts."""
    if keys is not None and type(first) is dict and type(second) is dict:
        first, second = ({key: result.get(key) for key in keys} for result in (first, second))
    return close(first, second, rtol=SAME, atol=1e-9)
