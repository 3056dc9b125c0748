"""Checks for a detector: what a run says of itself, and whether its model detects anomalies; data for it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from autograder.checking.values import close, form, tensor_problem
from autograder.errors import CheckFailed
from checks.theme_g_anomaly.decisions import auroc_over
from checks.theme_g_anomaly.scores import errors_of, output_of

__all__ = [
    "AUROC_AT_LEAST",
    "anomaly_data",
    "check_detector",
    "trained_on",
]

_close = functools.partial(close, rtol=1e-3, atol=1e-6)

AUROC_AT_LEAST = 0.8
"""The AUROC that a detector trained on one class of `anomaly_data` must reach. Students are told 0.85."""


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
    errors = errors_of(output_of(model, data["test_images"]), data["test_images"])
    if not _close(scores, errors):
        raise CheckFailed(
            "'scores' are not the mean squared errors with which the returned model reconstructs "
            "data['test_images']"
        )
    decoys = data["test_labels"] != config["normal_digit"]
    if not abs(result["score"] - auroc_over(scores, decoys)) <= 1e-4:
        raise CheckFailed(
            f"'score' is {result['score']:.4g}; the AUROC of 'scores', with every digit but config['normal_digit'] in "
            "data['test_labels'] an anomaly, is another one"
        )
    normal = data["train_images"][data["train_labels"] == config["normal_digit"]]
    held_back = normal[len(normal) - len(normal) // 5 :]
    held_errors = errors_of(output_of(model, held_back), held_back).float()
    threshold = np.quantile(held_errors.detach().double().numpy(), config["q"])
    if not _close(result["threshold"], threshold):
        above = (held_errors > float(result["threshold"])).float().mean().item()
        raise CheckFailed(
            f"'threshold' is exceeded by {100 * above:.0f} % of the normal training images held back; expected their "
            f"{config['q']}-quantile. Are the last fifth of the normal training images, and only they, used?"
        )
    reached = auroc_over(errors, truth)
    if not reached >= at_least:
        raise CheckFailed(
            f"trained on a small, easy set of images, the detector's true AUROC is {reached:.2f}; at least "
            f"{at_least:g} is expected. Is it trained on the normal digit only, towards its own input?"
        )
    trained = normal[: len(normal) - len(normal) // 5]
    if (
        not errors_of(output_of(model, trained), trained).mean().item()
        <= 0.5 * trained.square().mean().item()
    ):
        raise CheckFailed("the model reconstructs its own training images badly: is it trained at all?")
