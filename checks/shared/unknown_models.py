"""Relations between the runs of one `run` whose initial weights nobody else knows, and which returns no model.

They hold for every way to initial weights: a negative log-probability is one, a step down a gradient
lowers the loss by what it must, and what plays no part changes nothing.
"""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional as F

from autograder.checking.calls import call_many
from autograder.checking.seeds import derived_seed
from checks.shared.models import made_with_seed
from checks.shared.probes import Experiment, Probe, history_of, reference_runs, same_losses

__all__ = ["unknown_model_problem"]

STEP = 1e-3
"""A learning rate so small that the loss falls by the rate times the squared gradient."""

FALL = 0.25
"""Relative difference from the reference of the mean fall of the loss in the first step, over 8 seeds.

It is the squared gradient. Over 25 groups of 8 seeds its mean spreads by 0.06 (standard deviation) for
784-128-128-10; one hidden layer gives 4.6 times as much, three give a quarter. Widths hardly show.
"""

WIDTHS = (16, 32, 50, 64, 100, 128, 200, 256, 300, 400, 500, 512)
"""What somebody may have written for 128: such a model, made with the seed of the run, is recognised."""


def unknown_model_problem(
    run: Callable, experiment: Experiment, still: Sequence[Probe], results: Sequence[Mapping[str, Any]]
) -> str | None:
    """The first relation that does not hold, as a sentence; None where all do.

    Args:
        run: The student's function.
        experiment: The theme's; its model gives logits of ten classes.
        still: Runs with learning rate 0 of several seeds.
        results: What they gave; other losses than the reference's.
    """
    seeds = [probe.seed for probe in still]
    data, other = (experiment.data(derived_seed("data of runs", i) % 10**6) for i in range(2))
    return (
        _widths_problem(experiment, still[:2], results[:2])
        or _probabilities_problem(run, experiment, seeds[:3], data)
        or _parts_problem(run, experiment, seeds[0], data, other)
        or _steps_problem(run, experiment, seeds, data)
    )


def _widths_problem(
    experiment: Experiment, still: Sequence[Probe], results: Sequence[Mapping[str, Any]]
) -> str | None:
    """Whether the losses are those of a network with other widths."""
    make = experiment.reference.__globals__[experiment.maker]
    pairs = itertools.product(WIDTHS, WIDTHS)
    for hidden in [*pairs, *((width,) for width in WIDTHS), *((width,) * 3 for width in WIDTHS)]:
        if all(
            same_losses((history_of(result) or [])[:1], [_loss(make, hidden, probe)], rtol=1e-5)
            for probe, result in zip(still, results, strict=True)
        ):
            return (
                f"with learning rate 0 the losses are those of a model with the hidden widths {hidden}: "
                f"the text makes it with {experiment.maker}()"
            )
    return None


def _loss(make: Callable, hidden: Sequence[int], probe: Probe) -> float:
    model = made_with_seed(lambda: make(hidden), probe.seed)
    with torch.no_grad():
        return F.cross_entropy(model(probe.data["train_images"]), probe.data["train_labels"]).item()


def _histories(run: Callable, arguments: Sequence[tuple[Mapping, int, Mapping]]) -> list[list[float]]:
    calls = call_many(run, arguments)
    results = [done.value if type(done.value) is dict else {} for done in calls]
    return [history_of(result) or [math.nan] for result in results]


def _probabilities_problem(
    run: Callable, experiment: Experiment, seeds: Sequence[int], data: Mapping
) -> str | None:
    """At learning rate 0 the losses of one image with each label are negative logarithms of probabilities."""
    config = {**experiment.rest, "learning_rate": 0.0, experiment.length: 2}
    image = data["train_images"][:1]
    for seed in seeds:
        asked = [
            (config, seed, {**data, "train_images": image, "train_labels": torch.tensor([label]), "test_images": image,
                            "test_labels": torch.tensor([label])})
            for label in range(10)
        ]  # fmt: skip
        calls = call_many(run, asked)
        histories = [history_of(done.value) if type(done.value) is dict else None for done in calls]
        if any(
            history is None or not same_losses(history, history[:1] * len(history)) for history in histories
        ):
            return "with learning rate 0 the loss is not the same in every epoch: is it that of the model as it is?"
        losses = [history[0] for history in histories if history is not None]
        total = sum(math.exp(-loss) for loss in losses)
        if not abs(total - 1) <= 1e-3:
            return (
                f"with learning rate 0 and one image, labelled 0 to 9 in turn, the sum of exp(-loss) is {total:.4g}; "
                "for a cross entropy of ten classes it is 1. Is the loss in the history that of the model on its images?"
            )
        if seed == seeds[0] and _zero_biases(run, config, seed, data):
            return "for a black image all classes are equally probable before training: are the biases those of make_mlp()?"
        best = min(range(10), key=losses.__getitem__)
        for done in calls:
            predicted = _class_of(done.value)
            if predicted is not None and losses[predicted] > losses[best] + 1e-4:
                return "the class that is predicted for an image is not the one with the smallest loss in training on it"
    return None


