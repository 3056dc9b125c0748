"""Call the student's functions from a test cell, one by one or many at once.

A test cell runs in two places: in the grader, where the student's functions are proxies
into the sandboxed kernel, and under stock nbgrader, where they are ordinary functions.
What is written with these functions means the same in both.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn

from autograder.boundary.current import current_student
from autograder.boundary.proxies import Proxy
from autograder.boundary.reply import MODES, Reply
from autograder.boundary.traces import module_state, shares_memory

__all__ = ["Call", "call", "call_many", "fetch", "in_kernel", "look_at", "send"]


@dataclass(frozen=True, kw_only=True)
class Call(Reply):
    """One call of a student's function: what went in, what came out.

    What it left changed in the libraries (`modes_left`) is said in words, and is empty in a plain notebook.

    Attributes:
        arguments: The grader's own arguments, untouched by the student.
    """

    arguments: tuple


def call_many(function: Callable, argument_lists: Iterable[Sequence]) -> list[Call]:
    """Call a student's function once for each tuple of arguments, in a single round trip.

    Args:
        function: A name of the student's that the test cell uses.
        argument_lists: One sequence of positional arguments for each call. Each call gets
            copies of its own, so a function that changes its arguments changes nothing here.

    Returns:
        One `Call` for each sequence, in order. A call that raises does not stop the others.
    """
    tuples = [tuple(arguments) for arguments in argument_lists]
    if isinstance(function, Proxy):
        return [
            Call(
                **vars(replace(reply, modes_left=tuple(MODES[name] for name in reply.modes_left))),
                arguments=arguments,
            )
            for arguments, reply in zip(tuples, function._proxy_call_many(tuples), strict=True)
        ]
    calls = []
    for arguments in tuples:
        copies = copy.deepcopy(arguments)
        try:
            value = function(*copies)
            shared = shares_memory(value, copies)
            calls.append(Call(value=value, arguments_after=copies, shares_memory=shared, arguments=arguments))
        except Exception as error:
            calls.append(Call(error=error, arguments_after=copies, arguments=arguments))
    return calls


def call(function: Callable, *arguments: Any) -> Call:
    """Call a student's function once, and keep its arguments as they are afterwards.

    Use it where a test is about what a function does to its arguments; where only the
    value matters, `function(x)` in the test cell is shorter and means the same.
    """
    return call_many(function, [arguments])[0]


def send(value: Any) -> Any:
    """Put a library object into the student's kernel and return a handle to it.

    Use it for an object that must keep its identity between calls: a model whose
    parameters one call changes and the next one reads.

    Raises:
        BoundaryError: The object belongs to the grader (a reference solution, a class of
            the grader's own).
    """
    student = current_student()
    return copy.deepcopy(value) if student is None else student.send(value)


def look_at(value: Any) -> Any:
    """What an object in the student's kernel is like: a model's state, plain data, None for anything else.

    Args:
        value: A handle, or in a plain notebook the object itself.
    """
    student = current_student()
    if student is None:
        return module_state(value) if isinstance(value, nn.Module) else value
    # What is called runs none of the student's code, and its value says nothing of where the object lies in memory.
    [reply] = student.call_many(operator.is_, [(value, None)])
    return reply.arguments_after[0] if reply.arguments_after else None


def in_kernel(function: Callable, *arguments: Any, **keywords: Any) -> Any:
    """Call a library function (never one of the grader's) in the student's kernel.

    Arguments may be handles: `in_kernel(torch.optim.SGD, model.parameters(), lr=0.1)`
    makes an optimizer there for a model that lives there.
    """
    student = current_student()
    if student is None:
        return function(*arguments, **keywords)
    return student.call(function, arguments, keywords)


def fetch(value: Any) -> Any:
    """Plain data from a handle, where the object is one of the types that cross; else the handle."""
    return value._proxy_fetch() if isinstance(value, Proxy) else value
