"""Checks for gradient descent and momentum, on tensors and on the surface f(x, y) = x² − 0.1y²."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from hypothesis import strategies as st

from autograder.checking.calls import call_many
from autograder.checking.inputs import tensors
from autograder.checking.promises import Promises
from autograder.checking.search import search
from autograder.checking.values import close, tensor_problem, unchanged
from autograder.errors import CheckFailed

__all__ = [
    "check_constant_gradient",
    "check_matches_torch",
    "check_momentum_step",
    "check_sgd_step",
    "check_surface_path",
]

_close = functools.partial(close, rtol=1e-4, atol=1e-5)
_exactly = functools.partial(close, rtol=1e-14, atol=0.0)

# Curvatures of f(x, y) = x² − 0.1y²: the gradient is (2x, −0.2y).
CURVATURE = (2.0, -0.2)

NEW = Promises(new=True)

_shapes = st.lists(st.sampled_from([(1,), (3,), (2, 3), (3, 2), ()]), min_size=1, max_size=3)
_rates = st.sampled_from([0.0, 0.01, 0.1, 0.5, 2.0])


def check_sgd_step(sgd_step: Callable) -> None:
    """One step of gradient descent: w − ηg for each parameter, in new tensors.

    Args:
        sgd_step: The student's function, called as sgd_step(parameters, gradients, learning_rate).

    Raises:
        CheckFailed: With the smallest failing input.
    """

    def judge(parameters, gradients, rate, value) -> str | None:
        if problem := _not_like("the result", value, parameters):
            return problem
        for i, (w, g, new) in enumerate(zip(parameters, gradients, value, strict=True)):
            if not _near(new, w - rate * g):
                return f"parameter {i} is not w - learning_rate * gradient"
        return None

    one = [torch.tensor([1.0, -2.0])], [torch.tensor([2.0, 4.0])], 0.1
    # A scalar, and a gradient in which only some elements are 0.
    pair = (
        [torch.arange(6.0).reshape(2, 3), torch.tensor(3.0), torch.tensor([1.0, 2.0])],
        [torch.ones(2, 3), torch.tensor(-0.5), torch.tensor([0.0, 3.0])],
        0.25,
    )
    # Two parameters that are equal but in their gradients.
    twins = (
        [torch.tensor([1.0, 2.0]) for _ in range(2)] + [torch.arange(20.0).reshape(4, 5)],
        [torch.tensor([1.0, 0.5]), torch.tensor([-1.0, 2.0]), torch.linspace(-1, 2, 20).reshape(4, 5)],
        0.5,
    )
    names = ("parameters", "gradients", "learning_rate")
    always = [one, pair, twins, _extreme(2), ([torch.tensor([1.0, 2.0])], [torch.zeros(2)], 0.5)]
    always.append((*_layers(2), 0.5))
    search(sgd_step, _steps(2), judge, names=names, always=always, promises=NEW)


def check_momentum_step(momentum_step: Callable) -> None:
    """One step with momentum in PyTorch's form: v ← μv + g, then w ← w − ηv, one velocity for each parameter.

    Args:
        momentum_step: The student's function, called as momentum_step(parameters, gradients,
            velocities, learning_rate, momentum); returns (parameters, velocities).

    Raises:
        CheckFailed: With the smallest failing input.
    """

    def judge(parameters, gradients, velocities, rate, momentum, value) -> str | None:
        if type(value) not in (tuple, list) or len(value) != 2:
            return "it must return two things: the list of new parameters and the list of new velocities"
        for name, part in zip(("the new parameters", "the new velocities"), value, strict=True):
            if problem := _not_like(name, part, parameters):
                return problem
        rows = zip(parameters, gradients, velocities, *value, strict=True)
        for i, (w, g, v, new_w, new_v) in enumerate(rows):
            right = momentum * v + g
            if not _near(new_v, right):
                return f"velocity {i} is not momentum * velocity + gradient, each its own"
            if not _near(new_w, w - rate * right):
                return f"velocity {i} is right, but parameter {i} is not w - learning_rate * (new velocity)"
        return None

    one = [torch.tensor([1.0])], [torch.tensor([2.0])], [torch.tensor([3.0])], 0.1, 0.5
    pair = (
        [torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])],
        [torch.tensor([1.0, -1.0]), torch.tensor([4.0, 2.0])],
        [torch.tensor([0.5, 0.25]), torch.tensor([-2.0, 1.0])],
        0.25,
        0.9,
    )
    plain = pair[:4] + (0.0,)
    extreme = (*_extreme(3), 0.5)
    arguments = st.tuples(_steps(3), st.sampled_from([0.0, 0.5, 0.9, 0.99])).map(lambda t: (*t[0], t[1]))
    # What has velocity moves on without a gradient.
    rolling = (
        [torch.tensor([1.0, 2.0]), torch.tensor([3.0])],
        [torch.tensor([0.0, 1.0]), torch.tensor([0.0])],
        [torch.tensor([4.0, 2.0]), torch.tensor([-4.0])],
        0.1,
        0.5,
    )
    names = ("parameters", "gradients", "velocities", "learning_rate", "momentum")
    always = [one, pair, plain, rolling, extreme, (*_layers(3), 0.25, 0.05)]
    search(momentum_step, arguments, judge, names=names, always=always, promises=NEW)


def check_constant_gradient(momentum_step: Callable, steps: int = 12) -> None:
    """With a constant gradient g the velocity after t steps is g(1 − μ^t)/(1 − μ).

    Args:
        momentum_step: As for `check_momentum_step`.
        steps: How many steps to follow.

    Raises:
        CheckFailed: With the first step that is off.
    """
    gradient, momentum, rate = torch.tensor([1.5, -0.75], dtype=torch.float64), 0.8, 0.05
    weights = [torch.tensor([2.0, 1.0], dtype=torch.float64)]
    velocities = [torch.zeros(2, dtype=torch.float64)]
    for t in range(1, steps + 1):
        weights, velocities = _advance(momentum_step, weights, [gradient], velocities, rate, momentum)
        expected = gradient * (1 - momentum**t) / (1 - momentum)
        if not _close(velocities[0], expected):
            raise CheckFailed(
                f"with a constant gradient g and momentum {momentum}, the velocity after {t} steps is "
                f"{(velocities[0] / gradient)[0]:.4g} g, and this is not g(1 - μ^t)/(1 - μ)"
            )


def check_matches_torch(
    momentum_step: Callable, rates: Sequence[float] = (0.1, 0.1, 0.02, 0.3, 0.05)
) -> None:
    """The same path as torch.optim.SGD(momentum=…), under a learning rate that changes.

    Args:
        momentum_step: As for `check_momentum_step`.
        rates: The learning rate of each step.

    Raises:
        CheckFailed: With the first step after which the parameters differ.
    """
    generator = torch.Generator().manual_seed(11)
    shapes, momentum = ((4, 3), (4,), (4,)), 0.9
    weights = [torch.randn(shape, generator=generator) for shape in shapes]
    velocities = [torch.zeros_like(w) for w in weights]
    twins = [w.clone().requires_grad_() for w in weights]
    optimizer = torch.optim.SGD(twins, lr=rates[0], momentum=momentum)
    for t, rate in enumerate(rates, start=1):
        gradients = [torch.randn(shape, generator=generator) for shape in shapes]
        for twin, gradient in zip(twins, gradients, strict=True):
            twin.grad = gradient.clone()
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        weights, velocities = _advance(momentum_step, weights, gradients, velocities, rate, momentum)
        for i, (w, twin) in enumerate(zip(weights, twins, strict=True)):
            if not _close(w, twin.detach()):
                difference = float((w - twin.detach()).abs().max())
                raise CheckFailed(
                    f"after step {t} (learning rate {rate}, before it {rates[max(t - 2, 0)]}) parameter {i} "
                    f"differs from torch.optim.SGD(momentum={momentum}) by up to {difference:.3g}"
                )


def check_surface_path(run_surface: Callable) -> None:
    """The path of gradient descent with momentum on f(x, y) = x² − 0.1y², from its closed form.

    The iteration is linear in each coordinate, so every point is a power of a 2 x 2 matrix.
    Learning rates just below and above the limit of stability 0 < ηλ < 2(1 + μ) are among the inputs.

    Args:
        run_surface: The student's function, called as run_surface(momentum, learning_rate, steps, start).

    Raises:
        CheckFailed: With the first input and the first step that is off.
    """
    cases = [
        (0.0, 0.1, 1, (9.0, 1.0)),
        (0.0, 0.1, 0, (9.0, 1.0)),
        (0.5, 0.1, 3, (9.0, 1.0)),
        (0.9, 0.1, 30, (9.0, 1.0)),
        (0.9, 0.05, 20, (-3.0, 2.5)),
        (0.0, 0.99, 60, (9.0, 1.0)),
        (0.0, 1.01, 60, (9.0, 1.0)),
        (0.5, 1.49, 60, (4.0, -1.0)),
        (0.5, 1.51, 60, (4.0, -1.0)),
        (0.5, 0.1, 3, (-2.0, 0.5)),
        (0.9, 0.05, 20, (3e-9, -2e-9)),
        (0.8, 0.02, 700, (0.75, 1e-8)),
        (0.99, 0.02, 40, (0.1, -0.3)),
        (0.5, 0.0, 2, (9.0, 1.0)),
        (0.9, 2.75, 6, (0.5, -2.0)),
        (0.5, 0.1, 30, (9.0, 0.0)),
        (0.5, 0.1, 30, (0.0, 1.0)),
    ]
    for result in call_many(run_surface, cases):
        momentum, rate, steps, start = result.arguments
        inputs = f"for run_surface(momentum={momentum}, learning_rate={rate}, steps={steps}, start={start})"
        if result.error is not None:
            raise CheckFailed(f"{inputs}: it raised {type(result.error).__name__}: {result.error}")
        path = result.value
        if not isinstance(path, torch.Tensor) or tuple(path.shape) != (steps + 1, 2):
            got = tuple(path.shape) if isinstance(path, torch.Tensor) else type(path).__name__
            raise CheckFailed(
                f"{inputs}: the path must be a tensor of shape ({steps + 1}, 2), start included; got {got}"
            )
        if problem := tensor_problem(path, "the path", torch.float64):
            raise CheckFailed(f"{inputs}: {problem}")
        right = _closed_form(momentum, rate, steps, start)
        for t in range(steps + 1):
            for axis, name in enumerate("xy"):
                got, expected = path[t, axis].item(), right[t, axis]
                if not abs(got - expected) <= 1e-9 * np.abs(right[: t + 1, axis]).max():
                    raise CheckFailed(
                        f"{inputs}: {name} is wrong after {t} steps, and right before: got {got:.12g}, expected {expected:.12g}"
                    )


def _layers(lists: int) -> list[list[torch.Tensor]]:
    """Lists of tensors as a network has them: the kernels of a convolution, matrices, biases, no two alike."""
    shapes = ((2, 1, 3, 2), (3, 3), (3,), (4, 3), (4,), (1, 4), (1,))
    return [
        [(torch.arange(math.prod(shape)) * 7 % 11 - 3.0 - place).reshape(shape) for shape in shapes]
        for place in range(lists)
    ]


def _extreme(lists: int) -> tuple:
    """As `_steps`: float64 numbers that no float32 holds, and gradients of thousands."""
    fine = torch.tensor([1 + 2.0**-40, -(2.0**-33)], dtype=torch.float64)
    large = torch.tensor([[3000.0], [-7000.0]])
    return (*([fine * (i + 1), large * (lists - i)] for i in range(lists)), 0.25)


def _steps(lists: int) -> st.SearchStrategy[tuple]:
    """`lists` lists of tensors of the same shapes (parameters, gradients, …), then a learning rate."""
    same = _shapes.flatmap(
        lambda shapes: st.tuples(
            *(st.tuples(*(tensors(shape) for shape in shapes)).map(list) for _ in range(lists))
        )
    )
    return st.tuples(same, _rates).map(lambda drawn: (*drawn[0], drawn[1]))


def _not_like(name: str, value: Any, parameters: Sequence[torch.Tensor]) -> str | None:
    """What is wrong with the form of a list that must hold one tensor like each parameter."""
    if type(value) not in (list, tuple):
        return f"{name} must be a list of tensors, got {type(value).__name__}"
    if len(value) != len(parameters):
        return f"{name} must have one tensor for each of the {len(parameters)} parameters, got {len(value)}"
    for i, (new, old) in enumerate(zip(value, parameters, strict=True)):
        if not isinstance(new, torch.Tensor):
            return f"item {i} of {name} must be a tensor, got {type(new).__name__}"
        if new.shape != old.shape or new.dtype != old.dtype:
            return (
                f"item {i} of {name} must have shape {tuple(old.shape)} and dtype {old.dtype}, "
                f"got {tuple(new.shape)} and {new.dtype}"
            )
    return None


def _near(got: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether two tensors agree as far as numbers of their dtype do; those of float64 here are exact sums."""
    return (_exactly if right.dtype == torch.float64 else _close)(got, right)


