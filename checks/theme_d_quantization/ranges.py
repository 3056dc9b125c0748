"""Checks for quantization inside a chosen range: clipping, and ranges of four kinds.

Levels are lo + qΔ with Δ = (hi − lo)/(2^b − 1), as in `checks.lesson3_compression.quantization`; here lo and
hi are given, so elements may lie outside and are clipped.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from autograder.checking.calls import call_many
from autograder.checking.search import search
from autograder.checking.values import number_problem, parts_problem, tensor_problem
from autograder.errors import CheckFailed
from checks.shared.quantization import codes_problem, grid_tensors, reconstruct, rounding_problem, slack, step

__all__ = [
    "check_find_range",
    "check_matches_fake_quantize",
    "check_odd",
    "check_quantize",
]

LARGE = (130, 200)
"""As many elements as a layer has."""

METHODS = ("minmax", "sigma", "percentile", "absmax")


def check_quantize(quantize: Callable) -> None:
    """`quantize(x, lo, hi, bits) -> (q, x_hat)`: clip to the range, then round to the nearest level.

    Property: q is int64 within 0 … 2^b − 1, x_hat = lo + qΔ in float32; the error is at most Δ/2
    inside the range, and outside it the element becomes the nearer end. A range of a single point
    (lo = hi) gives lo.

    Args:
        quantize: The student's function.

    Raises:
        CheckFailed: With the smallest failing input.
    """
    x = torch.tensor([-1.3, -0.4, 0.1, 0.9, 2.6])
    generator = torch.Generator().manual_seed(31)
    wide = torch.randint(-256, 257, (6, 9), generator=generator) / 64
    always = [
        (x, -1.0, 2.0, 2),
        (torch.tensor([5.0, -5.0]), -1.0, 1.0, 1),
        (torch.tensor([1e5, -1e5, 0.25]), -1.0, 2.0, 4),
        (torch.tensor([0.25, 1.0]), 0.5, 0.5, 4),
        *((wide, -1.5, 2.25, bits) for bits in (1, 2, 5, 8, 12)),
        (wide.t().contiguous(), 0.5, 1.75, 3),
        (wide, -9.0, -5.0, 8),
        (wide, -6.0, 7.0, 8),
        (wide * 2.0**-60, -(2.0**-60), 2.0**-59, 4),
        (torch.arange(7.0) + torch.tensor([0.501, 0.499, 0.5005, 0.4995, 0.49, 0.51, 0.0]), 0.0, 7.0, 3),
        (wide / 4 + 1 / 512, -2.0, 2.0, 16),
        (torch.randint(-256, 257, LARGE, generator=generator) / 64, -1.5, 2.25, 6),
    ]
    ranges = st.tuples(st.integers(-48, 48), st.integers(0, 64)).map(
        lambda t: (t[0] / 16, (t[0] + t[1]) / 16)
    )
    arguments = st.tuples(grid_tensors(), ranges, st.integers(1, 10)).map(lambda t: (t[0], *t[1], t[2]))
    search(quantize, arguments, _quantize_problem, names=("x", "lo", "hi", "bits"), always=always)


def check_matches_fake_quantize(quantize: Callable) -> None:
    """Agrees with `torch.fake_quantize_per_tensor_affine`, elements next to a tie left out.

    torch's range must contain 0 as a level, so the ranges here do.

    Args:
        quantize: As for `check_quantize`.

    Raises:
        CheckFailed: With the number of elements that differ.
    """
    generator = torch.Generator().manual_seed(32)
    cases, expected = [], []
    for bits, zero_point, scale in ((2, 1, 0.5), (4, 5, 0.25), (8, 100, 0.03125), (8, 0, 0.0625)):
        x = 3 * torch.randn(5, 40, generator=generator)
        position = (x / scale).double()
        x = x[((position - position.floor()) - 0.5).abs() > 1e-3]
        lo, hi = -zero_point * scale, (2**bits - 1 - zero_point) * scale
        cases.append((x, lo, hi, bits))
        expected.append(torch.fake_quantize_per_tensor_affine(x, scale, zero_point, 0, 2**bits - 1))
    for done, right in zip(call_many(quantize, cases), expected, strict=True):
        x, lo, hi, bits = done.arguments
        value = done.result()
        if problem := _parts(value, x, bits):
            raise CheckFailed(problem)
        wrong = int(((value[1] - right).abs() > slack(lo, hi, hi - lo)).sum())
        if wrong:
            raise CheckFailed(
                f"{wrong} of {x.numel()} elements differ from torch.fake_quantize_per_tensor_affine "
                f"at {bits} bits and the range {lo:g} to {hi:g}"
            )


def check_odd(quantize: Callable) -> None:
    """In a symmetric range (−a, a) the quantizer is odd: x̂(−x) = −x̂(x), ties left out.

    Args:
        quantize: As for `check_quantize`.

    Raises:
        CheckFailed: With the bits at which it is not.
    """
    generator = torch.Generator().manual_seed(33)
    cases = []
    for bits, limit in ((1, 1.0), (3, 1.25), (8, 2.0)):
        x = 1.5 * torch.randn(60, generator=generator)
        position = (x.clamp(-limit, limit).double() + limit) / step(-limit, limit, bits)
        x = x[((position - position.floor()) - 0.5).abs() > 1e-3]
        cases += [(x, -limit, limit, bits), (-x, -limit, limit, bits)]
    replies = call_many(quantize, cases)
    for plus, minus in zip(replies[::2], replies[1::2], strict=True):
        x, _, limit, bits = plus.arguments
        for done in (plus, minus):
            if problem := _parts(done.result(), x, bits):
                raise CheckFailed(problem)
        difference = float((plus.value[1] + minus.value[1]).abs().max())
        if not difference <= slack(limit):
            raise CheckFailed(
                f"in the symmetric range ±{limit:g} at {bits} bits, x̂(−x) and −x̂(x) differ by up to "
                f"{difference:.4g}"
            )


def check_find_range(find_range: Callable) -> None:
    """`find_range(x, method) -> (lo, hi)` for min-max, mean ± 3σ, percentiles 1 and 99, ±max |x|.

    Property: agreement with numpy on small tensors of any shape.

    Args:
        find_range: The student's function.

    Raises:
        CheckFailed: With the smallest failing input.
    """

    def judge(x: torch.Tensor, method: str, value: Any) -> str | None:
        if problem := parts_problem(value, ("lo", "hi")):
            return problem
        for name, got in zip(("lo", "hi"), value, strict=True):
            if problem := number_problem(got, name):
                return problem
        scale = float(x.abs().max())
        for name, got, right in zip(("lo", "hi"), value, _range(x, method), strict=True):
            if not abs(got - right) <= 1e-4 * scale + 1e-12:
                return f"{name} = {got:.6g} is not right for {method!r}: {_RANGE_HINTS[method]}"
        return None

    x = torch.tensor([0.0, 1.0, 2.0, 3.0, 10.0])
    generator = torch.Generator().manual_seed(34)
    drawn = torch.randint(-200, 100, (7, 5), generator=generator) / 64
    samples = [
        x,
        torch.tensor([2.5, 2.5]),
        -x,
        torch.tensor([[4.0, -1.0], [0.5, 3.0]]),
        drawn.t().contiguous(),
        drawn + 9,
    ]
    large = torch.randn(1999, generator=generator).sort().values[torch.arange(1999).roll(1)]
    samples += [large, 2.0**-20 * drawn, drawn.reshape(7, 1, 5)]
    samples.append(torch.arange(LARGE[0] * LARGE[1]).reshape(LARGE) / 1024 - 5)
    always = [(sample, method) for sample in samples for method in METHODS]
    shapes = grid_tensors().filter(lambda t: t.numel() >= 2)
    search(
        find_range, st.tuples(shapes, st.sampled_from(METHODS)), judge, names=("x", "method"), always=always
    )


_RANGE_HINTS = {
    "minmax": "the smallest and the largest element of the whole tensor",
    "sigma": "mean ± 3 standard deviations of the sample (divided by n − 1), over all elements",
    "percentile": "the 1st and the 99th percentile of all elements, interpolated linearly",
    "absmax": "(−a, a) with a the largest absolute value of all elements",
}


def _range(x: torch.Tensor, method: str) -> tuple[float, float]:
    values = x.detach().double().numpy().ravel()
    if method == "minmax":
        return values.min(), values.max()
    if method == "sigma":
        return values.mean() - 3 * values.std(ddof=1), values.mean() + 3 * values.std(ddof=1)
    if method == "percentile":
        return tuple(np.percentile(values, (1, 99)))
    return -np.abs(values).max(), np.abs(values).max()


def _parts(value: Any, x: torch.Tensor, bits: int) -> str | None:
    if problem := parts_problem(value, ("q", "x_hat")):
        return problem
    return codes_problem(value[0], bits, x.shape) or tensor_problem(value[1], "x_hat", torch.float32, x.shape)


def _quantize_problem(x: torch.Tensor, lo: float, hi: float, bits: int, value: Any) -> str | None:
    if problem := _parts(value, x, bits):
        if type(value) in (tuple, list) and len(value) == 2 and float(x.max()) > hi:
            return f"{problem} (are elements above hi clipped before they become codes?)"
        return problem
    codes, x_hat = value
    if lo == hi and int(codes.abs().max()) != 0:
        return "the range is a single point (lo == hi), so every code must be 0"
    outside = (x < lo) | (x > hi)
    ends = torch.where(x > hi, 2**bits - 1, 0)
    if lo < hi and not torch.equal(codes[outside], ends[outside]):
        return "an element outside the range must get the code of the nearer end: clip first, then round"
    if problem := rounding_problem(x, codes, lo, hi, bits):
        return problem
    error = float((x_hat.double() - reconstruct(codes, lo, hi, bits)).abs().max())
    if not error <= slack(lo, hi, hi - lo):
        return f"q is right, but x_hat is off the levels lo + qΔ by up to {error:.4g}"
    return None
