"""In which order a `run` went through its images: not prescribed, but decided by the seed, and another in each epoch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from unittest import mock

import torch

from autograder.checking.calls import call_many
from autograder.checking.seeds import derived_seed
from autograder.checking.values import difference
from checks.shared.probes import (
    Experiment,
    Probe,
    compared,
    history_of,
    reference_runs,
    same_losses,
    shown,
)

__all__ = ["order_problem"]

BATCH = 2

EPOCHS = 3

SHARED = 4
"""So many of eight seeds have no order of three epochs in common by accident (7 of a million times)."""

Orders = tuple[tuple[int, ...], ...]
"""In which order each epoch went through four images."""

MOST = 2
"""How many beginnings of an order are followed further: those whose losses come nearest."""

NEARLY = 1e-4
"""How much further than the nearest one another beginning may be to be followed, too."""

WAYS = [order for order in itertools.permutations(range(4)) if order[0] < order[1] and order[2] < order[3]]
"""The orders of four images in two batches of two."""


def order_problem(run: Callable, experiment: Experiment, seeds: Sequence[int]) -> str | None:
    """What is wrong with how a run goes through batches: none left out, none twice, an order from the seed.

    Args:
        run: The student's function.
        experiment: The theme's.
        seeds: Several, so that equal orders are no accident.
    """
    data = _small(experiment, derived_seed("order"), 4)
    config = {**experiment.rest, "learning_rate": experiment.rates[0], "batch_size": BATCH}
    config[experiment.length] = 2 * EPOCHS - 1 if experiment.updates else EPOCHS
    for changes in experiment.orders:
        problem, orders = _orders(run, experiment, seeds, {**config, **changes}, data, EPOCHS)
        if problem:
            return problem
        alike = max((orders.count(order) for order in orders), default=0)
        if alike >= SHARED:
            return (
                f"{alike} of {len(seeds)} seeds went through the images in the same order: does the whole seed "
                "decide the order, too?"
            )
        if orders and all(len(set(order)) == 1 for order in orders):
            return "all epochs went through the images in the same order: shuffle them again in each epoch"
    problem = _second_stage_problem(run, experiment, seeds, config, data)
    problems = (_last_batch_problem(run, experiment, seeds[0], changes) for changes in experiment.orders)
    return problem or next(filter(None, problems), None)


def _second_stage_problem(
    run: Callable,
    experiment: Experiment,
    seeds: Sequence[int],
    config: Mapping[str, Any],
    data: Mapping[str, torch.Tensor],
) -> str | None:
    """Whether a stage of the run after the first one, such as fine-tuning, goes through batches as the first one does."""
    if experiment.second is None:
        return None
    changes, made = experiment.second
    problem, orders = _orders(run, experiment, seeds, {**config, **changes}, made(data), 2)
    if problem:
        return problem
    if orders and len({second for _, second in orders}) == 1:
        return f"{len(seeds)} seeds went through the images of the second stage in the same order: is the seed passed on to it?"
    return None


def _orders(
    run: Callable,
    experiment: Experiment,
    seeds: Sequence[int],
    config: Mapping[str, Any],
    data: Mapping[str, torch.Tensor],
    epochs: int,
) -> tuple[str | None, list[Orders]]:
    """The orders of the epochs for each seed, none where they are the reference's own; or what is wrong."""
    probes = [Probe(config=config, seed=seed, data=data, why="two batches of two images") for seed in seeds]
    calls = call_many(run, [(dict(probe.config), probe.seed, dict(probe.data)) for probe in probes])
    results = [done.value if type(done.value) is dict else {} for done in calls]
    expected = reference_runs(experiment, probes)
    if not any(compared(experiment, *each) for each in zip(probes, expected, results, strict=True)):
        return None, []
    orders: list[Orders] = []
    for probe, result in zip(probes, results, strict=True):
        found = _order_of(experiment, probe, result, epochs)
        if found is None:
            return (
                f"4 training images, batches of {BATCH}, {dict(config)}: the losses {history_of(result)} "
                "come from no order of the images. Is each image used once in each epoch, in batches of config['batch_size'], "
                "with one update for each batch, and is each loss a mean over the epoch?"
            ), []
        orders.append(found)
    return None, orders


def _small(experiment: Experiment, seed: int, number: int) -> dict[str, torch.Tensor]:
    """Data of which so many images are gone through first."""
    data = dict(experiment.data(seed % 10**6))
    pool = experiment.pool(data)
    surplus = torch.nonzero(pool).flatten()[number:]
    kept = torch.ones(len(pool), dtype=torch.bool)
    kept[surplus] = False
    return {**data, "train_images": data["train_images"][kept], "train_labels": data["train_labels"][kept]}


def _order_of(experiment: Experiment, probe: Probe, result: Mapping[str, Any], epochs: int) -> Orders | None:
    """The order of the epochs that gives just this result; None if there is none."""
    history = history_of(result)
    if history is None:
        return None
    compare = [key for key in experiment.results if getattr(result.get(key), "is_floating_point", bool)()]
    begun: list[Orders] = [()]
    for epoch in range(1, epochs):
        length = epoch * (2 if experiment.updates else 1)
        right = {
            (*orders, way): _in_order(experiment, probe, (*orders, way))["history"][:length]
            for orders in begun
            for way in WAYS
        }
        off = {orders: math.dist(losses, history[:length]) for orders, losses in right.items()}
        begun = [orders for orders, losses in right.items() if same_losses(losses, history[:length])]
        # Another order may differ by hardly more than rounding.
        begun = sorted(begun, key=off.__getitem__)[:MOST]
        begun = [orders for orders in begun if off[orders] <= off[begun[0]] + NEARLY]
    found = []
    for orders in ((*earlier, way) for earlier in begun for way in WAYS):
        reference = _in_order(experiment, probe, orders)
        if not compared(experiment, probe, reference, result):
            off = sum(difference(reference[key], result[key]) for key in compare)
            found.append((math.dist(reference["history"], history) + off, orders))
    return min(found)[1] if found else None


