"""Values in hidden tests: put into words for a message, and compared.

Whatever a student's function returns may come here: a handle, a NaN, a tensor of a million elements.
Nothing here raises, and no sentence is long.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

__all__ = [
    "close",
    "describe",
    "difference",
    "finite",
    "form",
    "is_number",
    "number_problem",
    "parts_problem",
    "scalar",
    "tensor_problem",
    "unchanged",
]

MAX_TEXT = 300
MAX_ELEMENTS = 24
MAX_DIGITS = 30
_SCALARS = (bool, int, float, complex, str, bytes)


def form(value: Any) -> str:
    """What a value is, in words and without its content: `an int64 tensor of shape (2, 3)`."""
    if value is None:
        return "None (is there a return?)"
    if isinstance(value, torch.Tensor):
        is_parameter = isinstance(value, torch.nn.Parameter)
        return _tensor(value.dtype, value.shape, "parameter" if is_parameter else "tensor")
    if isinstance(value, np.ndarray):
        return f"a numpy array of shape {value.shape} and dtype {value.dtype}"
    if isinstance(value, np.generic):
        return f"a numpy {type(value).__name__}"
    if type(value) in (list, tuple, set, frozenset, dict):
        return f"a {type(value).__name__} of {len(value)} {'item' if len(value) == 1 else 'items'}"
    if type(value) in _SCALARS:
        return f"{'an' if type(value) is int else 'a'} {type(value).__name__}"
    if type(value).__module__.partition(".")[0] == "pandas":
        return f"a {type(value).__name__} of pandas" + (
            f" of shape {np.shape(value)}" if np.shape(value) else ""
        )
    if issubclass(type(value), torch.nn.Module):
        return f"the model {_layers(value)}"
    return "an object that is not plain data"


def _layers(model: torch.nn.Module) -> str:
    layers = [type(layer).__name__ for layer in vars(model).get("_modules", {}).values() if layer is not None]
    return f"{type(model).__name__}({', '.join(layers)})"


def describe(value: Any) -> str:
    """A value as a student would type it, shortened: `tensor([0.0, 1.0])`, `3`, `tensor(30 x 40, 0 ... 1)`."""
    text = _written(value)
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "..."


def _written(value: Any) -> str:
    if _is_array(value):
        return _written_array(torch.as_tensor(value))
    if type(value) is int and abs(value) >= 10**MAX_DIGITS:
        return f"a number of more than {MAX_DIGITS} digits"
    if value is None or type(value) in _SCALARS or isinstance(value, (np.bool_, np.number)):
        return repr(scalar(value))
    if type(value) is dict:
        return "{" + _joined(f"{_written(key)}: {_written(item)}" for key, item in value.items()) + "}"
    if type(value) is tuple:
        return "(" + _joined(map(_written, value)) + ("," if len(value) == 1 else "") + ")"
    if type(value) is list:
        return "[" + _joined(map(_written, value)) + "]"
    return _layers(value) if issubclass(type(value), torch.nn.Module) else form(value)


def _written_array(value: torch.Tensor) -> str:
    value = value.detach()
    if value.numel() <= MAX_ELEMENTS:
        return f"tensor({value.tolist()})"
    shape = " x ".join(map(str, value.shape))
    return f"tensor({shape}, {value.min():.4g} ... {value.max():.4g})"


def _joined(items) -> str:
    """The items with commas, as many as a message has room for."""
    text = ""
    for item in items:
        text += (", " if text else "") + item
        if len(text) > MAX_TEXT:
            break
    return text


def _is_array(value: Any) -> bool:
    """Whether it is a dense tensor or an array of real numbers, in memory."""
    if isinstance(value, torch.Tensor):
        return value.layout == torch.strided and value.device.type == "cpu" and not value.is_complex()
    return isinstance(value, np.ndarray) and value.dtype.kind in "biuf"


def _tensor(dtype: torch.dtype, shape: Sequence[int] | None, kind: str = "tensor") -> str:
    name = str(dtype).removeprefix("torch.")
    if shape is None:
        return f"{'an' if name.startswith('int') else 'a'} {name} tensor"
    if kind == "tensor":
        return f"{'an' if name.startswith('int') else 'a'} {name} tensor of shape {tuple(shape)}"
    return f"{'an' if name.startswith('int') else 'a'} {name} parameter of shape {tuple(shape)}"


def is_number(value: Any) -> bool:
    """Whether a value is an int or a float, Python's or numpy's; True and False are not."""
    return type(value) in (int, float) or isinstance(value, (np.floating, np.integer))


def scalar(value: Any) -> Any:
    """The number in a tensor, an array or numpy's scalar without dimensions; anything else as it is."""
    holds_one = isinstance(value, (torch.Tensor, np.ndarray, np.generic)) and value.shape == ()
    return value.item() if holds_one else value


def finite(value: Any) -> bool:
    """Whether there is no NaN or infinity in a nest of lists, tuples, dicts, tensors and numbers.

    Empty tensors, and what is none of these and neither text nor bool, are not.
    """
    if _is_array(value):
        value = torch.as_tensor(value)
        return value.numel() > 0 and bool(torch.isfinite(value).all())
    if type(value) in (list, tuple):
        return all(map(finite, value))
    if type(value) is dict:
        return all(map(finite, value.values()))
    return type(value) in (str, bool, int) or (is_number(value) and math.isfinite(value))