def _zero_biases(run: Callable, config: Mapping, seed: int, data: Mapping) -> bool:
    """Whether the losses of an image of zeros show that the initial biases are 0."""
    black = {**data, "train_images": torch.zeros_like(data["train_images"][:1])}
    asked = [(config, seed, {**black, "train_labels": torch.tensor([label])}) for label in (0, 5)]
    return all(same_losses(history[:1], [math.log(10)], rtol=1e-6) for history in _histories(run, asked))


def _class_of(result: Any) -> int | None:
    """The class predicted for the only test image."""
    found = result.get("predictions", result.get("logits"))
    if not isinstance(found, torch.Tensor) or not found.numel():
        return None
    return int(found.flatten()[0]) % 10 if found.dim() == 1 else int(found[0].argmax()) % 10


def _parts_problem(
    run: Callable, experiment: Experiment, seed: int, data: Mapping, other: Mapping
) -> str | None:
    """The loss is that of all images, each with its label; a short run begins a long one; what plays no part changes nothing."""
    slow, fast = experiment.rates
    config = {**experiment.rest, "learning_rate": slow, experiment.length: 4}
    pairs = [data["train_images"], data["train_labels"]]
    turned = dict(
        zip(("train_images", "train_labels"), (part.roll(1, dims=0) for part in pairs), strict=True)
    )
    tests = {"test_images": other["test_images"], "test_labels": other["test_labels"]}
    short = {**config, experiment.length: 2}
    still = {**short, "learning_rate": 0.0}
    singles = [
        (still, seed, {**data, "train_images": image, "train_labels": label})
        for image, label in zip(*(part.split(1) for part in pairs), strict=True)
    ]
    long, begun, permuted, tested, faster, whole, *single = _histories(
        run,
        [
            (config, seed, data),
            (short, seed, data),
            (config, seed, {**data, **turned}),
            (config, seed, {**data, **tests}),
            ({**config, "learning_rate": fast}, seed, data),
            (still, seed, data),
            *singles,
        ],
    )
    if not same_losses(long, tested):
        return "with other test images the losses during training were not the same: what is the model trained on?"
    if not same_losses(whole[:1], [statistics.fmean(losses[0] for losses in single)], rtol=1e-4):
        return (
            "with learning rate 0 the loss of all training images is not the mean of the losses of each: are all of "
            "them used, once in each epoch and with their own labels?"
        )
    if not same_losses(long[:2], begun):
        return f"the losses of a run of length 2, {begun}, are not the first ones of the same run of length 4, {long}"
    if not same_losses(long, permuted):
        return "with all images in one batch, the same images in another order gave other losses"
    if not same_losses(long[:1], faster[:1]):
        return "the loss of the first update, which comes before it, depends on the learning rate"
    return None


def _steps_problem(run: Callable, experiment: Experiment, seeds: Sequence[int], data: Mapping) -> str | None:
    """Each of the first steps lowers the loss by what the gradient of such a model, rate and momentum make it."""
    config = {**experiment.rest, "learning_rate": STEP, experiment.length: 4}
    probes = [Probe(config=config, seed=seed, data=data, why="") for seed in seeds]
    right = _falls([result["history"] for result in reference_runs(experiment, probes)])
    got = _falls(_histories(run, [(config, seed, data) for seed in seeds]))
    if len(got) != len(right) or not abs(got[0] / right[0] - 1) <= FALL:
        return (
            f"a step with learning rate {STEP} lowered the loss by {got[0]:.3g} (mean of {len(seeds)} seeds), with the "
            f"model and the optimizer of the text it is {right[0]:.3g}: are they these?"
        )
    for i in (1, 2):
        if not abs(got[i] / got[0] - right[i] / right[0]) <= 0.1 * right[i] / right[0]:
            return (
                f"step {i + 1} lowered the loss by {got[i] / got[0]:.3g} times as much as the first one; with the "
                f"optimizer of the text it is {right[i] / right[0]:.3g} times: are its settings these?"
            )
    return None


def _falls(histories: Sequence[Sequence[float]]) -> list[float]:
    """By how much each step lowers the loss, in the mean over the seeds."""
    if len({len(history) for history in histories}) != 1:
        return [math.nan]
    return [
        statistics.fmean(history[i] - history[i + 1] for history in histories)
        for i in range(len(histories[0]) - 1)
    ]
