"""What a function promises beside its value: what it leaves as it was, and what it makes anew.

    loss, accuracy = keeping(evaluate, model, loader, promises=ONLY_LOOKS)

A function that is called for a number must not train the model that it got, freeze it, or leave the
library without gradients. What of this costs points is what the text of the exercise says.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from autograder.boundary.proxies import Proxy
from autograder.boundary.traces import module_state, shares_memory
from autograder.checking.calls import Call, call, look_at
from autograder.checking.values import unchanged
from autograder.errors import CheckFailed

__all__ = ["ONLY_LOOKS", "USUAL", "Promises", "broken_promise", "keeping", "kept"]


@dataclass(frozen=True, kw_only=True)
class Promises:
    """What the text of an exercise says about a call, beside its value.

    Its arguments stay as they are: of a model the layers, the values of parameters and buffers, and
    what is trainable. So do the modes of the libraries.

    Attributes:
        changes: Positions of arguments whose values the function changes: a model that it trains.
        keeps_mode: Every layer of a model is in the mode afterwards in which it was.
        keeps_gradients: The gradients that a model holds stay there, and none are added.
        new: No tensor that is returned lies in the memory of an argument.
    """

    changes: frozenset[int] = frozenset()
    keeps_mode: bool = False
    keeps_gradients: bool = False
    new: bool = False


USUAL = Promises()
ONLY_LOOKS = Promises(keeps_mode=True, keeps_gradients=True)
"""Of a function that looks at a model and leaves everything about it as it was."""


def keeping(function: Callable, *arguments: Any, promises: Promises = USUAL) -> Any:
    """Call a student's function once and look at what it has left behind.

    Args:
        arguments: Its arguments; handles (`autograder.checking.calls.send`) of models, too, which
            this call may train.

    Returns:
        Its value.

    Raises:
        Exception: What the function raised.
        CheckFailed: A promise was broken.
    """
    if isinstance(function, Proxy):
        before = tuple(look_at(each) if isinstance(each, Proxy) else each for each in arguments)
        made = replace(call(function, *arguments), arguments=before)
    else:  # here a model is the one that the caller goes on with, so it is not copied
        before = tuple(copy.deepcopy(_state(each)) for each in arguments)
        value = function(*arguments)
        made = Call(
            value=value,
            arguments_after=arguments,
            shares_memory=shares_memory(value, arguments),
            arguments=before,
        )
    return kept(made, promises).value


def kept(made: Call, promises: Promises = USUAL) -> Call:
    """A call, if it raised nothing and kept what is promised.

    Raises:
        Exception: What the function raised.
        CheckFailed: A promise was broken.
    """
    made.result()
    if problem := broken_promise(made, promises):
        raise CheckFailed(problem)
    return made


def broken_promise(made: Call, promises: Promises = USUAL) -> str | None:
    """One sentence about what a call did beside its work; None where there is nothing to say."""
    arguments = enumerate(zip(made.arguments, made.arguments_after, strict=True))
    for position, before, after in ((at, *pair) for at, both in arguments for pair in _pairs(*both)):
        changes = position in promises.changes
        if _is_state(before) and _is_state(after):
            if problem := _change_of_model(before, after, promises, changes):
                return problem
        elif not _is_state(before) and not changes and not unchanged(before, after):
            return "it changed its argument; work on a copy"
        elif not changes and _gradients_wanted(before) != _gradients_wanted(after):
            return "it left its argument with another requires_grad; work on a copy or detach()"
    if promises.new and made.shares_memory:
        return "what it returned lies in the memory of its argument; return a new tensor, such as a clone()"
    return f"it left {made.modes_left[0]}" if made.modes_left else None


def _pairs(before: Any, after: Any) -> Iterator[tuple[Any, Any]]:
    """An argument before and after; of a list or tuple, such as one of models, each of its items."""
    if isinstance(before, (list, tuple)) and type(before) is type(after) and len(before) == len(after):
        for pair in zip(before, after, strict=True):
            yield from _pairs(*pair)
    else:
        yield _state(before), _state(after)


def _change_of_model(before: Mapping, after: Mapping, promises: Promises, changes: bool) -> str | None:
    if not unchanged(before["layers"], after["layers"]):
        return "it changed the model's layers or their settings"
    for part in () if changes else ("parameters", "buffers"):
        if not unchanged(before[part], after[part]):
            return f"it changed the values of the model's {part}; it must only look at them"
    if _trainable(before) != _trainable(after):
        return "it left other parameters of the model trainable than before (requires_grad)"
    if promises.keeps_gradients and not unchanged(before["gradients"], after["gradients"]):
        return "it changed the gradients (.grad) that the model's parameters hold"
    if promises.keeps_mode and before["modes"] != after["modes"]:
        return "it left the model, or a layer of it, in another mode (train or eval) than before"
    return None


def _state(value: Any) -> Any:
    return module_state(value) if isinstance(value, nn.Module) else value


def _is_state(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == module_state(nn.Identity()).keys()


def _gradients_wanted(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.requires_grad


def _trainable(state: Mapping) -> list[str]:
    """The names of the parameters that require gradients."""
    return [name for name, each in state["parameters"].items() if _gradients_wanted(each)]