def unchanged(before: Any, after: Any) -> bool:
    """Whether two values are exactly equal in type and content, NaN equal to NaN.

    Compares tensors, lists, tuples, dicts and plain data; of anything else it knows nothing, and says yes.
    """
    if isinstance(before, torch.Tensor):
        return (
            isinstance(after, torch.Tensor)
            and before.dtype == after.dtype
            and before.shape == after.shape
            and (
                not _is_array(before)
                or not _is_array(after)
                or torch.allclose(before.detach(), after.detach(), rtol=0, atol=0, equal_nan=True)
            )
        )
    if isinstance(before, (list, tuple)):
        return (
            type(before) is type(after) and len(before) == len(after) and all(map(unchanged, before, after))
        )
    if isinstance(before, dict):
        return (
            type(after) is dict
            and before.keys() == after.keys()
            and all(unchanged(item, after[key]) for key, item in before.items())
        )
    if isinstance(before, (type(None), bool, int, float, str)):
        return type(before) is type(after) and (before == after or (before != before and after != after))
    return True


def close(value: Any, expected: Any, *, rtol: float, atol: float) -> bool:
    """Whether two values are equal up to rounding: `|value - expected| <= atol + rtol |expected|`.

    Compares numbers with numbers, tensors and arrays of one shape (whatever their dtypes), and lists, tuples
    and dicts of such item by item, and otherwise None, bool and str by equality. NaN is close to nothing.
    """
    if _is_array(value) and _is_array(expected):
        one, other = torch.as_tensor(value), torch.as_tensor(expected)
        return one.shape == other.shape and torch.allclose(
            one.detach().double(), other.detach().double(), rtol=rtol, atol=atol
        )
    if type(value) in (list, tuple) and type(value) is type(expected):
        pairs = zip(value, expected, strict=False)
        return len(value) == len(expected) and all(close(*pair, rtol=rtol, atol=atol) for pair in pairs)
    if type(value) is dict and type(expected) is dict:
        return value.keys() == expected.keys() and all(
            close(item, expected[key], rtol=rtol, atol=atol) for key, item in value.items()
        )
    if is_number(value) and is_number(expected):
        try:
            return bool(value == expected or abs(value - expected) <= atol + rtol * abs(expected))
        except OverflowError:  # an int that is no float
            return False
    return type(value) is type(expected) and type(value) in (type(None), bool, str) and value == expected


def difference(value: Any, expected: Any) -> float:
    """The greatest absolute difference of two tensors, or of two dicts of tensors such as a model's state.

    Returns:
        0.0 where they have no elements; infinity where names, types or shapes differ, or something is NaN.
    """
    if _is_array(value) and _is_array(expected):
        value, expected = torch.as_tensor(value), torch.as_tensor(expected)
        if value.shape != expected.shape:
            return math.inf
        if not value.numel():
            return 0.0
        greatest = (value.detach().double() - expected.detach().double()).abs().max()
        return greatest.nan_to_num(math.inf, math.inf).item()
    if isinstance(value, Mapping) and isinstance(expected, Mapping) and value.keys() == expected.keys():
        return max((difference(value[name], item) for name, item in expected.items()), default=0.0)
    return math.inf


def tensor_problem(
    value: Any, name: str, dtype: torch.dtype, shape: Sequence[int] | None = None
) -> str | None:
    """What is wrong with the form of a tensor, before its values are looked at; None where nothing is.

    It must be a plain tensor (no parameter, numpy array or handle) of this dtype and shape, dense and in
    memory, without a gradient to come, and finite.
    """
    expected = f"{name} must be {_tensor(dtype, shape)}"
    if (
        type(value) is not torch.Tensor
        or value.dtype != dtype
        or (shape is not None and tuple(value.shape) != tuple(shape))
    ):
        return f"{expected}, got {form(value)}"
    if value.layout != torch.strided or value.device.type != "cpu":
        return f"{expected} in ordinary (dense, CPU) memory"
    if value.requires_grad:
        return f"{name} must be plain numbers, got a tensor that requires gradients: detach() it"
    wrong = value.numel() - int(torch.isfinite(value).sum())
    if wrong:
        hint = "is something divided by 0, or the mean of nothing taken?"
        return f"{name} has {wrong} elements that are NaN or infinite: {hint}"
    return None


def number_problem(value: Any, name: str, kind: Any = float) -> str | None:
    """What is wrong with the form of a Python number: another type (a tensor, a bool), NaN, infinity."""
    if type(value) is not kind:
        return f"{name} must be a Python {kind.__name__}, got {form(value)}"
    if kind is float and not math.isfinite(value):
        return f"{name} is {value}: is something divided by 0?"
    if kind is int and value.bit_length() > 63:
        return f"{name} does not even fit into 64 bits"
    return None


def parts_problem(value: Any, names: Sequence[str]) -> str | None:
    """What is wrong where a function should have returned a tuple of these parts; None where nothing is."""
    if type(value) in (tuple, list) and len(value) == len(names):
        return None
    return f"the function must return ({', '.join(names)}), got {form(value)}"
