"""Dates, times, exact numbers, and what arrays and tensors consist of, from the plain data in a reply."""

from __future__ import annotations

import datetime
import decimal
import fractions
import re
from typing import Any

import numpy
import torch

from autograder.errors import BoundaryError

__all__ = ["STANDARD", "standard_value"]

STANDARD: dict[str, type] = {
    "date": datetime.date,
    "datetime": datetime.datetime,
    "time": datetime.time,
    "timedelta": datetime.timedelta,
    "Decimal": decimal.Decimal,
    "Fraction": fractions.Fraction,
    "dtype": numpy.dtype,
    "device": torch.device,
}
_DECIMAL = re.compile(r"-?(?:(?:\d{1,1000}(?:\.\d{0,1000})?)(?:E[+-]\d{1,4})?|s?NaN|Infinity)")
"""With a larger exponent, one of a few characters would fill the memory when it is made an integer."""
_DTYPE = re.compile(r"[<>|=][biufcOSUVmM]\d{0,6}(?:\[\w{1,12}\])?")
_DEVICE = re.compile(r"(?:cpu|cuda|meta|mps|xpu)(?::\d{1,3})?")


def standard_value(kind: str, parts: list) -> Any:
    """The value of one of `STANDARD`'s kinds.

    Raises:
        BoundaryError: Its parts are not those of such a value, or over a limit.
    """
    try:
        match kind, parts:
            case "Fraction", [int(above), int(below)] if type(above) is type(below) is int:
                return fractions.Fraction(above, below)
            case "timedelta", [int(days), int(seconds), int(microseconds)]:
                return datetime.timedelta(days, seconds, microseconds)
            case "Decimal", [str(text)] if _DECIMAL.fullmatch(text):
                return decimal.Decimal(text)
            case (("date" | "datetime" | "time"), [str(text)]) if len(text) <= 40:
                return getattr(datetime, kind).fromisoformat(text)
            case "dtype", [str(text)] if _DTYPE.fullmatch(text):
                return numpy.dtype(text)
            case "device", [str(text)] if _DEVICE.fullmatch(text):
                return torch.device(text)
    except (ArithmeticError, TypeError, ValueError):
        pass
    raise BoundaryError.not_understood(f"a {kind} is none")
