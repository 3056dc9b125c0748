"""Judgements of quantization: codes in range, rounding to the nearest level, reconstruction, error.

With b bits the codes are 0 … 2^b − 1 and neighbouring levels are a step Δ = (hi − lo)/(2^b − 1)
apart. The scale is always the grader's own, computed from the input: judged by its own scale,
a coarse quantizer would pass. Sentences about wrong values come back as strings, None where
nothing is wrong; functions named `check_…` raise `CheckFailed`.

The forms of answers (`tensor_problem`, `number_problem`, `parts_problem`) are judged here for
the other modules on compression too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from autograder.checking.calls import call_many
from autograder.checking.inputs import tensors
from autograder.checking.search import search
from autograder.errors import CheckFailed

__all__ = [
    "affine_invariance_problem",
    "check_affine_invariance",
    "check_dequantizer",
    "check_error_measures",
    "check_idempotent",
    "check_minmax_quantizer",
    "codes_problem",
    "form",
    "grid_tensors",
    "number_problem",
    "parts_problem",
    "reconstruct",
    "rounding_problem",
    "slack",
    "step",
    "tensor_problem",
]

ULP = torch.finfo(torch.float32).eps
PLAIN = (type(None), bool, int, float, str, list, tuple, dict)


def form(value: Any) -> str:
    """The kind of a value in words, without its content: `an int64 tensor of shape (2, 3)`."""
    if type(value) is torch.Tensor:
        return f"{_tensor_of(value.dtype)} of shape {tuple(value.shape)}"
    if type(value) is np.ndarray:
        return f"a numpy array of shape {value.shape}"
    if type(value) in (tuple, list):
        return f"a {type(value).__name__} of {len(value)} items"
    if type(value) in PLAIN:
        return "None" if value is None else f"a value of type {type(value).__name__}"
    return "an object that is neither a plain tensor nor plain data"


def _tensor_of(dtype: torch.dtype) -> str:
    name = str(dtype).removeprefix("torch.")
    return f"{'an' if name.startswith('int') else 'a'} {name} tensor"


def tensor_problem(
    value: Any, name: str, dtype: torch.dtype, shape: Sequence[int] | None = None
) -> str | None:
    """What is wrong with the form of a tensor, before its values are looked at.

    Catches other types (numpy arrays, parameters, handles, objects that claim to be equal to
    everything), other dtypes and shapes, tensors that require gradients, that are sparse or
    not in memory, and values that are NaN or infinite.
    """
    expected = f"{name} must be {_tensor_of(dtype)}"
    if shape is not None:
        expected += f" of shape {tuple(shape)}"
    if type(value) is not torch.Tensor:
        return f"{expected}, got {form(value)}"
    if value.dtype != dtype or (shape is not None and tuple(value.shape) != tuple(shape)):
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


def number_problem(value: Any, name: str, kind: type = float) -> str | None:
    """What is wrong with the form of a Python number: another type (a tensor, bool), NaN, infinity.

    Args:
        value: What came.
        name: Its name in the message.
        kind: `int` or `float`.
    """
    if type(value) is not kind:
        return f"{name} must be a Python {kind.__name__}, got {form(value)}"
    if kind is float and not math.isfinite(value):
        return f"{name} is {value}: is something divided by 0?"
    if kind is int and value.bit_length() > 63:
        return f"{name} does not even fit into 64 bits"
    return None


def parts_problem(value: Any, names: Sequence[str]) -> str | None:
    """What is wrong where a function should have returned a tuple of so many parts."""
    if type(value) in (tuple, list) and len(value) == len(names):
        return None
    return f"the function must return ({', '.join(names)}), got {form(value)}"


def grid_tensors(max_dims: int = 3, max_side: int = 5) -> st.SearchStrategy[torch.Tensor]:
    """float32 tensors of 1 to `max_dims` dimensions, elements multiples of 1/64 from −4 to 4.

    A range is then either 0 or at least 1/64, and shifting or scaling by small integers is exact.
    """
    shapes = st.lists(st.integers(1, max_side), min_size=1, max_size=max_dims).map(tuple)
    return tensors(shapes).map(lambda x: (x * 64).round() / 64)


def step(lo: float, hi: float, bits: int) -> float:
    """The distance Δ between neighbouring levels."""
    return (hi - lo) / (2**bits - 1)


def slack(*magnitudes: float) -> float:
    """What float32 arithmetic, in any honest order, may be off by: 4 units in the last place."""
    return 4 * ULP * max(map(abs, magnitudes))


def reconstruct(codes: torch.Tensor, lo: float, hi: float, bits: int) -> torch.Tensor:
    """The levels that codes stand for, lo + qΔ, in float64."""
    return lo + codes.double() * step(lo, hi, bits)


def codes_problem(codes: Any, bits: int, shape: Sequence[int], name: str = "q") -> str | None:
    """Whether codes are int64, of the right shape, and within 0 … 2^b − 1.

    Catches floats returned, wrap-around of a narrow or signed type, 2^b for the highest code.
    """
    if problem := tensor_problem(codes, name, torch.int64, shape):
        return problem
    low, high = int(codes.min()), int(codes.max())
    if low == torch.iinfo(torch.int64).min:
        return f"{name} has elements made from NaN or infinity: is something divided by 0?"
    if low < 0 or high > 2**bits - 1:
        return (
            f"{name} has values from {low} to {high}, but {bits} bits hold 0 to {2**bits - 1}: "
            "how many steps are there between lo and hi, and does an intermediate type wrap around?"
        )
    return None


def rounding_problem(x: torch.Tensor, codes: torch.Tensor, lo: float, hi: float, bits: int) -> str | None:
    """Whether every code is that of a level nearest to its element (clipped to lo … hi).

    Catches truncation, a wrong or per-row scale, a forgotten offset, an epsilon added to Δ.
    Ties may go either way. `codes` must have passed `codes_problem`.
    """
    x = x.detach().double().clamp(lo, hi)
    error = float((x - reconstruct(codes, lo, hi, bits)).abs().max())
    allowed = step(lo, hi, bits) / 2
    if not (error <= allowed + slack(lo, hi, hi - lo)):
        return (
            f"max |x − x̂| = {error:.4g}, allowed Δ/2 = {allowed:.4g} at {bits} bits (x̂ = lo + qΔ): is the "
            "result rounded, or truncated, and are lo and Δ those of the whole tensor?"
        )
    return None


def _minmax_problem(x: torch.Tensor, bits: int, value: Any) -> str | None:
    if problem := parts_problem(value, ("q", "lo", "hi")):
        return problem
    codes, lo, hi = value
    if problem := (
        codes_problem(codes, bits, x.shape) or number_problem(lo, "lo") or number_problem(hi, "hi")
    ):
        return problem
    smallest, largest = float(x.min()), float(x.max())
    for name, got, bound in (("lo", lo, smallest), ("hi", hi, largest)):
        if not (abs(got - bound) <= slack(bound)):
            extreme = "smallest" if name == "lo" else "largest"
            return f"{name} = {got:.6g} is not the {extreme} element of the whole tensor x"
    if smallest == largest:
        return None if int(codes.abs().max()) == 0 else "x is constant (hi == lo), so every code must be 0"
    if int(codes[x == smallest].max()) != 0:
        return "the smallest element of x must get code 0: is lo subtracted before dividing by Δ?"
    if int(codes[x == largest].min()) != 2**bits - 1:
        return f"the largest element of x must get code 2^{bits} − 1: how many steps lie between lo and hi?"
    return rounding_problem(x, codes, smallest, largest, bits)


def _sample_tensors() -> list[torch.Tensor]:
    """Tensors with elements on a grid: offset, all negative, rows of different ranges, not contiguous."""
    generator = torch.Generator().manual_seed(20)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randint(-256, 257, shape, generator=generator) / 64

    return [
        draw(40),
        draw(30) / 4 + 7,
        draw(4, 6) - 9,
        draw(3, 5) * torch.tensor([[1.0], [0.25], [2.0]]),
        draw(7, 4).t(),
        torch.arange(301) / 64,
    ]


def check_minmax_quantizer(quantize: Callable) -> None:
    """`quantize(x, bits) -> (q, lo, hi)` is min-max quantization of a whole tensor.

    Property: q is int64 within 0 … 2^b − 1, lo and hi are the extremes as Python floats and get
    the end codes, every element is within Δ/2 of its level by the grader's own Δ, a constant
    tensor gets code 0, x is unchanged. Catches floor, 2^b levels, a scale from max|x|,
    wrap-around, a forgotten offset, floats returned, NaN for constants, scales per row.
    """
    edge_cases = [
        (torch.tensor([2.5]), 8),
        (torch.zeros(2, 3), 3),
        (torch.tensor([0.0, 1.0]), 1),
        (torch.tensor([-3.0, -1.0, -2.0]), 2),
        *((x, bits) for x in _sample_tensors() for bits in (1, 3, 8, 12, 16)),
    ]
    arguments = st.tuples(grid_tensors(), st.integers(1, 10))
    search(quantize, arguments, _minmax_problem, names=("x", "bits"), always=edge_cases)


def check_idempotent(quantize: Callable, *, bits: Sequence[int] = (1, 2, 4, 8)) -> None:
    """Quantizing a tensor of levels gives the codes of those levels: nothing is lost twice.

    The levels are the grader's own. Catches truncation (a level just below its code drops by
    one) and a number of steps other than 2^b − 1.
    """
    generator = torch.Generator().manual_seed(21)
    cases, expected = [], []
    for b in bits:
        codes = torch.randint(0, 2**b, (24,), generator=generator)
        codes[0], codes[-1] = 0, 2**b - 1
        cases.append((reconstruct(codes, -1.7, 2.9, b).float(), b))
        expected.append(codes)
    for done, codes in zip(call_many(quantize, cases), expected, strict=True):
        value, b = done.result(), done.arguments[1]
        problem = parts_problem(value, ("q", "lo", "hi")) or codes_problem(value[0], b, codes.shape)
        if problem is None and not torch.equal(value[0], codes):
            moved = int((value[0] != codes).sum())
            problem = f"{moved} of {codes.numel()} values move when x̂ is quantized again with the same bits"
        if problem:
            raise CheckFailed(f"quantizing levels again at {b} bits: {problem}; a level must keep its code")


def affine_invariance_problem(
    x: torch.Tensor, codes: torch.Tensor, moved_codes: torch.Tensor, bits: int
) -> str | None:
    """Whether codes of ax + c (a > 0) are those of x, elements near a tie left out."""
    lo, hi = float(x.min()), float(x.max())
    position = (x.double() - lo) / (step(lo, hi, bits) or 1.0)
    clear = ((position - position.floor()) - 0.5).abs() > 1e-3
    wrong = int((codes != moved_codes)[clear].sum())
    if wrong:
        return (
            f"{wrong} of {x.numel()} codes change when x becomes ax + c: "
            "does the scale depend on where 0 is, or on max |x|?"
        )
    return None


def check_affine_invariance(quantize: Callable, *, bits: Sequence[int] = (2, 5, 8)) -> None:
    """q(ax + c) = q(x) for a > 0: codes depend on positions between lo and hi only.

    a, c and x are such that ax + c is exact in float32. Catches a scale from max|x| and a
    range that always contains 0.
    """
    cases = []
    for x in _sample_tensors():
        for b in bits:
            cases.append((x, b))
            cases.extend((x * a + c, b) for a, c in ((4.0, 0.0), (1.0, 100.0), (0.5, -12.0), (3.0, 2.0)))
    replies = call_many(quantize, cases)
    for start in range(0, len(cases), 5):
        x, b = cases[start]
        codes = []
        for done in replies[start : start + 5]:
            value = done.result()
            if problem := parts_problem(value, ("q", "lo", "hi")) or codes_problem(value[0], b, x.shape):
                raise CheckFailed(f"at {b} bits: {problem}")
            codes.append(value[0])
        for moved in codes[1:]:
            if problem := affine_invariance_problem(x, codes[0], moved, b):
                raise CheckFailed(f"at {b} bits: {problem}")


def _dequantizer_problem(codes: torch.Tensor, lo: float, hi: float, bits: int, value: Any) -> str | None:
    if problem := tensor_problem(value, "x_hat", torch.float32, codes.shape):
        return problem
    error = float((value.double() - reconstruct(codes, lo, hi, bits)).abs().max())
    if not (error <= slack(lo, hi, hi - lo)):
        return (
            f"x_hat is off the levels lo + qΔ by up to {error:.4g} (Δ = {step(lo, hi, bits):.4g}): "
            f"does code 0 give lo, and code 2^{bits} − 1 give hi, whatever codes occur in q?"
        )
    return None


@st.composite
def _codes_and_ranges(draw: st.DrawFn) -> tuple[torch.Tensor, float, float, int]:
    bits = draw(st.integers(1, 10))
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    size = math.prod(shape)
    codes = draw(st.lists(st.integers(0, 2**bits - 1), min_size=size, max_size=size))
    lo, width = draw(st.integers(-64, 64)) / 16, draw(st.integers(0, 64)) / 16
    return torch.tensor(codes).reshape(shape), lo, lo + width, bits


def check_dequantizer(dequantize: Callable) -> None:
    """`dequantize(q, lo, hi, bits)` returns the levels lo + qΔ as float32 of q's shape.

    Catches 2^b steps, a forgotten lo, codes counted from hi, the middle of a step for its
    level, a scale from the codes that happen to occur, float64 returned, q changed in place.
    """
    edge_cases = [
        (torch.tensor([0]), 1.5, 1.5, 8),
        (torch.tensor([0, 1]), -1.0, 3.0, 1),
        (torch.tensor([1, 2]), 0.25, 6.25, 2),
        (torch.tensor([[3, 100, 250], [7, 7, 31]]).t(), -2.0, -0.5, 8),
        (torch.tensor([0, 40_000, 65_535]), -1.0, 1.0, 16),
    ]
    names = ("q", "lo", "hi", "bits")
    search(dequantize, _codes_and_ranges(), _dequantizer_problem, names=names, always=edge_cases)


def _error_measures_problem(x: torch.Tensor, x_hat: torch.Tensor, value: Any) -> str | None:
    names = ("max_error", "rmse")
    if problem := parts_problem(value, names):
        return problem
    difference = (x.double() - x_hat.double()).abs()
    expected = float(difference.max()), float(difference.square().mean().sqrt())
    hints = (
        "is it the largest |x − x̂| over all elements?",
        "is it the root of the mean of the squares, over all elements?",
    )
    for name, got, want, hint in zip(names, value, expected, hints, strict=True):
        if problem := number_problem(got, name):
            return problem
        if not (abs(got - want) <= 1e-4 * want + 1e-7):
            return f"{name} = {got:.6g} is not right: {hint}"
    return None


def check_error_measures(measure: Callable) -> None:
    """`measure(x, x_hat) -> (max_error, rmse)`: the largest and the root-mean-square difference.

    Catches signed differences, a missing root, sum for mean, mean absolute error, a sample
    standard deviation, averages per row, results that are tensors.
    """
    edge_cases = [
        (torch.tensor([1.0]), torch.tensor([1.0])),
        (torch.tensor([0.0, 0.0]), torch.tensor([0.5, 0.5])),
        (torch.tensor([3.0, -1.0]), torch.tensor([2.0, 2.0])),
        (torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).t(), torch.zeros(3, 2)),
    ]
    shapes = st.lists(st.integers(1, 4), min_size=1, max_size=2).map(tuple)
    pairs = shapes.flatmap(lambda shape: st.tuples(tensors((2, *shape)))).map(
        lambda pair: tuple((pair[0] * 64).round() / 64)
    )
    search(measure, pairs, _error_measures_problem, names=("x", "x_hat"), always=edge_cases)
