"""Checks for quantization: codes in range, rounding to the nearest level, reconstruction, error.

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

import torch
from hypothesis import strategies as st

from autograder.checking.calls import call_many
from autograder.checking.inputs import rescaled, tensors
from autograder.checking.search import search
from autograder.checking.values import number_problem, parts_problem, tensor_problem
from autograder.errors import CheckFailed
from checks.shared.quantization import codes_problem, grid_tensors, reconstruct, rounding_problem, slack, step

__all__ = [
    "affine_invariance_problem",
    "check_affine_invariance",
    "check_dequantizer",
    "check_error_measures",
    "check_idempotent",
    "check_minmax_quantizer",
]

ULP = torch.finfo(torch.float32).eps
PLAIN = (type(None), bool, int, float, str, list, tuple, dict)


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
    """Tensors with elements on a grid: offset, all negative, rows of different ranges."""
    generator = torch.Generator().manual_seed(20)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randint(-256, 257, shape, generator=generator) / 64

    return [
        draw(40),
        draw(30) / 4 + 7,
        draw(4, 6) - 9,
        draw(3, 5) * torch.tensor([[1.0], [0.25], [2.0]]),
        draw(4, 7),
        torch.arange(301) / 64,
    ]


def check_minmax_quantizer(quantize: Callable) -> None:
    """`quantize(x, bits) -> (q, lo, hi)` is min-max quantization of a whole tensor.

    Property: q is int64 within 0 … 2^b − 1, lo and hi are the extremes as Python floats and get
    the end codes, every element is within Δ/2 of its level by the grader's own Δ, a constant
    tensor gets code 0, x is unchanged.
    """
    edge_cases = [
        (torch.tensor([2.5]), 8),
        (torch.zeros(2, 3), 3),
        (torch.tensor([0.0, 1.0]), 1),
        (torch.tensor([-3.0, -1.0, -2.0]), 2),
        *((x, bits) for x in _sample_tensors() for bits in (1, 3, 8, 12, 16)),
        *((_sample_tensors()[0], bits) for bits in range(1, 17)),
        *((x, 3) for x in rescaled(torch.arange(-8.0, 9.0).reshape(1, 17) / 2)),
        (torch.arange(-8.0, 9.0) * 2.0**-60, 3),
        (1 + torch.arange(4) * 2.0**-20, 2),
        (torch.arange(-30.0, 30.0).reshape(3, 4, 5) / 64, 5),
        (torch.arange(30.0, -30.0, -1.0).reshape(2, 3, 2, 5) / 64, 4),
        (torch.linspace(-1.7, 2.3, 65_536), 16),
    ]
    arguments = st.tuples(grid_tensors(), st.integers(1, 10))
    search(quantize, arguments, _minmax_problem, names=("x", "bits"), always=edge_cases)


def check_idempotent(quantize: Callable, *, bits: Sequence[int] = (1, 2, 4, 8)) -> None:
    """Quantizing a tensor of levels gives the codes of those levels: nothing is lost twice.

    The levels are the grader's own.
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

    a, c and x are such that ax + c is exact in float32.
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
    """`dequantize(q, lo, hi, bits)` returns the levels lo + qΔ as float32 of q's shape."""
    edge_cases = [
        (torch.tensor([0]), 1.5, 1.5, 8),
        (torch.tensor([0, 1]), -1.0, 3.0, 1),
        (torch.tensor([1, 2]), 0.25, 6.25, 2),
        (torch.tensor([[3, 7], [100, 7], [250, 31]]), -2.0, -0.5, 8),
        (torch.tensor([0, 40_000, 65_535]), -1.0, 1.0, 16),
        (torch.tensor([0, 3, 7]), -2.0, 0.5, 3),
        (torch.tensor([0, 3, 7]), -(2.0**-30), 2.0**-29, 3),
        (torch.tensor([0, 3, 7]), -(2.0**20), 2.0**20, 3),
        (torch.tensor([0, 3, 7]), -(2.0**-60), 2.0**-59, 3),
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
        if not (abs(got - want) <= 1e-4 * want):
            return f"{name} = {got:.6g} is not right: {hint}"
    return None


def check_error_measures(measure: Callable) -> None:
    """`measure(x, x_hat) -> (max_error, rmse)`: the largest and the root-mean-square difference."""
    edge_cases = [
        (torch.tensor([1.0]), torch.tensor([1.0])),
        (torch.tensor([0.0, 0.0]), torch.tensor([0.5, 0.5])),
        (torch.tensor([3.0, -1.0]), torch.tensor([2.0, 2.0])),
        # Adding the difference back does not restore the smaller tensor.
        (torch.tensor([0.001, -0.3]), torch.tensor([1000.0, 7.0])),
        (torch.tensor([1000.0, 7.0]), torch.tensor([0.001, -0.3])),
        (torch.tensor([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]), torch.zeros(3, 2)),
        (torch.arange(300.0).reshape(12, 25) / 100, torch.zeros(12, 25)),
        (torch.arange(24.0).reshape(2, 3, 4), torch.zeros(2, 3, 4)),
        (torch.arange(360.0).reshape(120, 3) / 100, torch.zeros(120, 3)),
        *zip(
            rescaled(torch.tensor([0.5, -1.0, 2.0])), rescaled(torch.tensor([0.25, -1.5, 1.0])), strict=True
        ),
    ]
    shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)
    pairs = shapes.flatmap(lambda shape: st.tuples(tensors((2, *shape)))).map(
        lambda pair: tuple((pair[0] * 64).round() / 64)
    )
    search(measure, pairs, _error_measures_problem, names=("x", "x_hat"), always=edge_cases)
