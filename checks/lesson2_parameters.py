"""Checks for parameters: how many a layer or a model has, where they are, what memory they need.

The counts that students' answers are compared with are torch's own: a layer of the same
shape is made here and its parameters are counted.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import torch
from hypothesis import strategies as st
from torch import nn

from autograder.checking.calls import call, call_many, in_kernel
from autograder.checking.models import zoo
from autograder.checking.promises import ONLY_LOOKS, keeping, kept
from autograder.checking.search import Judge, search
from autograder.checking.values import describe, form
from autograder.errors import CheckFailed
from checks.shared.models import send_with_gradients

__all__ = [
    "check_bytes",
    "check_conv2d_count",
    "check_gigabytes",
    "check_layer_table",
    "check_leaves_model_alone",
    "check_line_model",
    "check_linear_count",
    "check_model_count",
    "models",
]


ITSELF = "does forward use the nn.Parameter itself (not .data, .item() or a copy)?"


def check_line_model(model_class: Callable) -> None:
    """`model_class()` is y = wx + b with two parameters of one element each, both 0 at first.

    The names and the shapes of the parameters are free: which one is w is found out from
    the gradients.
    """
    model = model_class()
    start = _each(operator.methodcaller("detach"), model.parameters())
    if not all(isinstance(parameter, torch.Tensor) for parameter in start):
        raise CheckFailed("model.parameters() must give tensors; is the class a subclass of nn.Module?")
    sizes = [parameter.numel() for parameter in start]
    if sizes != [1, 1]:
        raise CheckFailed(
            f"expected two parameters with one element each, but model.parameters() has sizes {sizes}; "
            "is each of w and b an nn.Parameter of its own?"
        )
    if any(parameter.dtype != torch.float32 for parameter in start):
        raise CheckFailed(f"w and b must be float32, got {[str(parameter.dtype) for parameter in start]}")
    if not all(parameter.item() == 0 for parameter in start):
        raise CheckFailed(
            f"w and b must both be 0 at first; they are {[parameter.item() for parameter in start]}"
        )

    x = torch.tensor([[-1.0], [2.0], [4.0], [7.0]])
    # The output stays where the model is (a lazy `map`): only there can it be differentiated.
    sums = in_kernel(map, operator.methodcaller("sum"), in_kernel(map, model, [x.clone()]))
    try:
        _each(operator.methodcaller("backward"), sums)
    except RuntimeError as error:
        raise CheckFailed(
            f"model(x).sum().backward() for x = {x.tolist()} raised: {error}; {ITSELF}"
        ) from None
    gradients = _each(operator.attrgetter("grad"), model.parameters())
    if not all(isinstance(gradient, torch.Tensor) and gradient.numel() == 1 for gradient in gradients):
        raise CheckFailed(f"after backward() a parameter has no gradient; {ITSELF}")
    slopes = [gradient.item() for gradient in gradients]
    if sorted(slopes) != [len(x), x.sum().item()]:
        raise CheckFailed(
            f"for y = wx + b at w = b = 0 and x = {x.tolist()}, the gradients of sum(y) with respect to "
            f"w and b must be sum(x) and the number of samples; yours are {slopes}"
        )

    w, b = -2.5, -1.5
    values = torch.tensor([b, w] if slopes[0] == len(x) else [w, b])
    first, model = model, model_class()  # which has computed nothing before it gets its values
    in_kernel(nn.utils.vector_to_parameters, values, model.parameters())
    if any(parameter.item() != 0 for parameter in _each(operator.methodcaller("detach"), first.parameters())):
        raise CheckFailed("two models have the same w and b: make them in __init__")
    cases = [
        (x,),
        (torch.tensor([[0.5]]),),
        (torch.tensor([[0.123456], [-1234.5], [333.25], [-3e6], [2e-7]]),),
    ]
    for mode, done in [("train", each) for each in call_many(model, cases)] + [
        ("eval", each) for each in call_many(model.eval(), cases)
    ]:
        [inputs], outputs = done.arguments, kept(done).value
        what = f"w = {w}, b = {b}, x = {inputs.tolist()} ({mode} mode)"
        if not isinstance(outputs, torch.Tensor) or outputs.shape != inputs.shape:
            raise CheckFailed(
                f"for {what}: expected a tensor of shape {tuple(inputs.shape)}, got {form(outputs)}"
            )
        error = (
            ((outputs.detach().double() - (w * inputs + b)).abs() / inputs.abs().clamp(min=1)).max().item()
        )
        if outputs.dtype != torch.float32 or not error <= 1e-5:
            raise CheckFailed(
                f"for {what}: y has type {outputs.dtype} (expected torch.float32) and "
                f"max |y - (wx + b)| / max(1, |x|) = {error:.4g}; does forward compute w times x, plus b?"
            )


def check_linear_count(function: Callable) -> None:
    """`function(n_in, n_out, bias=True)` counts the parameters of `nn.Linear`."""

    def expected(n_in, n_out, bias):
        return _count(nn.Linear(n_in, n_out, bias=bias, device="meta"))

    sides = st.integers(1, 40)
    search(
        function,
        st.tuples(sides, sides, st.booleans()),
        _counts(expected),
        names=("n_in", "n_out", "bias"),
        always=[
            *[(1, 1, True), (3, 2, True), (2, 3, False), (2, 3, True), (3, 2, False)],
            *[(784, 128, True), (200, 180, True), (4097, 11009, True)],
        ],
    )
    _check_default(function, (5, 2), (5, 2, True), expected, "bias=True")


def check_conv2d_count(function: Callable) -> None:
    """`function(c_in, c_out, k, groups=1, bias=True)` counts the parameters of `nn.Conv2d`."""

    def expected(c_in, c_out, k, groups, bias):
        return _count(nn.Conv2d(c_in, c_out, k, groups=groups, bias=bias, device="meta"))

    small = st.integers(1, 5)
    search(
        function,
        st.tuples(small, small, small, st.integers(1, 4), st.booleans()).map(
            lambda drawn: (drawn[0] * drawn[3], drawn[1] * drawn[3], *drawn[2:])
        ),
        _counts(expected),
        names=("c_in", "c_out", "k", "groups", "bias"),
        always=[
            (1, 1, 1, 1, True),
            (2, 5, 3, 1, True),
            (3, 2, 5, 1, False),
            (8, 6, 3, 2, True),
            (6, 6, 3, 6, True),
            (6, 9, 2, 3, False),
            (2, 4, 31, 2, True),
            (256, 512, 3, 1, True),
            (512, 512, 3, 512, True),
            (257, 7291, 3, 1, True),
        ],
    )
    _check_default(function, (3, 5, 2), (3, 5, 2, 1, True), expected, "groups=1 and bias=True")


def check_model_count(function: Callable) -> None:
    """`function(model, trainable_only=False)` counts the elements of a model's parameters."""

    def expected(model, trainable_only):
        return _count(model, trainable_only)

    # Both counts of a model that has frozen or tied parameters; of the others the total only.
    search(
        function,
        st.tuples(models(), st.booleans()),
        _counts(expected, traits=True),
        names=("model", "trainable_only"),
        always=[
            *((model, only) for model in _edge_models() for only in {False, _traits(model) != ""}),
            *((model, True) for model in zoo()),
        ],
        examples=15,
        promises=ONLY_LOOKS,
    )
    frozen = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 4))
    frozen[0].requires_grad_(False)
    _check_default(function, (frozen,), (frozen, False), expected, "trainable_only=False")
    check_leaves_model_alone(function, frozen)


