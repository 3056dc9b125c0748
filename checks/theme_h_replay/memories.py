"""Checks for a memory of the newest samples: what it holds, that this is its own, and what it draws."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable

import torch

from autograder.checking.calls import call_many, send
from autograder.checking.seeds import grading_seed
from autograder.errors import CheckFailed
from checks.theme_h_replay.streams import LARGEST_Z, deviations, feed, identities, pair, stream

__all__ = ["check_copies", "check_fifo", "check_samples"]


def check_fifo(memory_class: Callable) -> None:
    """`memory_class(capacity, seed)` keeps the newest `capacity` samples, oldest first, whatever the batch sizes."""
    for capacity, batches in (
        (3, (1, 1, 1, 1, 1)),
        (3, (5,)),
        (3, (9,)),
        (4, (2, 3, 2)),
        (5, (2,)),
        (2, (7, 1)),
        (1, (4,)),
        (0, (3,)),
        (150, (128, 1, 64)),
    ):
        images, labels = stream(sum(batches))
        memory = memory_class(capacity, 0)
        feed(memory, images, labels, batches)
        where = f"capacity {capacity}, samples added in batches of {list(batches)}"
        size = min(len(images), capacity)
        if not len(memory) == size:
            raise CheckFailed(
                f"{where}: len(memory) must be min(samples, capacity) = {size}, got {len(memory)}"
            )
        if len(memory.labels) != size:
            raise CheckFailed(
                f"{where}: memory.labels must have a label for each of the {size} stored images, it has {len(memory.labels)}"
            )
        if not all(type(label) is int for label in memory.labels):
            raise CheckFailed(
                f"{where}: memory.labels must hold Python ints (label.item() or labels.tolist())"
            )
        if memory.seen != len(images):
            raise CheckFailed(
                f"{where}: memory.seen counts all samples that were ever added, {len(images)}, it is {memory.seen}"
            )
        if not capacity:
            continue
        kept = identities(memory.contents(), images, labels, where)
        expected = list(range(len(images) - size, len(images)))
        if kept != expected:
            raise CheckFailed(
                f"{where}: the memory must hold the newest {size} samples, it holds those with the numbers {kept} "
                "(0 came first)"
            )
    same, labels = torch.full((4, 1, 2, 2), 0.5), torch.tensor([7, 7, 7, 2])
    memory = memory_class(3, 0)
    memory.add(same, labels)
    if not len(memory) == 3 or not torch.equal(pair(memory.contents(), "memory.contents()")[1], labels[1:]):
        raise CheckFailed("equal images and labels are samples like any others: each that is added is stored")


def check_copies(memory_class: Callable) -> None:
    """What a memory holds is its own: it stays as it was if the caller writes into the tensors that were added."""
    images = torch.rand(9, 1, 3, 2, generator=torch.Generator().manual_seed(grading_seed()))
    images[0], images[1] = 1.0, 0.0
    labels = torch.tensor([4, 1, 4, 4, 0, 7, 7, 1, 9])
    added = {(str(image.tolist()), label) for image, label in zip(images, labels.tolist(), strict=True)}
    # several memories of two samples, for one that replaces by chance; batches of one image, too
    for capacity, seed, size in ((9, 0, 9), (2, 1, 9), (2, 2, 9), (2, 3, 9), (9, 4, 1), (2, 5, 1)):
        memory = memory_class(capacity, seed)
        for batch, batch_labels in zip(images.split(size), labels.split(size), strict=True):
            sent, sent_labels = send(batch), send(batch_labels)
            memory.add(sent, sent_labels)
            sent.zero_()
            sent_labels.fill_(9)
        got, got_labels = pair(memory.contents(), "memory.contents()")
        kept = {(str(image.tolist()), label) for image, label in zip(got, got_labels.tolist(), strict=True)}
        if not kept <= added or len(kept) != capacity:
            raise CheckFailed(
                "after memory.add(images, labels) the tensors images and labels were overwritten, and what the memory "
                "holds changed with them: store copies (a row of a tensor is a view of it; .clone() copies)"
            )


def check_samples(memory_class: Callable, draws: int = 600) -> None:
    """`memory.sample(n)`: min(n, len) different samples, each as likely as any other, decided by the seed."""

    def draw(seed: int, n: int, times: int, size: int = 5, room: int = 0) -> list[list[int]]:
        images, _ = stream(size)
        # classes of other sizes: all samples are as likely all the same
        labels = torch.where(torch.arange(size) < 4 * size // 5, 1, 2)
        memory = memory_class(size + room, seed)
        memory.add(images, labels)
        values = [call.result() for call in call_many(memory.sample, [(n,)] * times)]
        where = f"memory.sample({n}) from a memory of {size}"
        drawn = [identities(value, images, labels, where) for value in values]
        for indices in drawn:
            if len(indices) != min(n, size):
                raise CheckFailed(f"{where} must give {min(n, size)} samples, got {len(indices)}")
            if len(set(indices)) != len(indices):
                raise CheckFailed(f"{where} gave the same sample more than once: draw without repetition")
        if not len(memory) == size:
            raise CheckFailed(f"after {where} it holds {len(memory)} samples: sampling takes nothing out")
        if identities(memory.contents(), images, labels, "memory.contents()") != list(range(size)):
            raise CheckFailed(
                f"after {where} its samples are in another order: sampling leaves the memory as it is"
            )
        if memory.seen != size:
            raise CheckFailed(
                f"after {where} memory.seen is {memory.seen}; it counts what is added, not what is drawn: {size}"
            )
        return drawn

    for n in (100, 200):
        draw(5, n, 2, size=150)
    for n in (2, 8):  # not full yet
        draw(6, n, 20, room=40)

    draw(1, 5, 2)
    draw(1, 8, 2)
    draw(4, 1, 3)
    drawn = draw(2, 2, draws)
    singles = Counter(itertools.chain.from_iterable(drawn))
    pairs = Counter(tuple(sorted(indices)) for indices in drawn)
    for what, counts, cases, p in (
        ("sample number {}", singles, range(5), 2 / 5),
        ("the pair {}", pairs, itertools.combinations(range(5), 2), 1 / 10),
    ):
        for case in cases:
            if not abs(deviations(counts[case], draws, p)) <= LARGEST_Z:
                raise CheckFailed(
                    f"in {draws} calls of memory.sample(2) from a memory of 5, {what.format(case)} was drawn "
                    f"{counts[case]} times; each is as likely as any other, so about {draws * p:.0f} times: "
                    "is each call a new random draw?"
                )
    if draw(2, 2, 20) != drawn[:20] or draw(0, 2, 20) != draw(0, 2, 20):
        raise CheckFailed(
            "two memories made with the same seed gave different samples: draw with the memory's own generator"
        )
    if draw(3, 2, 20) == drawn[:20]:
        raise CheckFailed("memories made with the seeds 2 and 3 gave the same samples: is the seed used?")
