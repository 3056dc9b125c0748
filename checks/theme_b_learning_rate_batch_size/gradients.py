"""Checks for the gradient of a mini-batch: its value, where descent with it leads, how much it varies."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import torch
from hypothesis import strategies as st

from autograder.checking.calls import Call, call_many
from autograder.checking.inputs import tensors
from autograder.checking.search import search
from autograder.checking.seeds import derived_seed, grading_seed
from autograder.checking.values import close, describe, form, unchanged
from autograder.errors import CheckFailed

__all__ = ["check_descent", "check_gradient_mean", "check_gradient_variance", "check_minibatch_gradient"]

_close = functools.partial(close, rtol=1e-4, atol=2e-4)

SIGMAS = 5.0
"""A correct random answer is further than this from its expectation about once in a million."""


def check_minibatch_gradient(gradient: Callable) -> None:
    """The gradient of 1/(2B) Σ (xᵢ·w − yᵢ)² over the samples of a batch: 1/B Σ (xᵢ·w − yᵢ) xᵢ.

    Args:
        gradient: The student's function, called as gradient(w, x, y, indices).

    Raises:
        CheckFailed: With the smallest failing input.
    """

    def judge(w, x, y, indices, value) -> str | None:
        if problem := _vector_problem(value, w):
            return problem
        if _close(value, _gradient(w, x[indices], y[indices])):
            return None
        return "it is not the mean of (x_i · w - y_i) x_i over the samples of indices"

    line = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([2.0, 2.0, 9.0])
    plane = (
        torch.tensor([[1.0, 0.0], [2.0, 1.0], [-1.0, 3.0], [0.5, 2.0]]),
        torch.tensor([1.0, -1.0, 2.0, 0.0]),
    )
    always = [
        (torch.tensor([1.0]), *line, torch.tensor([0])),
        (torch.tensor([1.0]), *line, torch.tensor([0, 2])),
        (torch.tensor([0.5, -1.0]), *plane, torch.tensor([3, 0, 2])),
        (torch.tensor([0.5, -1.0]), *plane, torch.tensor([1, 1, 2])),
        (torch.tensor([0.5, -1.0]), *plane, torch.tensor([1, 1, 2, 3])),
        (torch.tensor([2.0, 1.0]), plane[0][:2], plane[1][:2], torch.tensor([1, 0])),
        (torch.tensor([50.0, -80.0]), 100 * plane[0], 1000 * plane[1], torch.tensor([0, 3, 3])),
        (torch.tensor([0.5, -1.0]), plane[0].repeat(40, 1), plane[1].repeat(40), torch.arange(150)),
        (torch.tensor([0.5, -1.0]).double(), *(part.double() / 3 for part in plane), torch.tensor([2, 1])),
        # A residual that half of the digits do not show.
        (
            1 + torch.tensor([2.0**-30]).double(),
            *(torch.tensor(part).double() for part in ([[1e6]], [1e6])),
            torch.tensor([0]),
        ),
    ]
    arguments = st.tuples(st.integers(1, 5), st.integers(1, 3)).flatmap(
        lambda size: st.tuples(
            tensors((size[1],)),
            tensors(size),
            tensors((size[0],)),
            st.lists(st.integers(0, size[0] - 1), min_size=1, max_size=6).map(torch.tensor),
        )
    )
    search(gradient, arguments, judge, names=("w", "x", "y", "indices"), always=always)


def check_gradient_mean(gradient: Callable) -> None:
    """The mean of the gradients of equal batches that divide the samples is the gradient of all of them.

    Where the last batch is smaller, the mean has to be weighted by the sizes.

    Args:
        gradient: As for `check_minibatch_gradient`.

    Raises:
        CheckFailed: The mean differs from the full gradient.
    """
    generator = torch.Generator().manual_seed(grading_seed())
    n = 12
    x = torch.randn(n, 4, generator=generator)
    y, w = torch.randn(n, generator=generator), torch.randn(4, generator=generator)
    full = _gradient(w, x, y)
    for size in (3, 5):
        parts = torch.randperm(n, generator=generator).split(size)
        total = torch.zeros(4)
        for call, part in zip(call_many(gradient, [(w, x, y, part) for part in parts]), parts, strict=True):
            value = call.result()
            if problem := _vector_problem(value, w):
                raise CheckFailed(problem)
            total += len(part) / n * value
        if not _close(total, full):
            raise CheckFailed(
                f"{n} samples in batches of {size}: the mean of the batches' gradients, weighted by size, "
                f"differs from the gradient of all samples by up to {float((total - full).abs().max()):.3g}"
            )


def check_descent(gradient: Callable, steps: int = 15) -> None:
    """Gradient descent on this quadratic loss follows its closed form, below and above η = 2/λmax.

    With H = XᵀX/n and the minimum w*, the error after t steps is (I − ηH)ᵗ(w₀ − w*): it shrinks
    exactly for η < 2/λmax.

    Args:
        gradient: As for `check_minibatch_gradient`.
        steps: How many steps to follow.

    Raises:
        CheckFailed: The path leaves the closed form, or is on the wrong side of the limit.
    """
    x = torch.tensor([[2.0, 0.5], [-1.0, 1.5], [0.5, 1.0], [1.5, -2.0]], dtype=torch.float64)
    best = torch.tensor([1.0, -0.5], dtype=torch.float64)
    y, everything = x @ best, torch.arange(4)
    hessian = x.T @ x / 4
    limit = 2 / float(torch.linalg.eigvalsh(hessian).max())
    for factor in (0.9, 1.1):
        w = torch.tensor([3.0, 2.0], dtype=torch.float64)
        error = w - best
        for t in range(1, steps + 1):
            [call] = call_many(gradient, [(w, x, y, everything)])
            value = call.result()
            if problem := _vector_problem(value, w):
                raise CheckFailed(problem)
            w, error = w - factor * limit * value, error - factor * limit * hessian @ error
            if not float((w - best - error).abs().max()) <= 1e-6 * (1 + float(error.abs().max())):
                raise CheckFailed(
                    f"gradient descent with a learning rate of {factor} times 2/λmax is at distance "
                    f"{float((w - best).norm()):.3g} from the minimum after {t} steps, "
                    "and not where the closed form (I - ηH)^t puts it: check the factor in front of the sum"
                )


def check_gradient_variance(variance: Callable, draws: int = 2000) -> None:
    """The mean squared distance of a batch's gradient from the full one is σ²/B, drawn with replacement.

    Args:
        variance: The student's function, called as variance(per_sample, batch_size, draws, seed).
        draws: How many batches the student's function draws for each batch size.

    Raises:
        CheckFailed: With the batch size and the number that is too far off.
    """
    seed = grading_seed() % 1000
    generator = torch.Generator().manual_seed(grading_seed())
    samples = torch.randn(7, 3, generator=generator) + torch.tensor([2.0, -1.0, 0.5])
    same = torch.tensor([[1.5, -2.0]]).repeat(4, 1)
    one = torch.tensor([[3.0, 1.0]])
    calls = call_many(variance, [(same, 3, 50, seed), (one, 2, 50, seed)])
    for call, what in zip(calls, ("4 equal gradients", "a single sample"), strict=True):
        if not abs(_number(call)) <= 1e-9:
            raise CheckFailed(f"with {what} every batch has the same gradient; the variance must be 0")
    _check_few_draws(variance, samples)
    _check_every_draw(variance)
    sizes = (1, 2, 4, 7, 60)
    arguments = [(samples, size, draws, seed) for size in (*sizes, 2)] + [(samples, 2, draws, seed + 1)]
    *values, again, other, zero, zero_again = map(
        _number, call_many(variance, [*arguments, *[(samples, 2, draws, 0)] * 2])
    )
    if not math.isclose(values[1], again, rel_tol=1e-6) or not math.isclose(zero, zero_again, rel_tol=1e-6):
        raise CheckFailed("two calls with the same seed gave different values: is the seed used?")
    if values[1] == other:
        raise CheckFailed("two different seeds gave the same value: are the batches drawn with the seed?")
    center = samples.mean(dim=0)
    sigma2 = float((samples - center).square().sum(dim=1).mean())
    for size, value in zip(sizes, values, strict=True):
        drawn = samples[torch.randint(7, (20_000, size), generator=generator)].mean(dim=1)
        spread = float((drawn - center).square().sum(dim=1).std())
        allowed = SIGMAS * spread / math.sqrt(draws)
        if not abs(value - sigma2 / size) <= allowed:
            raise CheckFailed(
                f"for 7 samples with σ² = {sigma2:.4g}, batches of {size}, {draws} draws: got {value:.4g}, "
                f"more than {allowed:.2g} from what drawing with replacement gives: the mean squared distance of a batch's "
                "gradient from that of all samples"
            )


def _check_few_draws(variance: Callable, samples: torch.Tensor, repetitions: int = 400) -> None:
    """One draw of one sample is at the distance of that sample, each as often as any other; few draws have the same mean.

    Many calls with few draws show what many draws hide: the distance from the batches' own mean, division
    by draws − 1, a formula with noise, draws beyond a number left out.
    """
    first = derived_seed("few draws") % 10**6
    distances = (samples - samples.mean(dim=0)).square().sum(dim=1)
    calls = call_many(variance, [(samples, 1, 1, first + i) for i in range(repetitions)])
    drawn = torch.tensor([_number(call) for call in calls])
    nearest = (drawn[:, None] - distances).abs().min(dim=1)
    if not bool((nearest.values <= 1e-4 * distances.max()).all()):
        raise CheckFailed(
            "with batch_size = 1 and draws = 1 the value must be the squared distance of one sample's gradient from "
            f"the mean of all; got {drawn[nearest.values.argmax()]:.4g}"
        )
    counts, n = torch.bincount(nearest.indices, minlength=len(samples)), len(samples)
    allowed = SIGMAS * math.sqrt(repetitions * (1 / n) * (1 - 1 / n))
    if not bool(((counts - repetitions / n).abs() <= allowed).all()):
        raise CheckFailed(
            f"in {repetitions} calls with batch_size = 1 and draws = 1 the {n} samples were drawn {counts.tolist()} "
            "times; each is as likely as any other"
        )
    # Batches of two of these samples are at the squared distances 1, 1/4 and 4.
    samples = torch.tensor([[0.0], [0.0], [3.0]])
    calls = call_many(variance, [(samples, 2, 2, first + i) for i in range(repetitions)])
    values = torch.tensor([_number(call) for call in calls])
    sigma2 = 2.0
    if not abs(float(values.mean()) - sigma2 / 2) <= SIGMAS * float(values.std()) / math.sqrt(repetitions):
        raise CheckFailed(
            f"the mean of {repetitions} calls with batch_size = 2 and draws = 2 is {float(values.mean()):.4g}, "
            f"expected about σ²/2 = {sigma2 / 2:.4g}: is the distance from the mean of all samples averaged over all draws?"
        )
    for pair in itertools.combinations_with_replacement((1.0, 0.25, 4.0), 2):
        seen = int(((values - sum(pair) / 2).abs() <= 1e-4).sum())
        if pair != (4.0, 4.0) and not seen:  # this one is rare
            raise CheckFailed(
                f"gradients 0, 0 and 3, batch_size = 2, draws = 2: in {repetitions} calls the two batches were never at "
                f"the squared distances {pair[0]:g} and {pair[1]:g}: is each of the draws x batch_size indices drawn on its own?"
            )


def _check_every_draw(variance: Callable, repetitions: int = 150) -> None:
    """What was drawn, read from the value: a sample twice in a batch, as many draws as asked for, all digits."""
    first = derived_seed("every draw") % 10**6
    calls = call_many(variance, [(torch.eye(16), 2, 1, first + i) for i in range(repetitions)])
    if max(map(_number, calls)) < 0.9:
        raise CheckFailed(
            f"16 samples, batch_size = 2: in {repetitions} calls no batch had a sample twice, with replacement one in 16 has: "
            "is every batch drawn with replacement?"
        )
    numbers = (3, 997, 4001)
    calls = call_many(variance, [(torch.tensor([[0.0], [0.0], [3.0]]), 1, draws, first) for draws in numbers])
    for draws, call in zip(numbers, calls, strict=True):
        of_three = (_number(call) - 1) * draws / 3  # a draw is at the squared distance 1 or 4
        if not abs(of_three - round(of_three)) <= 0.05:
            raise CheckFailed(
                f"gradients 0, 0 and 3, batch_size = 1, draws = {draws}: {_number(call):.6g} is no mean of {draws} squared "
                "distances, each 1 or 4: are exactly that many batches drawn?"
            )
    unit = 2.0**-30
    [call] = call_many(variance, [(1 + unit * torch.tensor([[0.0], [0.0], [3.0]]).double(), 1, 400, first)])
    if not abs(_number(call) / unit**2 - 2) <= 0.5:
        raise CheckFailed(
            f"float64 gradients 1, 1 and 1 + 3 * 2**-30, batch_size = 1: expected about {2 * unit**2:.3g}, got "
            f"{_number(call):.3g}: is the dtype of per_sample kept?"
        )


def _vector_problem(value: Any, w: torch.Tensor) -> str | None:
    if not isinstance(value, torch.Tensor) or value.shape != w.shape or value.dtype != w.dtype:
        return f"it must be a tensor of w's shape {tuple(w.shape)} and dtype {w.dtype}, got {form(value)}"
    return None


def _gradient(w: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    w, x, y = w.double(), x.double(), y.double()
    return x.T @ (x @ w - y) / len(x)


def _number(call: Call) -> float:
    value = call.result()
    if not unchanged(call.arguments, call.arguments_after):
        raise CheckFailed("gradient_variance changed its argument; work on a copy")
    if type(value) is not float or not math.isfinite(value):
        raise CheckFailed(f"gradient_variance must return a finite Python float, got {describe(value)}")
    return value