def check_layer_table(function: Callable) -> None:
    """`function(model)` lists (name, type, parameters) of each layer that owns parameters, in order.

    A parameter that several layers share belongs to the first of them; a layer with nothing of its
    own has no row.
    """

    def judge(model: nn.Module, value: Any) -> str | None:
        if type(value) is not list:
            return f"expected a list of rows, got {form(value)}"
        for row in value:
            if type(row) not in (tuple, list) or tuple(map(type, row)) != (str, str, int):
                return f"expected rows (name: str, type: str, parameters: int), got the row {describe(row)}"
        rows, right = [tuple(row) for row in value], _layer_rows(model)
        if rows == right:
            return None
        about = _traits(model)
        names, right_names = [row[0] for row in rows], [row[0] for row in right]
        if names != right_names:
            return (
                f"the rows are {describe(names)}{about}; there must be one row for each layer that owns "
                "parameters, under its name in the model, in the model's order, and no other row"
            )
        row = next(row for row, correct in zip(rows, right, strict=True) if row != correct)
        if all(row[1] == correct[1] for row, correct in zip(rows, right, strict=True)):
            return f"the number of parameters in the row {describe(row)} is wrong{about}"
        return f"the row {describe(row)} is wrong: is its type the name of the layer's class?"

    search(
        function,
        st.tuples(models()),
        judge,
        names=("model",),
        always=[(model,) for model in _edge_models()],
        examples=15,
        promises=ONLY_LOOKS,
    )
    check_leaves_model_alone(function, nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))


