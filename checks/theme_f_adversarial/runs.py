"""Checks for an experiment with attacks.

Labels of evaluation images never reach the student's kernel: a run attacks with decoy labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from autograder.checking.values import form
from autograder.errors import CheckFailed
from checks.shared.experiments import check_predictions
from checks.shared.probes import accuracy_of

__all__ = ["check_attacked_run", "clean_accuracy"]


def check_attacked_run(
    result: Mapping[str, Any], data: Mapping[str, torch.Tensor], truth, *, at_least: float
) -> None:
    """The scores of a run under attack are those of its outputs, and its model has learned.

    Args:
        result: What `check_run` returned: "score", "clean_score", "adversarial_logits", "model" (a handle).
        data: The data that run got; its test labels are decoys.
        truth: The true test labels.
        at_least: The percentage of true labels that the model exceeds on the clean images with every seed.
    """
    attacked = {"score": result["score"], "logits": result["adversarial_logits"]}
    check_predictions(attacked, data, truth, at_least=0)
    model = result.get("model")
    if not callable(model):
        raise CheckFailed(f"run(...)['model'] must be the trained model, got {form(model)}")
    model.eval()
    logits = model(data["test_images"])
    logits = logits.detach() if isinstance(logits, torch.Tensor) else logits
    try:
        check_predictions({"score": result["clean_score"], "logits": logits}, data, truth, at_least=at_least)
    except CheckFailed as error:
        message = str(error).replace("'score'", "'clean_score'").replace("'logits'", "the output of 'model'")
        raise CheckFailed(f"clean images: {message}") from None


def clean_accuracy(result: Mapping[str, Any], data: Mapping[str, torch.Tensor]) -> float:
    """The accuracy, in percent, of a run's model on the test images as they are."""
    logits = result["model"](data["test_images"])
    return accuracy_of({"logits": logits.detach()}, data)
