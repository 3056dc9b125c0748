"""What theme A's check of a path names is the cause, not the input at which it was met."""

from __future__ import annotations

import pytest
import torch

from autograder.errors import CheckFailed
from checks.theme_a_momentum import check_surface_path

SLOPE = torch.tensor([2.0, -0.2], dtype=torch.float64)


def path(momentum, rate, steps, start, slope=SLOPE, kept=lambda point: point):
    point = torch.tensor(start, dtype=torch.float64)
    velocity = torch.zeros(2, dtype=torch.float64)
    points = [point]
    for _ in range(steps):
        velocity = momentum * velocity + slope * point
        point = kept(point - rate * velocity)
        points.append(point)
    return torch.stack(points)


def never_zero(momentum, rate, steps, start):
    return path(momentum, rate or 0.1, steps, start)


def at_most_200_steps(momentum, rate, steps, start):
    few = path(momentum, rate, min(steps, 200), start)
    return torch.cat([few, few[-1:].expand(max(steps - 200, 0), 2)])


def rounded(momentum, rate, steps, start):
    return path(momentum, rate, steps, start, kept=lambda point: (point * 1e6).round() / 1e6)


def start_in_float32(momentum, rate, steps, start):
    return path(momentum, rate, steps, torch.tensor(start).tolist())


def another_gradient(momentum, rate, steps, start):
    return path(momentum, rate, steps, start, slope=torch.tensor([1.0, -0.2], dtype=torch.float64))


def no_momentum(momentum, rate, steps, start):
    return path(0.0, rate, steps, start)


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (never_zero, "with a learning rate of 0 no point moves"),
        (at_most_200_steps, "the path was right for other numbers"),
        (rounded, "is anything rounded"),
        (start_in_float32, "float32 rounds it"),
        (another_gradient, "check the gradient"),
        (no_momentum, "is the velocity carried on with momentum 0.5?"),
    ],
)
def test_the_cause_is_named(answer, cause):
    with pytest.raises(CheckFailed, match=cause.replace("?", r"\?")):
        check_surface_path(answer)


def test_the_right_path_passes():
    check_surface_path(path)