def check_leaves_model_alone(function: Callable, model: nn.Sequential) -> None:
    """`function(model)` leaves a model as it was that is partly in eval mode and holds gradients."""
    model[0].eval()
    keeping(function, send_with_gradients(model), promises=ONLY_LOOKS)


def check_bytes(function: Callable) -> None:
    """`function(n_parameters, bits)` is n·bits/8 as int or float, not rounded."""

    def size(n, bits):
        return Fraction(n * bits, 8)

    search(
        function,
        st.tuples(st.integers(0, 10**6), st.integers(1, 64)),
        _quantities(size),
        names=("n_parameters", "bits"),
        always=[
            *[(1, 8), (2, 16), (3, 4), (5, 1), (7, 12), (7 * 10**9, 16), (0, 32), (3, 128), (5, 1000)],
            *((1_000_003, bits) for bits in range(1, 65)),
        ],
    )


def check_gigabytes(function: Callable) -> None:
    """`function(n_bytes)` is in units of 1000³ bytes, as int or float, not rounded."""
    search(
        function,
        st.tuples(st.integers(0, 10**12)),
        _quantities(lambda n: Fraction(n) / 10**9),
        names=("n_bytes",),
        always=[
            *[(0,), (10**9,), (3_141_592_653,), (407_080,), (1_234_567_890_123,), (10**18,)],
            *[(1.5e9,), (1234.5,), (1.5,), (0.375,)],
        ],
    )


@st.composite
def models(draw: st.DrawFn) -> nn.Sequential:
    """Models of a few library layers of unequal shapes: some frozen, some tied, some nested.

    They are made to be counted: the shapes of neighbours do not fit, so they cannot be run.
    """
    side = st.integers(1, 6)
    layer = st.one_of(
        st.builds(nn.ReLU),
        st.builds(nn.Linear, side, side, st.booleans()),
        st.builds(nn.Conv2d, side, side, st.integers(1, 3)),
        st.builds(nn.BatchNorm2d, side),
        st.builds(nn.Embedding, side, side),
    )
    layers = draw(st.lists(layer, min_size=1, max_size=4))
    for each in layers:
        each.requires_grad_(draw(st.booleans()))
    if draw(st.booleans()):
        layers += _tied(draw(side), draw(side))
    if draw(st.booleans()):
        layers = [nn.Sequential(*layers[:2]), *layers[2:]]
    return nn.Sequential(*layers)