def _in_order(experiment: Experiment, probe: Probe, orders: Sequence[Sequence[int]]) -> dict:
    """What the reference gives that goes through the first images in these orders, and then on in the last of them."""
    waiting = itertools.chain(orders, itertools.repeat(orders[-1]))
    draw = torch.randperm

    def randperm(n: int, **keywords: Any) -> torch.Tensor:
        return torch.tensor(next(waiting)) if n == len(orders[0]) else draw(n, **keywords)

    with mock.patch.object(torch, "randperm", randperm):
        return reference_runs(experiment, [probe])[0]


def _last_batch_problem(
    run: Callable, experiment: Experiment, seed: int, changes: Mapping[str, Any]
) -> str | None:
    """Whether all batches count, a last one that is smaller too: five images in batches of four and of one, at learning rate 0."""
    data = _small(experiment, derived_seed("last batch"), 5)
    still = {**experiment.rest, **changes, "learning_rate": 0.0}
    config = {**still, "batch_size": 4, experiment.length: 4 if experiment.updates else 2}
    done = call_many(run, [(config, seed, data)])[0]
    history = history_of(done.value) if type(done.value) is dict else None
    single = _losses_of_images(experiment, data, seed, still)
    if history is None:
        return "run with five images in batches of four gave no losses"
    allowed = []
    for last in range(5):
        batches = [(sum(single) - single[last]) / 4, single[last]]
        allowed += [batches] if experiment.updates else [[sum(single) / 5], [sum(batches) / 2]]
    length = 2 if experiment.updates else 1
    for start in (0, length):
        if not any(same_losses(history[start : start + length], losses, rtol=1e-4) for losses in allowed):
            return (
                "five images in batches of four, learning rate 0: the losses of the images are "
                f"{[round(loss, 4) for loss in single]}, but the history is {[round(loss, 4) for loss in history]}: "
                "does the last, smaller batch count, like the others?"
            )
    if problem := _update_problem(run, experiment, seed, changes, data, single):
        return problem
    config = {**still, "batch_size": 1, experiment.length: 5 if experiment.updates else 1}
    done = call_many(run, [(config, seed, data)])[0]
    history = history_of(done.value) if type(done.value) is dict else None
    right = sorted(single) if experiment.updates else [sum(single) / 5]
    if not same_losses(sorted((history or [])[: len(right)]), right, rtol=1e-4):
        return (
            "five images in batches of one, learning rate 0: the losses of the images are "
            f"{[round(loss, 4) for loss in single]}, but the history is {[round(loss, 4) for loss in history or []]}: "
            "does every batch count alike?"
        )
    return None


def _update_problem(
    run: Callable,
    experiment: Experiment,
    seed: int,
    changes: Mapping[str, Any],
    data: Mapping[str, torch.Tensor],
    single: Sequence[float],
) -> str | None:
    """Whether a last, smaller batch has an update of its own: five images in batches of four and of one, one epoch."""
    config = {**experiment.rest, **changes, "learning_rate": experiment.rates[1], "batch_size": 4}
    config[experiment.length] = 2 if experiment.updates else 1
    probe = Probe(config=config, seed=seed, data=data, why="one epoch")
    done = call_many(run, [(dict(config), seed, dict(data))])[0]
    history = history_of(done.value) if type(done.value) is dict else None
    length = 2 if experiment.updates else 1
    for last in range(5):
        order = [*(each for each in range(5) if each != last), last]
        right = _in_order(experiment, probe, [order])["history"][:length]
        allowed = [right]
        if not experiment.updates:
            four = (sum(single) - single[last]) / 4
            allowed.append([(four + (5 * right[0] - 4 * four)) / 2])  # the mean of the batches' means
        if any(same_losses((history or [])[:length], losses) for losses in allowed):
            return None
    return (
        f"five images in batches of four, learning rate {experiment.rates[1]:g}: the history {shown(history)} comes from no "
        "order of the images. Does the last, smaller batch have an update of its own?"
    )


def _losses_of_images(
    experiment: Experiment, data: Mapping[str, torch.Tensor], seed: int, still: Mapping[str, Any]
) -> list[float]:
    """The loss of each of the first images, at the model's initial weights."""
    pool = torch.nonzero(experiment.pool(data)).flatten()
    probes = []
    for chosen in pool.tolist():
        images, labels = data["train_images"].clone(), data["train_labels"].clone()
        images[pool], labels[pool] = images[chosen].clone(), labels[chosen].clone()
        probes.append(
            Probe(
                config={**still, experiment.length: 1},
                seed=seed,
                data={**data, "train_images": images, "train_labels": labels},
                why="",
            )
        )
    return [result["history"][0] for result in reference_runs(experiment, probes)]
