"""Checks for parameters: how many a layer or a model has, and where they are.

The counts that students' answers are compared with are torch's own: a layer of the same
shape is made here and its parameters are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from torch import nn

from autograder.checking.calls import call, fetch, in_kernel, send
from autograder.checking.models import zoo
from autograder.checking.promises import ONLY_LOOKS, keeping
from autograder.checking.search import Judge, search
from autograder.checking.values import describe, form
from autograder.errors import CheckFailed
from checks.shared.models import send_with_gradients

__all__ = [
    "check_conv2d_count",
    "check_layer_table",
    "check_linear_count",
    "check_model_count",
]


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
            *[(784, 128, True), (200, 180, True), (4097, 11009, True), (1000, 300, False)],
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
    if fetch(function(_own_layers())) != 14:
        raise CheckFailed(
            "a model of a class of one's own, with 5 parameters of its own and a Linear(2, 3), has 14 parameters; "
            "layers of any kind count"
        )
    if fetch(function(_own_layers("Large"))) != LARGE:
        raise CheckFailed(f"a model of one parameter with {LARGE} elements: count with ints, not in float32")
    check_leaves_model_alone(function, frozen)
    check_leaves_model_alone(function, frozen, True)
    same = send_with_gradients(nn.Linear(3, 2))
    counts = [fetch(function(same)), fetch(function(same.requires_grad_(False), True))]
    if counts != [8, 0]:
        raise CheckFailed(
            f"of one and the same Linear(3, 2) it counted {describe(counts)}: 8 parameters, and 0 that are trainable after "
            "requires_grad_(False); count anew in each call"
        )


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
    rows = fetch(function(_own_layers()))
    if type(rows) is not list or list(map(tuple, rows)) != [("", "Scaled", 5), ("inner", "Linear", 9)]:
        raise CheckFailed(
            "a model of a class Scaled, with 5 parameters of its own and a Linear(2, 3) called inner, must give "
            f"[('', 'Scaled', 5), ('inner', 'Linear', 9)], got {describe(rows)}"
        )


OWN = """
from torch import nn, ones

class Models:
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 3)
            self.scale = nn.Parameter(ones(5))

    class Large(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(ones(1).expand(2**24 + 1))
"""
LARGE = 2**24 + 1
"""More than float32 counts; its elements share one place in memory."""


def _own_layers(name: str = "Scaled") -> Any:
    """A handle of a model whose class is no library's: like those that students write, it lives in the kernel only."""
    names = send({})
    in_kernel(exec, OWN, names)
    return getattr(names["Models"], name)()


def check_leaves_model_alone(function: Callable, model: nn.Sequential, *others: Any) -> None:
    """`function(model, *others)` leaves a model as it was that is partly in eval mode and holds gradients."""
    model[0].eval()
    keeping(function, send_with_gradients(model), *others, promises=ONLY_LOOKS)


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
    partly_frozen.eval()  # the mode says nothing about what is trainable
    frozen_weight = nn.Linear(3, 2)
    frozen_weight.weight.requires_grad_(False)
    frozen_tie = nn.Sequential(*_tied(3, 2), nn.Linear(2, 2))
    frozen_tie[0].weight.requires_grad_(False)
    twice = nn.Linear(2, 2)
    equal = nn.Sequential(nn.Conv2d(2, 3, 2), nn.Conv2d(2, 3, 2), nn.Linear(2, 3), nn.Linear(2, 3))
    for parameter in equal.parameters():
        nn.init.zeros_(parameter)
    return [
        nn.Sequential(nn.ReLU()),
        nn.Linear(3, 2),
        nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2, bias=False)),
        nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4)),
        nn.Sequential(nn.Conv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 4, (1, 2))),
        nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Linear(4, 1)))),
        nn.Sequential(nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 5)), nn.Linear(5, 1)),
        nn.Sequential(nn.Embedding(5, 3), nn.PReLU(), nn.LayerNorm(3)),
        frozen_weight,
        partly_frozen,
        nn.Sequential(*_tied(4, 3)),
        nn.Sequential(nn.Embedding(5, 2), *_tied(2, 5, bias=False)),
        nn.Sequential(twice, nn.ReLU(), nn.Sequential(twice)),
        equal,
        frozen_tie,
        nn.Linear(3, 2).requires_grad_(False),
        *zoo(),
    ]


def _tied(n_in: int, n_out: int, bias: bool = True) -> list[nn.Module]:
    first, second = nn.Linear(n_in, n_out, bias=bias), nn.Linear(n_in, n_out, bias=bias)
    second.weight = first.weight
    return [first, second]


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


def _check_default(
    function: Callable, short: tuple, full: tuple, expected: Callable[..., int], default: str
) -> None:
    """The function called without its optional arguments counts as with their defaults."""
    value = call(function, *short).result()
    if type(value) is not int or value != expected(*full):
        raise CheckFailed(f"without the optional arguments the result must be that for {default}")
