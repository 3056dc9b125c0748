"""Checks for anomaly detection: the score of an image, the threshold, AUROC, the confusion matrix, a detector."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from autograder.checking.calls import call_many, send
from autograder.checking.promises import keeping
from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import close, form, tensor_problem, unchanged
from autograder.errors import CheckFailed
from checks.shared.models import small_autoencoder

__all__ = [
    "AUROC_AT_LEAST",
    "anomaly_data",
    "auroc_of",
    "check_anomaly_score",
    "check_auroc",
    "check_confusion",
    "check_detector",
    "check_threshold",
    "trained_on",
]

_close = functools.partial(close, rtol=1e-3, atol=1e-6)

AUROC_AT_LEAST = 0.8
"""The AUROC that a detector trained on one class of `anomaly_data` must reach. Students are told 0.85."""

KEYS = ("tp", "fp", "fn", "tn")


def anomaly_data(
    seed: int, normal: int, n_train: int = 400, n_test: int = 100
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """A small problem in the form of MNIST, and which of its test images are anomalies.

    Ten smooth patterns on a dark background, one for each class, each with a random contrast and some
    noise. A fifth of the training images are of the normal class. The test labels in the returned data
    are decoys that call bright images normal. Bright images have large errors, so the AUROC by the decoys
    is below one half: it shows whether it is computed, and not turned round, and the truth need not be sent.

    Returns:
        (data, truth): a dict with train_images, train_labels, test_images, test_labels
        (n x 1 x 28 x 28 float32 in [0, 1]; int64), and (n_test,) bool, True for an anomaly.
    """
    generator = torch.Generator().manual_seed(seed)
    patterns = F.interpolate(
        torch.rand(10, 1, 7, 7, generator=generator), size=(28, 28), mode="bilinear", align_corners=False
    )
    patterns = (2.5 * (patterns - 0.4)).clamp(0, 1)
    data, labels = {}, None
    for part, count, share in (("train", n_train, 0.2), ("test", n_test, 0.5)):
        others = torch.tensor([digit for digit in range(10) if digit != normal])
        labels = others[torch.randint(0, 9, (count,), generator=generator)]
        labels[torch.rand(count, generator=generator) < share] = normal
        contrast = 0.5 + 0.5 * torch.rand(count, 1, 1, 1, generator=generator)
        images = contrast * patterns[labels] + 0.05 * torch.randn(count, 1, 28, 28, generator=generator)
        data[f"{part}_images"] = images.clamp(0, 1)
        data[f"{part}_labels"] = labels
    brightness = images.clamp(0, 1).flatten(1).mean(dim=1)
    decoys = others[torch.randint(0, 9, (n_test,), generator=generator)]
    decoys[brightness + 0.02 * torch.randn(n_test, generator=generator) > brightness.median()] = normal
    data["test_labels"] = decoys
    return data, labels != normal


def trained_on(data: Mapping[str, torch.Tensor], normal: int) -> torch.Tensor:
    """Which training images a detector is trained on: (n,) bool, the normal ones but for their last fifth."""
    chosen = data["train_labels"] == normal
    count = int(chosen.sum())
    chosen[torch.nonzero(chosen).flatten()[count - count // 5 :]] = False
    return chosen


def auroc_of(result: Mapping[str, Any], data: Mapping[str, torch.Tensor], normal: int) -> float:
    """The AUROC of a result's scores of the test images, of which all but the digit `normal` are anomalies."""
    return _auroc(result["scores"], data["test_labels"] != normal)


