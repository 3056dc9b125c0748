"""Checks for early stopping: when it stops, which epoch was best, which weights come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from hypothesis import strategies as st
from torch import nn

from autograder.checking.calls import in_kernel, send
from autograder.checking.promises import ONLY_LOOKS, Promises, keeping
from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import describe
from autograder.errors import CheckFailed
from checks.shared.models import send_with_gradients, state_of

__all__ = ["check_early_stopping", "check_restores"]


def check_early_stopping(replay: Callable) -> None:
    """Early stopping on synthetic curves: when it stops, which epoch was best, which weights come back.

    Args:
        replay: `replay(losses, patience)` feeds the curve to a new EarlyStopping, with a model
            whose only weight is the number of the epoch; returns (stopped_at, best_epoch, weight).
    """

    def judge(losses: list[float], patience: int, value: Any) -> str | None:
        if type(value) is not tuple or len(value) != 3:
            return f"expected (stopped_at, best_epoch, weight), got {describe(value)}"
        stopped_at, best_epoch, weight = value
        if type(best_epoch) is not int or type(weight) is not float:
            return f"best_epoch must be an int, got {describe(best_epoch)} (and {describe(weight)} as weight)"
        lowest, since, stop = float("inf"), 0, None
        waits = []
        for epoch, loss in enumerate(losses):
            since = 0 if loss < lowest else since + 1
            lowest = min(lowest, loss)
            waits.append(since)
            if since == patience:
                stop = epoch
                break
        if stopped_at != stop or type(stopped_at) is not type(stop):
            if type(stopped_at) is int and 0 <= stopped_at < len(waits):
                count = waits[stopped_at]
                return f"it stopped at epoch {stopped_at}, after {count} epoch(s) without a new minimum"
            if stop is not None:
                return f"it did not stop, though {patience} epoch(s) in a row brought no new minimum"
            return (
                f"stopped_at is {describe(stopped_at)}, though there never were {patience} epochs without one"
            )
        best = losses.index(lowest)
        if best_epoch != best:
            return (
                f"best_epoch is {best_epoch}: the first epoch with the lowest loss is wanted (counted from 0)"
            )
        if weight != best:
            return f"restore gave back the weights of epoch {weight:g}, with best_epoch = {best_epoch}"
        return None

    losses = st.lists(st.integers(-2, 8).map(lambda tenth: tenth / 10), min_size=1, max_size=9)
    search(
        replay,
        st.tuples(losses, st.integers(1, 4)),
        judge,
        names=("losses", "patience"),
        always=[
            ([0.5], 1),
            ([0.5, 0.4], 1),
            ([0.4, 0.5], 1),
            ([0.4, 0.4], 1),
            ([0.5, 0.6, 0.7, 0.1], 2),
            ([0.5, 0.6, 0.4, 0.5, 0.6], 2),
            ([0.9, 0.6, 0.7, 0.65, 0.8, 0.5], 3),
            ([0.9, 0.8, 0.85, 0.7, 0.75, 0.6, 0.65, 0.66], 2),
            ([250.0, 200.0, 230.0], 2),
            ([1e12, 2e12, 3e12], 2),
            ([0.5, 0.5 - 1e-10, 0.6], 1),
            ([0.0, 0.5, 0.6], 2),
            ([0.3, -0.2, -0.1, 0.2], 2),
            ([0.12349, 0.12341, 0.12344, 0.12342], 2),
            ([0.2, *[0.3] * 12], 12),
            ([0.4, 0.5, *[0.9] * 28, 0.3, *[0.35] * 31, 0.1], 30),
        ],
        examples=40,
    )


def check_restores(stopping: Callable) -> None:
    """`update(loss, model)` keeps a copy of all weights; `restore(model)` puts them back, in place.

    Args:
        stopping: The student's class, called with patience.
    """
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    shapes = state_of(model)
    student = send_with_gradients(model)
    # What an optimizer holds of a model: the parameters themselves.
    held = in_kernel(nn.ParameterList, student.parameters())
    stopper, other = stopping(3), stopping(2)
    first = stopper.best_loss
    if type(first) is not float or first != float("inf"):
        raise CheckFailed(
            f"before the first epoch best_loss must be infinity, a float; got {describe(first)}"
        )
    generator = torch.Generator().manual_seed(grading_seed())
    losses, states, stops = [0.7, 0.31416, 0.6, 0.4, 0.5], [], []
    for epoch, loss in enumerate(losses):
        states.append({name: torch.randn(value.shape, generator=generator) for name, value in shapes.items()})
        student.load_state_dict(states[-1])  # in place, as optimizer.step() does
        stop = keeping(stopper.update, loss, student, promises=ONLY_LOOKS)
        other.update(-float(epoch), student)
        if type(stop) is not bool:
            raise CheckFailed(f"update must return True or False, got {describe(stop)} at epoch {epoch}")
        stops.append(stop)
    if stops != [False, False, False, False, True]:
        raise CheckFailed(
            "of two EarlyStopping that are used in turn, one does not stop as it does on its own: what it counts and keeps "
            "belongs to the object (self), not to the class"
        )
    for _ in range(2):  # what was kept is still there when the model has gone on
        student.load_state_dict(states[-1])
        keeping(stopper.restore, student, promises=Promises(changes=frozenset([0])))
    got = state_of(student)
    if got.keys() != shapes.keys() or not all(torch.equal(got[name], states[1][name]) for name in got):
        last = got.keys() == shapes.keys() and all(torch.equal(got[name], states[-1][name]) for name in got)
        reason = ": the last weights are still there; was a copy kept, or the tensors that go on changing?"
        raise CheckFailed(
            f"after restore the model has not all the weights of its best epoch{reason if last else ''}"
        )
    if not all(map(torch.equal, state_of(held).values(), got.values())):
        raise CheckFailed(
            "restore put other tensors in the place of the model's parameters, where an optimizer no longer finds them: "
            "load the weights into the model as it is"
        )
    twin = send(model)
    stopper.restore(twin)
    if not all(map(torch.equal, state_of(twin).values(), states[1].values())):
        raise CheckFailed(
            "restore(model) must give the weights to the model that it is called with, also if it is not the one of update"
        )
    best_loss = stopper.best_loss
    if type(best_loss) is not float or best_loss != min(losses):
        raise CheckFailed(f"best_loss must be the lowest loss so far, a float; got {describe(best_loss)}")
