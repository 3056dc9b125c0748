"""Checks for the smallest model: a line whose slope and intercept are parameters."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from autograder.checking.calls import call_many, in_kernel
from autograder.checking.promises import kept
from autograder.checking.values import form
from autograder.errors import CheckFailed

__all__ = ["check_line_model"]


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

    if len(set(_each(operator.methodcaller("data_ptr"), model.parameters()))) < len(sizes):
        raise CheckFailed("w and b lie at the same place in memory: give each a tensor of its own")

    x = torch.tensor([[-1.0], [2.0], [4.0], [7.0]])
    # The output stays where the model is (a lazy `map`): only there can it be differentiated.
    sums = in_kernel(map, operator.methodcaller("sum"), in_kernel(map, model, [x.clone()]))
    try:
        _each(operator.methodcaller("backward"), sums)
    except RuntimeError as error:
        raise CheckFailed(
            f"model(x).sum().backward() for x = {x.tolist()} raised: {error}; does forward use the "
            "nn.Parameter itself (not .data, .item() or a copy)?"
        ) from None
    gradients = _each(operator.attrgetter("grad"), model.parameters())
    if not all(isinstance(gradient, torch.Tensor) and gradient.numel() == 1 for gradient in gradients):
        raise CheckFailed(
            "after backward() a parameter has no gradient; does forward use the nn.Parameter "
            "itself (not .data, .item() or a copy)?"
        )
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
        (torch.tensor([[3.0], [-5.0], [0.25], [6.0]]),),  # as many as before, and others
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


def _each(function: Callable, iterable: Any) -> list:
    """A library function applied to each item, where the items live; a list of plain data."""
    return in_kernel(list, in_kernel(map, function, iterable))
