"""Whether there is text in what came from a student's code."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import torch

from autograder.boundary.proxies import Proxy
from autograder.boundary.reply import Reply

__all__ = ["has_text", "names_path", "spells"]

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


_SPELLING = re.compile(
    r"\b(?:bytearray|bytes|chr|decode|frombuffer|memoryview|pack|to_?bytes|tofile)\b|%c|:c\}"
)


def spells(source: str) -> bool:
    """Whether a source may make texts of numbers: `bytes(codes)`, `"".join(map(chr, codes))`."""
    return _SPELLING.search(source) is not None


def names_path(value: Any, path: str) -> bool:
    """Whether a path is a text in a value that crossed, or a folder joined with one."""
    if isinstance(value, Reply):
        return names_path((value.value, value.arguments_after), path)
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(names_path(item, path) for item in value)
    if isinstance(value, Mapping):
        return names_path([*value.keys(), *value.values()], path)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return isinstance(value, str) and (path == value or "/" in value and path.endswith(f"/{value}"))


def has_text(value: Any, spelled: bool = False) -> bool:
    """Whether a value that crossed is a text, or may have one in it: all but numbers and objects that stayed behind.

    Args:
        spelled: Whether numbers are texts, too.
    """
    if isinstance(value, Reply):
        return value.error is not None or has_text((value.value, value.arguments_after), spelled)
    if isinstance(value, (list, tuple, set, frozenset)):
        return any(has_text(item, spelled) for item in value)
    if isinstance(value, Mapping):
        return has_text([*value.keys(), *value.values()], spelled)
    if type(value) is Proxy or value is None:
        return False
    if isinstance(value, (np.ndarray, np.generic)):
        return spelled or value.dtype.kind in "OSUV"
    return spelled or not isinstance(value, (*_NUMBERS, torch.Tensor))
