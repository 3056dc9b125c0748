"""What the attacks' results have in common: their form, and how close two of them are."""

from __future__ import annotations

from typing import Any

import torch

from autograder.checking.values import difference, form
from autograder.errors import CheckFailed

__all__ = ["CLOSE", "check_form", "form_problem", "near"]

CLOSE = 1e-5
"""Greatest difference of a pixel, or of a weight after a few steps: float32 sums in another order give 1e-6."""


def near(value: Any, expected: Any, tolerance: float = 0.0) -> bool:
    """Whether no number is further from the expected one than rounding, or than a tolerance beyond it."""
    return difference(value, expected) <= CLOSE + tolerance


def form_problem(name: str, value: Any, images: torch.Tensor) -> str | None:
    """What is wrong with the form of a result that must be like the images; None where nothing is."""
    if not isinstance(value, torch.Tensor) or value.shape != images.shape or value.dtype != images.dtype:
        return f"{name} must be a tensor of shape {tuple(images.shape)} and dtype {images.dtype}, got {form(value)}"
    return None if bool(value.isfinite().all()) else f"{name} has NaN or infinite values"


def check_form(name: str, value: Any, images: torch.Tensor, where: str) -> None:
    """As `form_problem`; raises CheckFailed with it."""
    if problem := form_problem(name, value, images):
        raise CheckFailed(f"{where}: {problem}")
