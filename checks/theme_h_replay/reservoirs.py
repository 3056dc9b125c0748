"""Checks for a memory that is a fair sample of everything: which samples many of them hold.

A memory lives in the student's kernel. Whatever needs many memories or many samples is a chain of
lazy `map`s there over library functions, so it costs a few round trips.
"""

from __future__ import annotations

import itertools
import math
import operator
from collections import Counter, deque
from collections.abc import Callable

import torch

from autograder.checking.calls import in_kernel
from autograder.checking.seeds import grading_seed
from autograder.errors import CheckFailed
from checks.theme_h_replay.streams import LARGEST_Z, deviations, feed, identities, stream

__all__ = ["check_reservoir"]

STREAMS = 2000
"""How many memories with seeds of their own see the same short stream."""


def check_reservoir(memory_class: Callable) -> None:
    """`memory_class(capacity, seed)` holds each of T samples with probability C/T, and each subset alike.

    Tiny streams (C = 1, T = 3; C = 2 and 3, T = 4; C = 2, T = 5) for 2000 seeds each; every count must lie
    within 5 standard deviations.
    """
    for capacity, batches in ((3, (2,)), (3, (3,)), (0, (3,))):
        images, labels = stream(sum(batches))
        memory = memory_class(capacity, 0)
        feed(memory, images, labels, batches)
        size = min(sum(batches), capacity)
        if not len(memory) == size:
            raise CheckFailed(
                f"{sum(batches)} samples, capacity {capacity}: len(memory) must be {size}, got {len(memory)}"
            )
        if size:
            kept = identities(memory.contents(), images, labels, f"{size} samples, capacity {capacity}")
            if sorted(kept) != list(range(size)):
                raise CheckFailed(
                    f"{size} samples, capacity {capacity}: all fit, but it holds the numbers {sorted(kept)}"
                )
    first = grading_seed() % 10**6
    for capacity, batches, alike in (
        (1, (1, 2), False),
        (2, (4,), True),
        (3, (1, 1, 1, 1), False),
        (1, (1, 1, 1, 1), False),
        (2, (3, 2), True),
    ):
        total = sum(batches)
        images, labels = stream(total)
        if alike:  # all labels but the last
            labels = (torch.arange(total) == total - 1).long()
        seeds = range(first, first + STREAMS)
        kept = _many_kept(memory_class, capacity, seeds, images, labels, batches)
        where = f"capacity {capacity}, {total} samples in batches of {list(batches)}, {STREAMS} memories"
        singles = Counter(itertools.chain.from_iterable(kept))
        for index in range(total):
            z = deviations(singles[index], STREAMS, capacity / total)
            if not abs(z) <= LARGEST_Z:
                raise CheckFailed(
                    f"{where}: sample number {index} (0 came first) is in {singles[index]} of them, expected about "
                    f"C/T = {capacity}/{total} of them, {STREAMS * capacity / total:.0f} ({z:+.0f} standard deviations): "
                    "which numbers may the random slot of the t-th sample have, and is t the number of all samples "
                    "so far, this one included?"
                )
        subsets = Counter(tuple(sorted(indices)) for indices in kept)
        p = 1 / math.comb(total, capacity)
        for subset in itertools.combinations(range(total), capacity):
            if not abs(deviations(subsets[subset], STREAMS, p)) <= LARGEST_Z:
                raise CheckFailed(
                    f"{where}: exactly the samples {subset} are in {subsets[subset]} of them, expected about "
                    f"{STREAMS * p:.0f}: every subset is equally likely; is the slot that is replaced a random one?"
                )
    same, labels = torch.full((4, 1, 2, 2), 0.5), torch.tensor([7, 7, 7, 2])
    memory = memory_class(4, 0)
    memory.add(same, labels)
    if not len(memory) == 4:
        raise CheckFailed(
            "equal images and labels are samples like any others: each that finds room is stored"
        )
    for capacity, total, memories in ((400, 4000, 1), (50, 4000, 1), (2, 400, 30)):
        _check_long_stream(memory_class, capacity, total, range(first, first + memories))
    images, labels = stream(40)
    same = _many_kept(memory_class, 8, [first, first, first + 1, 0, 0], images, labels, (25, 15))
    if same[0] != same[1] or same[3] != same[4]:
        raise CheckFailed(
            "two memories made with the same seed, given the same samples, hold different ones: draw with the "
            "memory's own generator"
        )
    if same[0] == same[2]:
        raise CheckFailed("memories made with two different seeds hold the same samples: is the seed used?")


def _check_long_stream(memory_class: Callable, capacity: int, total: int, seeds: range) -> None:
    """Of many samples reservoirs hold as many of the first half as of the second, but for chance; these are of another class."""
    half = total // 2
    images, labels = stream(total)
    labels = torch.where(torch.arange(total) < half, labels % 9, 9)
    kept = _many_kept(memory_class, capacity, seeds, images, labels, (half, half))
    held = capacity * len(seeds)
    early = sum(number < half for numbers in kept for number in numbers)
    # drawn without repetition, so the spread is a little smaller than that of a binomial count
    if not abs(deviations(early, held, 1 / 2)) <= LARGEST_Z:
        raise CheckFailed(
            f"capacity {capacity}, {total} samples, memories made with {len(seeds)} seeds: of the {held} samples held, "
            f"{early} are from the first half; expected about {held // 2}: is t the number of all samples so far?"
        )


def _many_kept(memory_class, capacity, seeds, images, labels, batches) -> list[list[int]]:
    """What each of many memories, one for each seed, holds after the same stream."""
    memories = in_kernel(deque, in_kernel(map, memory_class, [capacity] * len(seeds), list(seeds)))
    parts = zip(images.split(list(batches)), labels.split(list(batches)), strict=True)
    for part in parts:
        in_kernel(deque, in_kernel(map, operator.methodcaller("add", *part), memories), maxlen=0)
    values = in_kernel(list, in_kernel(map, operator.methodcaller("contents"), memories))
    if type(values) is not list or len(values) != len(seeds):
        raise CheckFailed("memory.contents() must give a pair of tensors (images, labels)")
    where = f"capacity {capacity}, {len(images)} samples"
    kept = [sorted(identities(value, images, labels, where)) for value in values]
    for numbers in kept:
        if len(numbers) != capacity or len(set(numbers)) != capacity:
            raise CheckFailed(
                f"{where}: the memory must hold {capacity} different samples, it holds the numbers {numbers}"
            )
    return kept