def check_anomaly_score(anomaly_score: Callable) -> None:
    """`anomaly_score(model, images)` is the mean squared error over the pixels, one for each image.

    Args:
        anomaly_score: The student's function; images (n, 1, H, W).
    """
    generator = torch.Generator().manual_seed(grading_seed())
    cases = []
    for n, height, width, seed in [(1, 2, 2, 0), (3, 5, 4, 1), (5, 5, 5, 2), (40, 28, 28, 3)]:
        images = torch.rand(height, 1, n, width, generator=generator).transpose(0, 2)
        cases += [(small_autoencoder(height, width, seed), images), (nn.Identity(), images)]
    cases.append((_far_off(), torch.rand(130, 1, 2, 3, generator=generator)))
    for done in call_many(anomaly_score, cases):
        model, images = done.arguments
        what = f"for {len(images)} images of {images.shape[2]} x {images.shape[3]} pixels"
        scores = done.result()
        if problem := tensor_problem(scores, "the result", torch.float32, (len(images),)):
            raise CheckFailed(f"{what}: {problem}; one score for each image?")
        if not unchanged(images, done.arguments_after[1]):
            raise CheckFailed(f"{what}: the images were changed")
        right = _errors(_output(model, images), images)
        off = (scores.double() - right).abs().max().item()
        if not off <= 1e-5:
            worst = (scores.double() - right).abs().argmax()
            raise CheckFailed(
                f"{what}: a score is {scores[worst]:.4g}, off by {off:.2g} from the mean of (model(x) − x)² over "
                "the pixels of that image"
            )
    theirs = send(small_autoencoder(4, 4, 9))
    keeping(anomaly_score, theirs, torch.rand(6, 1, 4, 4, generator=generator))


def check_threshold(fit_threshold: Callable) -> None:
    """`fit_threshold(scores, q)` is the q-quantile of the normal scores, with linear interpolation.

    So at most a part 1 − q of those scores lies above it.

    Args:
        fit_threshold: The student's function.
    """
    # an odd multiple keeps the quantile's position off the points where the neighbouring rules agree
    grid = st.lists(st.integers(0, 64), min_size=1, max_size=15).map(
        lambda values: torch.tensor(values, dtype=torch.float32) / 64
    )
    generator = torch.Generator().manual_seed(grading_seed())
    always = [
        (torch.tensor([3.0, 1.0]), 0.5),
        (torch.tensor([5.0]), 0.9),
        (torch.tensor([2.0, 2.0, 2.0]), 0.75),
        (torch.tensor([4.0, 1.0, 3.0, 2.0]), 1.0),
        (torch.tensor([4.0, 1.0, 3.0, 2.0]), 0.0),
        (torch.rand(200, generator=generator), 0.95),
        (torch.rand(200, generator=generator), 0.973),
        (torch.rand(40, 2, generator=generator)[:, 0], 0.9),
        (torch.tensor([0.0, 0.0, 1.0, 0.0, 2.0]), 0.7),
        (torch.cat([torch.rand(30, generator=generator), torch.tensor([50.0])]), 0.95),
        (1e-6 * torch.rand(30, generator=generator), 0.7),
        (torch.tensor([5.0]), 1.0),
        (100 * torch.rand(30, generator=generator), 1.0),
        (torch.rand(40, generator=generator), 0.9999),
    ]
    search(
        fit_threshold,
        st.tuples(grid, st.sampled_from([0.0, 0.01, 0.1, 0.25, 0.5, 0.7, 0.9, 0.95, 0.97, 1.0])),
        _threshold_problem,
        names=("scores", "q"),
        always=always,
    )


def check_auroc(auroc: Callable) -> None:
    """`auroc(scores, is_anomaly)` is P(s_a > s_n) + ½ P(s_a = s_n) over all pairs of an anomaly and a normal one.

    Judged against the count over all pairs, with many ties and with constant scores; it is unchanged by
    an increasing map of the scores, and 1 − AUROC for −s.

    Args:
        auroc: The student's function.
    """

    def both(flags: list[bool]) -> list[bool]:
        return [True, False, *flags]

    pairs = (
        st.lists(st.booleans(), min_size=0, max_size=10)
        .map(both)
        .flatmap(
            lambda flags: st.tuples(
                st.lists(st.integers(0, 5), min_size=len(flags), max_size=len(flags)).map(
                    lambda values: torch.tensor(values, dtype=torch.float32) / 4
                ),
                st.just(torch.tensor(flags)),
            )
        )
    )
    generator = torch.Generator().manual_seed(grading_seed())
    scores, flags = torch.randn(60, generator=generator), torch.rand(60, generator=generator) < 0.3
    always = [
        (torch.tensor([0.0, 1.0]), torch.tensor([False, True])),
        (torch.tensor([1.0, 0.0]), torch.tensor([False, True])),
        (torch.tensor([1.0, 1.0]), torch.tensor([True, False])),
        (torch.zeros(7), torch.arange(7) < 3),
        (scores, flags),
        (-scores, flags),
        (scores.exp(), flags),
        ((scores * 2).round(), flags),
        ((scores * 2).round(), ~flags),
        (scores.repeat(20), flags.repeat(20)),
        (1 + torch.arange(12) * 2.0**-20, torch.arange(12) % 5 % 2 == 0),
        ((1 + torch.arange(12) * 2.0**-20) * 1e-6, torch.arange(12) % 5 % 2 == 1),
        (100 * (scores - 5), flags),
        (scores[:16], torch.arange(16) % 2 == 0),  # as many anomalies as normal images
    ]
    search(auroc, pairs, _auroc_problem, names=("scores", "is_anomaly"), always=always)


