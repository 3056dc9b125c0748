"""Whether there is text in what came from a student's code."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from autograder.boundary.proxies import Proxy
from autograder.boundary.reply import Reply

__all__ = ["has_text"]

_NUMBERS = (
    type(None),
    bool,
    int,
    float,
    complex,
    range,
    Decimal,
    Fraction,
    datetime.date,
    datetime.timedelta,
)


def has_text(value: Any) -> bool:
    """Whether a value that crossed is a text, or may have one in it: all but numbers and objects that stayed behind."""
    if isinstance(value, Reply):
        return value.error is not None or has_text(value.value) or has_text(value.arguments_after)
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(map(has_text, value))
    if isinstance(value, Mapping):
        return any(map(has_text, value.keys())) or any(map(has_text, value.values()))
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "OSUV"
    return type(value) is not Proxy and not isinstance(value, (*_NUMBERS, torch.Tensor))
