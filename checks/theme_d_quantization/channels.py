"""Checks for quantization channel by channel, and for a whole model, parameter by parameter."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from hypothesis import strategies as st
from torch import nn

from autograder.checking.calls import call_many, fetch, in_kernel, look_at, send
from autograder.checking.inputs import matrices
from autograder.checking.models import zoo
from autograder.checking.promises import Promises, keeping
from autograder.checking.search import search
from autograder.checking.values import parts_problem, tensor_problem, unchanged
from autograder.errors import CheckFailed
from checks.shared.models import other_than_copied
from checks.shared.quantization import slack

__all__ = ["check_channel_steps", "check_channels", "check_quantize_model"]

CHANGES_LOOKED_AT = Promises(changes=frozenset({0}))
"""Of the model that is quantized; whether its values have changed is said in words of its own."""


def check_channels(quantize_per_channel: Callable) -> None:
    """`quantize_per_channel(w, bits) -> (w_hat, steps)`: symmetric, a scale for each row of w's first axis.

    Property: with a the largest |w| of a channel, the step is a/(2^(b−1) − 1), w_hat is one of the
    levels qΔ, 0 among them, and |w − w_hat| ≤ Δ/2; a channel of zeros stays zero.

    Args:
        quantize_per_channel: The student's function.

    Raises:
        CheckFailed: With the smallest failing input.
    """
    rows = torch.tensor([[1.0], [0.0], [0.125], [3.0]])
    generator = torch.Generator().manual_seed(35)
    w = torch.randint(-64, 65, (4, 6), generator=generator) / 64 * rows
    always = [
        (torch.tensor([[0.9, -0.5], [0.06, 0.013]]), 3),
        (torch.tensor([[0.0, 0.0, 0.0], [-2.0, -1.0, -0.25]]), 3),
        *((w, bits) for bits in (2, 4, 8)),
        (w.t().contiguous(), 4),
        (torch.randint(-64, 65, (3, 2, 3, 3), generator=generator) / 32, 5),
        # Neither a sum of 0 nor a 0 at an end makes a row of zeros.
        (torch.tensor([[1.0, -1.0], [0.0, 0.5], [-0.25, 0.0]]), 3),
        (torch.tensor([0.5, -2.0, 1.0]), 3),
        (torch.randint(-64, 65, (3, 2, 4), generator=generator) / 32, 5),
        (w * torch.tensor([[2.0**-37], [2.0**-22], [1.0], [2.0**20]]), 4),
        (
            torch.randint(-64, 65, (100, 300), generator=generator) ** 3
            / 2.0**14
            * torch.arange(1, 101).unsqueeze(1),
            6,
        ),
    ]
    search(
        quantize_per_channel,
        st.tuples(matrices(max_side=5).map(lambda w: (w * 64).round() / 64), st.integers(2, 8)),
        _channels_problem,
        names=("w", "bits"),
        always=always,
    )


def check_channel_steps(quantize_per_channel: Callable, bits: int = 4) -> None:
    """No channel's step is larger than the step of the whole tensor, and the total error is smaller.

    Rows of very different sizes.

    Args:
        quantize_per_channel: As for `check_channels`.
        bits: At which number of bits.

    Raises:
        CheckFailed: With the two errors.
    """
    generator = torch.Generator().manual_seed(36)
    w = torch.randn(5, 30, generator=generator) * torch.tensor([[0.01], [0.1], [0.3], [1.0], [2.0]])
    [done] = call_many(quantize_per_channel, [(w, bits)])
    if problem := _channels_problem(w, bits, done.result()):
        raise CheckFailed(problem)
    w_hat, steps = done.value
    limit = float(w.abs().max())
    whole = limit / largest_code(bits)
    if not float(steps.max()) <= whole * (1 + 1e-5):
        raise CheckFailed("a channel has a larger step than the whole tensor would have")
    per_tensor = float((w - (w.double() / whole).round() * whole).square().mean())
    per_channel = float((w - w_hat).square().mean())
    if not per_channel < per_tensor:
        raise CheckFailed(
            f"with rows of very different sizes the mean squared error per channel is {per_channel:.3g}, "
            f"not below the {per_tensor:.3g} of one scale for the whole tensor"
        )


def check_quantize_model(quantize_model: Callable) -> None:
    """`quantize_model(model, choose_range, quantizer)`: a copy, each parameter quantized in its own range.

    Only what quantize_model does with the range and the quantizer that it is given is judged: first quartiles
    and `clamp`, then a pair that tells the shape of p, and changes single numbers, too.

    Args:
        quantize_model: The student's function.

    Raises:
        CheckFailed: With the parameter that is wrong.
    """
    quartiles = (partial(torch.quantile, q=torch.tensor([0.25, 0.75])), torch.clamp)
    telling, sent = _telling(eval), _telling(partial(in_kernel, eval))
    cases: list[tuple] = [(_small_network(), quartiles, quartiles)]
    cases += [(model, telling, sent) for model in (_small_network().eval(), *_zoo())]
    cases += [(_small_network(), _off_centre(eval), _off_centre(partial(in_kernel, eval)))]
    for original, (choose_range, quantizer), given in cases:
        before = {name: tensor.clone() for name, tensor in original.state_dict().items()}
        model = send(original)
        looked = look_at(model)
        result = keeping(quantize_model, model, *given, promises=CHANGES_LOOKED_AT)
        after = _state(model, "the original model")
        if not unchanged(before, after):
            raise CheckFailed("quantize_model changed the model that it was given; work on a deep copy")
        state = _state(result, "what quantize_model returns")
        if look := other_than_copied(looked, look_at(result)):
            raise CheckFailed(look)
        if list(state) != list(before):
            raise CheckFailed(
                f"the returned model has the parameters {sorted(state)}, expected those of the original, "
                f"{sorted(before)}"
            )
        names = {name for name, _ in original.named_parameters()}
        for name, tensor in before.items():
            got = state[name]
            right = quantizer(tensor, *choose_range(tensor)) if name in names else tensor
            if not isinstance(got, torch.Tensor) or got.shape != right.shape or got.dtype != right.dtype:
                raise CheckFailed(
                    f"'{name}' must keep its shape {tuple(right.shape)} and dtype {right.dtype}"
                )
            if not torch.allclose(got, right, rtol=1e-5, atol=1e-7):
                if name not in names:
                    raise CheckFailed(f"'{name}' is a buffer, not a parameter; it must stay as it was")
                if torch.equal(got, tensor):
                    raise CheckFailed(f"'{name}' was not quantized; every parameter is, biases too")
                raise CheckFailed(
                    f"'{name}' is not quantizer(p, lo, hi) with (lo, hi) = choose_range(p) of itself"
                )
        result.load_state_dict({name: torch.zeros_like(tensor) for name, tensor in before.items()})
        if not unchanged(before, _state(model, "the original model")):
            raise CheckFailed("the returned model shares tensors with the original; make a deep copy")


def _telling(evaluated: Callable) -> tuple[Callable, Callable]:
    """A range, a single point for a single number, and a quantizer whose result shows with what they were called."""
    return (
        evaluated("lambda p: (p.min().item() - p.dim(), p.max().item() - p.dim())"),
        evaluated("lambda p, lo, hi: (p + lo + hi + 1).cumsum(-1)"),
    )


def _off_centre(evaluated: Callable) -> tuple[Callable, Callable]:
    """A range that is nearly symmetric, and a quantizer whose result shows by how much it is not."""
    return evaluated("lambda p: (-1.03, 1.0)"), evaluated("lambda p, lo, hi: p + 10 * (lo + hi) + 1")


def largest_code(bits: int) -> int:
    """The largest code of symmetric quantization: 2^(b−1) − 1; the smallest one is its negative."""
    return 2 ** (bits - 1) - 1


def _channels_problem(w: torch.Tensor, bits: int, value: Any) -> str | None:
    if problem := parts_problem(value, ("w_hat", "steps")):
        return problem
    w_hat, steps = value
    if problem := tensor_problem(w_hat, "w_hat", torch.float32, w.shape) or tensor_problem(
        steps, "steps", torch.float32, w.shape[:1]
    ):
        return problem
    rows, results = (tensor.reshape(len(w), -1).double() for tensor in (w, w_hat))
    for i, (row, got) in enumerate(zip(rows, results, strict=True)):
        limit = float(row.abs().max())
        delta = limit / largest_code(bits)
        if not abs(float(steps[i]) - delta) <= 1e-4 * delta:
            return (
                f"the step of channel {i} (row {i}) is {float(steps[i]):.5g}: "
                "is it a/(2^(b−1) − 1), a the largest |w| of this channel alone?"
            )
        error = float((row - got).abs().max())
        if not error <= delta / 2 + slack(limit):
            return f"in channel {i} max |w − ŵ| = {error:.4g}, allowed Δ/2 = {delta / 2:.4g} of this channel"
        position = got / delta if delta else got
        if not float((position - position.round()).abs().max()) <= 1e-3:
            return f"channel {i} has values that are not one of its levels qΔ (0 is one of them)"
    return None


def _small_network() -> nn.Sequential:
    """Parameters and buffers with values of their own; the biases are much larger than the weights."""
    generator = torch.Generator().manual_seed(37)
    model = nn.Sequential(nn.Linear(3, 6), nn.BatchNorm1d(6), nn.ReLU(), nn.Linear(6, 4))
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                size = 5.0 if name.endswith("bias") else 1.0
                tensor.copy_(size * torch.rand(tensor.shape, generator=generator) + 0.1)
    return model


def _zoo() -> list[nn.Module]:
    """Models of float32 with parameters of all kinds, tensors of one shape with equal values."""
    models = [model for model in zoo() if all(each.dtype == torch.float32 for each in model.parameters())]
    for parameter in itertools.chain.from_iterable(model.parameters() for model in models):
        generator = torch.Generator().manual_seed(parameter.numel())
        parameter.data = torch.rand(parameter.shape, generator=generator)
    return models


def _state(model: Any, what: str) -> dict[str, Any]:
    try:
        state = fetch(model.state_dict())
    except (TypeError, AttributeError) as error:
        raise CheckFailed(f"{what} has no state_dict(); it must be a model: {error}") from error
    if isinstance(state, dict) and all(isinstance(key, str) for key in state):
        return dict(state)
    raise CheckFailed(f"{what} has no usable state_dict()")