def check_confusion(confusion_at: Callable) -> None:
    """`confusion_at(scores, is_anomaly, threshold)` counts tp, fp, fn, tn; an anomaly is what exceeds the threshold.

    Args:
        confusion_at: The student's function.
    """
    rows = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=12)
    cases = st.tuples(rows, st.integers(-1, 7)).map(
        lambda case: (
            torch.tensor([score for score, _ in case[0]], dtype=torch.float32) / 4,
            torch.tensor([flag for _, flag in case[0]]),
            case[1] / 4,
        )
    )
    always = [
        (torch.tensor([0.5]), torch.tensor([True]), 0.25),
        (torch.tensor([0.5]), torch.tensor([True]), 0.5),
        (torch.tensor([0.5, 0.5, 0.5]), torch.tensor([False, False, True]), 0.5),
        (torch.arange(10) / 8, torch.arange(10) % 3 == 0, 0.5),
        (torch.tensor([0.0, 0.5, 0.0]), torch.tensor([True, False, False]), -0.25),
        (torch.tensor([20.0, 500.0, 3.0]), torch.tensor([True, False, False]), 15.0),
        (torch.arange(1, 7) / 2**20, torch.arange(6) % 2 == 0, 3 / 2**20),
        (1 + torch.arange(6) / 2**20, torch.arange(6) % 2 == 0, 1 + 2 / 2**20),
        (torch.arange(1600) % 7 / 8, torch.arange(1600) % 3 > 0, 0.5),
    ]
    search(
        confusion_at, cases, _confusion_problem, names=("scores", "is_anomaly", "threshold"), always=always
    )


