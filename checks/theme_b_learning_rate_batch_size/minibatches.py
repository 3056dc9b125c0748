"""Checks for mini-batches: how an epoch is divided, how their size grows, how many updates are made."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from hypothesis import strategies as st

from autograder.checking.calls import Call, call_many
from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import describe, form
from autograder.errors import CheckFailed

__all__ = ["check_batches", "check_batches_are_random", "check_losses_of_updates", "check_size_schedule"]

SIGMAS = 5.0
"""A correct random answer is further than this from its expectation about once in a million."""


def check_batches(batches: Callable) -> None:
    """`batches(n, batch_size, epochs, seed)`: every epoch is a partition of the n samples into ⌈n/B⌉ batches.

    All batches are full but the last one; the order is decided by the seed and is another one in each
    epoch.

    Args:
        batches: The student's function; returns a list (epochs) of lists of int64 index tensors.

    Raises:
        CheckFailed: With the first case that is wrong.
    """
    seed = grading_seed() % 1000
    cases = [
        (10, 4, 2),
        (6, 3, 2),
        (7, 7, 1),
        (3, 10, 2),
        (5, 1, 2),
        (1, 1, 1),
        (12, 5, 0),
        (9, 4, 2),
        (1000, 64, 1),
        (300, 130, 1),
        (40_000, 20_000, 1),
        (9, 20, 3),
        (64, 10, 3),
    ]
    seeds = (seed, seed + 1, seed + 10, seed + 1000)
    calls = call_many(
        batches,
        [(*case, seed) for case in cases]
        + [(64, 10, 3, each) for each in seeds]
        + [(9, 20, 3, seed), (9, 20, 3, 0), (9, 20, 3, 0)],
    )
    divided = [_epochs(call) for call in calls]
    whole, (first, second, third), again, *others, whole_again, zero, zero_again = divided[len(cases) - 2 :]
    if all(epoch[0].tolist() == list(range(9)) for epoch in whole):
        raise CheckFailed(
            "for batches(n=9, batch_size=20, epochs=3): the only batch of each epoch has the samples in their order; "
            "shuffle it too"
        )
    if any(
        [epoch[0].tolist() for epoch in one] != [epoch[0].tolist() for epoch in other]
        for one, other in ((whole, whole_again), (zero, zero_again))
    ):
        raise CheckFailed(
            "for batches(n=9, batch_size=20, epochs=3): two calls with the same seed gave different batches: is the seed used?"
        )
    where = "for batches(n=64, batch_size=10, epochs=3)"
    order = [torch.cat(epoch).tolist() for epoch in (first, second, third)]
    if order[0] == list(range(64)):
        raise CheckFailed(f"{where}: the first epoch goes through the samples in their order; shuffle it too")
    if order[0] == order[1] or order[0] == order[2] or order[1] == order[2]:
        raise CheckFailed(
            f"{where}: two epochs have the same order: shuffle again at the start of each epoch"
        )
    if {frozenset(batch.tolist()) for batch in first} == {frozenset(batch.tolist()) for batch in second}:
        raise CheckFailed(
            f"{where}: the same samples are together in every epoch: shuffle samples, not batches"
        )
    if [torch.cat(epoch).tolist() for epoch in again] != order:
        raise CheckFailed(f"{where}: two calls with the same seed gave different batches: is the seed used?")
    orders = [[torch.cat(epoch).tolist() for epoch in other] for other in others]
    if order in orders:
        raise CheckFailed(f"{where}: two different seeds gave the same batches: is the seed used?")
    if any(epoch in order for other in orders for epoch in other):
        raise CheckFailed(
            f"{where}: an epoch of one seed has the order of another epoch of another seed: draw all orders from one "
            "generator, seeded once"
        )


def check_batches_are_random(batches: Callable, n: int = 6, size: int = 2, epochs: int = 1200) -> None:
    """Over many epochs any two samples are in one batch equally often, and each is in each batch equally often.

    Args:
        batches: As for `check_batches`.
        n: Number of samples, a multiple of size.
        size: Batch size.
        epochs: How many epochs to look at.

    Raises:
        CheckFailed: Two samples are together, or one is in a batch, too often or too seldom.
    """
    [call] = call_many(batches, [(n, size, epochs, grading_seed() % 1000)])
    together = dict.fromkeys(itertools.combinations(range(n), 2), 0)
    places = dict.fromkeys(itertools.product(range(n), range(n // size)), 0)
    for epoch in _epochs(call):
        for place, batch in enumerate(epoch):
            for sample in batch.tolist():
                places[sample, place] += 1
            for pair in itertools.combinations(sorted(batch.tolist()), 2):
                together[pair] += 1
    expected = (size - 1) / (n - 1)
    allowed = SIGMAS * math.sqrt(expected * (1 - expected) / epochs)
    for pair, count in together.items():
        if not abs(count / epochs - expected) <= allowed:
            raise CheckFailed(
                f"with n={n}, batch_size={size} the samples {pair[0]} and {pair[1]} are in one batch in "
                f"{count} of {epochs} epochs; in a random order any two meet in {expected:.0%} of them: "
                "is the whole order drawn anew?"
            )
    share = size / n
    allowed = SIGMAS * math.sqrt(share * (1 - share) / epochs)
    for (sample, place), count in places.items():
        if not abs(count / epochs - share) <= allowed:
            raise CheckFailed(
                f"with n={n}, batch_size={size} sample {sample} is in batch {place} in {count} of {epochs} epochs; in a "
                f"random order it is there in {share:.0%} of them: is every order equally likely?"
            )


def check_size_schedule(schedule: Callable) -> None:
    """The batch size of each epoch: doubled every so many epochs, never beyond the maximum.

    Args:
        schedule: The student's function, called as schedule(epochs, initial, double_every, maximum).

    Raises:
        CheckFailed: With the smallest failing input.
    """

    def judge(epochs, initial, double_every, maximum, value) -> str | None:
        if type(value) not in (list, tuple) or any(type(size) is not int for size in value):
            return f"it must be a list of ints, one for each epoch, got {describe(value)}"
        if len(value) != epochs:
            return f"there must be one batch size for each of the {epochs} epochs, got {len(value)}"
        right = []
        for epoch in range(epochs):
            doubled = epoch > 0 and epoch % double_every == 0
            right.append(min(2 * right[-1], maximum) if doubled else (right[-1] if right else initial))
        if list(value) == right:
            return None
        if max(value) > maximum:
            return f"{max(value)} is larger than the maximum {maximum}"
        if value[0] != initial:
            return f"the first epoch has the initial batch size, got {value[0]}"
        first = next(i for i, (got, size) in enumerate(zip(value, right, strict=True)) if got != size)
        return (
            f"the batch size of epoch {first} (the first is epoch 0) is wrong, got {value[first]}: "
            f"it doubles after every {double_every} epochs; where that would exceed the maximum, the maximum counts"
        )

    always = [(1, 8, 1, 8), (3, 8, 1, 8), (4, 16, 2, 64), (7, 32, 2, 100), (0, 4, 1, 8), (90, 1, 1, 1000)]
    arguments = st.tuples(st.integers(0, 12), st.integers(1, 64), st.integers(1, 5), st.integers(0, 300)).map(
        lambda drawn: (*drawn[:3], drawn[1] + drawn[3])
    )
    search(schedule, arguments, judge, names=("epochs", "initial", "double_every", "maximum"), always=always)


def check_losses_of_updates(result: Mapping[str, Any], updates: int) -> None:
    """The history of a run has one loss for each update, and exactly as many as asked for.

    Args:
        result: What `check_run` returned.
        updates: How many updates the configuration asks for.

    Raises:
        CheckFailed: With the numbers.
    """
    losses = result["history"]
    if len(losses) != updates:
        raise CheckFailed(
            f"config['steps'] is {updates}, but 'history' has {len(losses)} losses: one for each update, "
            "also where the last epoch is then not complete"
        )


def _epochs(call: Call) -> list[list[torch.Tensor]]:
    """What `batches` returned, where every epoch of it is a partition in the right sizes."""
    n, size, epochs, _ = call.arguments
    where = f"for batches(n={n}, batch_size={size}, epochs={epochs})"
    value = call.result()
    if type(value) not in (list, tuple) or len(value) != epochs:
        raise CheckFailed(f"{where}: expected a list with {epochs} epochs, got {form(value)}")
    steps = math.ceil(n / size)
    for epoch in value:
        if type(epoch) not in (list, tuple) or not all(isinstance(batch, torch.Tensor) for batch in epoch):
            raise CheckFailed(f"{where}: an epoch must be a list of tensors, got {form(epoch)}")
        for batch in epoch:
            if batch.dtype != torch.int64 or batch.dim() != 1:
                raise CheckFailed(f"{where}: a batch must be a 1-dimensional int64 tensor, got {form(batch)}")
        lengths = [len(batch) for batch in epoch]
        if len(epoch) != steps:
            raise CheckFailed(
                f"{where}: an epoch has ⌈n/B⌉ = {steps} batches, got {len(epoch)}, of sizes {lengths[:20]}"
            )
        if lengths != [size] * (steps - 1) + [n - size * (steps - 1)]:
            raise CheckFailed(
                f"{where}: all batches but the last have {size} indices, got sizes {lengths[:20]}"
            )
        if torch.cat(list(epoch)).sort().values.tolist() != list(range(n)):
            raise CheckFailed(f"{where}: an epoch must contain each index from 0 to n - 1 exactly once")
    return [list(epoch) for epoch in value]
