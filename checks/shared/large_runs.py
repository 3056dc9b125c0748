"""A run as large as a notebook's own: more than 2000 images, many updates, and a class that is rare.

Whatever begins only there (smoothed labels from so many images on, a rare class left out, a learning rate
that falls after so many updates) shows nowhere else. Most runs go through their images in the order of the
reference, which a small run shows; then all numbers of a large run in small batches follow, too. Otherwise
all images are one batch, and the order plays no part.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch

from autograder.checking.seeds import derived_seed
from checks.shared.probes import Data, Experiment, Probe, asked, compared, reference_runs

__all__ = ["large_problem"]

EPOCHS = 6
IMAGES = 2010
SMALL = 140
RARE = 9
"""Images of the rare class."""

TESTS = 500

GROWN = 3
"""How many times as large as usual a difference that is rounding may be: it grows in 132 updates."""


def large_problem(run: Callable, experiment: Experiment, seed: int) -> str | None:
    """Whether a large run is the one that follows from its seed; a sentence where it is not.

    Args:
        run: The student's function.
        experiment: The theme's.
        seed: Of the run.
    """
    small = _probe(experiment, seed, _grown(experiment, SMALL), False, 2, "small batches")
    results, problem = asked(run, [small])
    if problem is not None:
        return problem
    [right] = reference_runs(experiment, [small])
    in_order = compared(experiment, small, right, results[0]) is None
    why = (
        f"smaller runs in batches went as they should; {EPOCHS} epochs"
        if in_order
        else "with all images in one batch the order plays no part"
    )
    large = _probe(experiment, seed, _grown(experiment, IMAGES), not in_order, EPOCHS, why)
    results, problem = asked(run, [large])
    if problem is not None:
        return problem
    right = _right(
        _Question(
            reference=experiment.reference,
            config=tuple(sorted(large.config.items())),
            seed=seed,
            data=derived_seed("large runs"),
            experiment=experiment,
            probe=large,
        )
    )
    grown = {key: GROWN * atol for key, atol in experiment.results.items() if key not in experiment.scores}
    return compared(replace(experiment, results=grown), large, right, results[0])


@dataclass(frozen=True, kw_only=True)
class _Question:
    """A probe, equal to another one where the answer is the same."""

    reference: Callable
    config: tuple
    seed: int
    data: int
    experiment: Experiment = field(compare=False)
    probe: Probe = field(compare=False)


@functools.lru_cache(maxsize=8)
def _right(question: _Question) -> dict:
    """What the reference gives: the same for many submissions, which have few variants of inputs."""
    return reference_runs(question.experiment, [question.probe])[0]


def _probe(experiment: Experiment, seed: int, data: Data, full: bool, epochs: int, why: str) -> Probe:
    """A run of so many epochs, with all images in one batch or in about twenty, the last of which has a few images."""
    first = int(experiment.pool(data).sum())
    least = max(4, first // 20)
    batch = next(size for size in range(least, first) if 0 < first % size <= max(1, size // 8))
    batch = 2 * len(data["train_images"]) if full else batch
    length = epochs * math.ceil(first / batch) if experiment.updates else epochs
    config = {
        **experiment.rest,
        "learning_rate": experiment.rates[0],
        "batch_size": batch,
        experiment.length: length,
    }
    return Probe(config=config, seed=seed, data=data, why=why)


def _grown(experiment: Experiment, number: int) -> dict[str, torch.Tensor]:
    """The theme's data with about so many training images, each a little darker than the one before; one class is rare."""
    data = experiment.data(derived_seed("large runs") % 10**6)
    pool = torch.nonzero(experiment.pool(data)).flatten()
    rare = data["train_labels"] == data["train_labels"][pool[-1]]
    if bool(rare[pool].all()):  # all images that are gone through are of one class
        rare = torch.zeros_like(rare)
    times = -(-number // int((~rare).sum()))
    images, labels = data["train_images"].repeat(times, 1, 1, 1), data["train_labels"].repeat(times)
    images = images * torch.linspace(1, 0.3, len(images)).reshape(-1, 1, 1, 1)
    rare = rare.repeat(times)
    kept = ~rare | (rare.cumsum(0) <= RARE)
    generator = torch.Generator().manual_seed(derived_seed("tests of large runs"))
    order = torch.arange(TESTS) % len(data["test_labels"])
    return {
        "train_images": images[kept],
        "train_labels": labels[kept],
        "test_images": torch.rand(TESTS, 1, 28, 28, generator=generator),
        "test_labels": data["test_labels"][order],
    }