def check_detector(
    result: Mapping[str, Any],
    data: Mapping[str, torch.Tensor],
    truth: torch.Tensor,
    config: Mapping[str, Any],
    *,
    at_least: float = AUROC_AT_LEAST,
) -> None:
    """Score, anomaly scores, threshold and model of a run belong together, and the model detects anomalies.

    The true labels never leave the grader: the score must be the AUROC by the decoys, and the detector
    is judged by the truth.

    Args:
        result: What run returned: "score", "model", "scores" (n_test,), "threshold".
        data: What run got.
        truth: (n_test,) bool, the anomalies among the test images.
        config: What run got; "normal_digit" and "q" are used.
        at_least: The AUROC that a correct run exceeds with every seed.
    """
    model, scores = result["model"], result["scores"]
    if not callable(model):
        raise CheckFailed(f"'model' must be the trained autoencoder, got {form(model)}")
    if problem := tensor_problem(scores, "'scores'", torch.float32, truth.shape):
        raise CheckFailed(f"{problem}: one anomaly score for each image of data['test_images']")
    errors = _errors(_output(model, data["test_images"]), data["test_images"])
    if not _close(scores, errors):
        raise CheckFailed(
            "'scores' are not the mean squared errors with which the returned model reconstructs "
            "data['test_images']"
        )
    decoys = data["test_labels"] != config["normal_digit"]
    if not abs(result["score"] - _auroc(scores, decoys)) <= 1e-4:
        raise CheckFailed(
            f"'score' is {result['score']:.4g}; the AUROC of 'scores', with every digit but config['normal_digit'] in "
            "data['test_labels'] an anomaly, is another one"
        )
    normal = data["train_images"][data["train_labels"] == config["normal_digit"]]
    held_back = normal[len(normal) - len(normal) // 5 :]
    held_errors = _errors(_output(model, held_back), held_back).float()
    threshold = np.quantile(held_errors.detach().double().numpy(), config["q"])
    if not _close(result["threshold"], threshold):
        above = (held_errors > float(result["threshold"])).float().mean().item()
        raise CheckFailed(
            f"'threshold' is exceeded by {100 * above:.0f} % of the normal training images held back; expected their "
            f"{config['q']}-quantile. Are the last fifth of the normal training images, and only they, used?"
        )
    reached = _auroc(errors, truth)
    if not reached >= at_least:
        raise CheckFailed(
            f"trained on a small, easy set of images, the detector's true AUROC is {reached:.2f}; at least "
            f"{at_least:g} is expected. Is it trained on the normal digit only, towards its own input?"
        )
    trained = normal[: len(normal) - len(normal) // 5]
    if not _errors(_output(model, trained), trained).mean().item() <= 0.5 * trained.square().mean().item():
        raise CheckFailed("the model reconstructs its own training images badly: is it trained at all?")


def _far_off() -> nn.Module:
    """A model of one pixel whose outputs are far from the images: between -3 and 4."""
    model = nn.Conv2d(1, 1, 1)
    nn.init.constant_(model.weight, -7.0)
    nn.init.constant_(model.bias, 4.0)
    return model


def _threshold_problem(scores: torch.Tensor, q: float, value: Any) -> str | None:
    if type(value) is not float:
        return f"expected a Python float, got {form(value)}"
    right = float(np.quantile(scores.detach().double().numpy(), q))
    if not abs(value - right) <= 1e-5 * min(1, float(scores.abs().max())):
        part = (scores > value).double().mean().item()
        return (
            f"got {value:.5g}, which is not the quantile; {100 * part:.0f} % of the normal scores exceed it. "
            "Position q(n − 1) in the sorted scores, counted from 0, with linear interpolation?"
        )
    return None


def _auroc_problem(scores: torch.Tensor, is_anomaly: torch.Tensor, value: Any) -> str | None:
    if type(value) is not float:
        return f"expected a Python float, got {form(value)}"
    right = _auroc(scores, is_anomaly)
    if not abs(value - right) <= 1e-5:
        hint = "which score should be the larger one, and what does a tie count?"
        if abs(value - (1 - right)) <= 1e-5:
            hint = "that is 1 − AUROC: anomalies should have the larger scores"
        return f"got {value:.5g}, off by {abs(value - right):.3g}; {hint}"
    return None


def _confusion_problem(
    scores: torch.Tensor, is_anomaly: torch.Tensor, threshold: float, value: Any
) -> str | None:
    if type(value) is not dict or set(value) != set(KEYS):
        got = sorted(map(str, value)) if type(value) is dict else form(value)
        return f"expected a dict with the keys {list(KEYS)}, got {got}"
    for key in KEYS:
        if type(value[key]) is not int:
            return f"'{key}' must be a Python int, got {form(value[key])}"
    found = scores > threshold
    right = {
        "tp": found & is_anomaly,
        "fp": found & ~is_anomaly,
        "fn": ~found & is_anomaly,
        "tn": ~found & ~is_anomaly,
    }
    for key in KEYS:
        if value[key] != int(right[key].sum()):
            return (
                f"'{key}' is {value[key]}, off by {abs(value[key] - int(right[key].sum()))}. An anomaly is the positive "
                "class; found is what is strictly above the threshold"
            )
    return None


def _auroc(scores: torch.Tensor, is_anomaly: torch.Tensor) -> float:
    """The share of pairs in which the anomaly has the larger score, a tie counting one half."""
    difference = scores[is_anomaly].double()[:, None] - scores[~is_anomaly].double()[None]
    return ((difference > 0).double() + 0.5 * (difference == 0).double()).mean().item()


def _errors(output: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    return (output.double() - images.double()).square().flatten(1).mean(dim=1)


def _output(model: Any, images: torch.Tensor) -> torch.Tensor:
    output = model(images)
    output = output.detach() if isinstance(output, torch.Tensor) else output
    if problem := tensor_problem(output, "the model's output", torch.float32, images.shape):
        raise CheckFailed(problem)
    return output