def _edge_models() -> list[nn.Module]:
    """One model for each thing that can go wrong in counting, the simplest first."""
    partly_frozen = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 4))
    partly_frozen[0].requires_grad_(False)
    frozen_weight = nn.Linear(3, 2)
    frozen_weight.weight.requires_grad_(False)
    frozen_tie = nn.Sequential(*_tied(3, 2), nn.Linear(2, 2))
    frozen_tie[0].weight.requires_grad_(False)
    twice = nn.Linear(2, 2)
    return [
        nn.Sequential(nn.ReLU()),
        nn.Linear(3, 2),
        nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2, bias=False)),
        nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)),
        nn.Sequential(nn.Conv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 4, (1, 2))),
        nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 1)))),
        nn.Sequential(nn.Embedding(5, 3), nn.PReLU(), nn.LayerNorm(3)),
        frozen_weight,
        partly_frozen,
        nn.Sequential(*_tied(4, 3)),
        nn.Sequential(nn.Embedding(5, 2), *_tied(2, 5, bias=False)),
        nn.Sequential(twice, nn.ReLU(), twice),
        frozen_tie,
        nn.Linear(3, 2).requires_grad_(False),
        *zoo(),
    ]


def _tied(n_in: int, n_out: int, bias: bool = True) -> list[nn.Module]:
    first, second = nn.Linear(n_in, n_out, bias=bias), nn.Linear(n_in, n_out, bias=bias)
    second.weight = first.weight
    return [first, second]


def _each(function: Callable, iterable: Any) -> list:
    """A library function applied to each item, where the items live; a list of plain data."""
    return in_kernel(list, in_kernel(map, function, iterable))


def _count(model: nn.Module, trainable_only: bool = False) -> int:
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable_only)


def _layer_rows(model: nn.Module) -> list[tuple[str, str, int]]:
    counts: dict[str, int] = {}
    for name, parameter in model.named_parameters():
        layer = name.rpartition(".")[0]
        counts[layer] = counts.get(layer, 0) + parameter.numel()
    return [(name, type(model.get_submodule(name)).__name__, n) for name, n in counts.items()]


def _traits(model: nn.Module) -> str:
    """What the printed form of a model does not show: ` (2.weight is 0.weight; frozen: 0.bias)`."""
    first: dict[nn.Parameter, str] = {}
    traits = []
    for name, parameter in model.named_parameters(remove_duplicate=False):
        if parameter in first:
            traits.append(f"{name} is {first[parameter]}")
        first.setdefault(parameter, name)
    if frozen := [name for parameter, name in first.items() if not parameter.requires_grad]:
        traits.append(f"frozen: {', '.join(frozen)}")
    return f" ({'; '.join(traits)})" if traits else ""


def _counts(expected: Callable[..., int], traits: bool = False) -> Judge:
    """A judge of whole numbers."""

    def judge(*arguments: Any) -> str | None:
        *arguments, value = arguments
        if type(value) is not int:
            return f"expected a Python int, got {form(value)}"
        if value == expected(*arguments):
            return None
        about = _traits(arguments[0]) if traits else ""
        return f"it returned {describe(value)}{about}: count again by hand"

    return judge


def _quantities(expected: Callable[..., Fraction]) -> Judge:
    """A judge of amounts, int or float, equal up to rounding errors of float64."""

    def close(value: int | float, other: Any) -> bool:
        return abs(Fraction(value) - Fraction(other)) <= abs(Fraction(other)) / 10**9

    def judge(*arguments: Any) -> str | None:
        *arguments, value = arguments
        if type(value) not in (int, float):
            return f"expected an int or a float, got {form(value)}"
        if not (type(value) is int or math.isfinite(value)):
            return f"it returned {value}"
        if close(value, expected(*arguments)):
            return None
        return f"it returned {describe(value)}: compute it by hand for this input"

    return judge


def _check_default(
    function: Callable, short: tuple, full: tuple, expected: Callable[..., int], default: str
) -> None:
    """The function called without its optional arguments counts as with their defaults."""
    value = call(function, *short).result()
    if type(value) is not int or value != expected(*full):
        raise CheckFailed(f"without the optional arguments the result must be that for {default}")