def _advance(momentum_step, weights, gradients, velocities, rate, momentum):
    """One step of the student's, in the grader's tensors; CheckFailed where its form is wrong."""
    [result] = call_many(momentum_step, [(weights, gradients, velocities, rate, momentum)])
    value = result.result()
    if not unchanged(result.arguments, result.arguments_after):
        raise CheckFailed("momentum_step changed its arguments; make new tensors")
    if type(value) not in (tuple, list) or len(value) != 2:
        raise CheckFailed("momentum_step must return (new parameters, new velocities)")
    for name, part in zip(("the new parameters", "the new velocities"), value, strict=True):
        if problem := _not_like(name, part, weights):
            raise CheckFailed(problem)
    return list(value[0]), list(value[1])


def _closed_form(momentum: float, rate: float, steps: int, start: tuple[float, float]) -> np.ndarray:
    """Positions (steps + 1, 2): (w, v) ← M(w, v) with v ← μv + λw and w ← w − ηv."""
    path = np.empty((steps + 1, 2))
    for axis, curvature in enumerate(CURVATURE):
        step = np.array([[1 - rate * curvature, -rate * momentum], [curvature, momentum]])
        for t in range(steps + 1):
            path[t, axis] = np.linalg.matrix_power(step, t)[0] @ (start[axis], 0.0)
    return path
