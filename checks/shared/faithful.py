"""What only a faithful `run` can answer: experiments so small that the text leaves one result.

With all training images in one batch the order plays no part, and with the settings of a theme at
rest (no noise, no attack, nothing pruned) neither do the earlier functions. Then the seed, the
optimizer, the data and the length decide every number that a run returns, and the reference tells
them. A learning rate of 0 shows the initial weights, which the text prescribes: those of a model that
is made right after the seed was set. Which order a run takes, where it may choose one, is found in
`checks.shared.order`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from autograder.checking.calls import call_many, in_kernel
from autograder.checking.seeds import derived_seed
from autograder.checking.values import close, describe, is_number, scalar
from autograder.errors import CellTimeout, CheckFailed, KernelDied
from checks.shared.large_runs import large_problem
from checks.shared.long_runs import long_problem
from checks.shared.models import state_of
from checks.shared.order import order_problem
from checks.shared.probes import (
    Experiment,
    Probe,
    alike,
    asked,
    compared,
    history_of,
    predicted_by,
    reference_runs,
    same_losses,
    shown,
)

__all__ = ["check_faithful"]

DATA = "mnist"
"""The name of the data that run uses where it is given none."""

STILL = 1e-4
"""Relative difference of the losses of the same weights that is rounding."""

MANY = 1104
"""Images; code with a limit of its own, such as 1000, does not go through all of them."""

SEEDS = 8
"""How many seeds show whether the order depends on the seed, and is another one in each epoch."""

TENS = 1000
"""Tens of which one is the first seed."""


def check_faithful(run: Callable, experiment: Experiment) -> None:
    """A run does what the text says, and nothing else.

    Args:
        run: The student's function, called as run(config, seed, data).
        experiment: What a faithful run gives.

    Raises:
        CheckFailed: With the first difference.
    """
    problem = _problem(run, experiment)
    if problem is not None:
        raise CheckFailed(problem)


def _problem(run: Callable, experiment: Experiment) -> str | None:
    seeds = _seeds()
    data = experiment.data(derived_seed("data of runs") % 10**6)
    still = {**experiment.rest, "learning_rate": 0.0, experiment.length: 2}
    why = "the model stays as it was made"
    first = [Probe(config=still, seed=seed, data=data, why=why) for seed in seeds]
    many = {**still, "batch_size": 2 * MANY, **experiment.many}
    first.append(Probe(config=many, seed=seeds[0], data=_many(experiment, still, seeds[0], data), why=why))
    first.append(Probe(config={**still, **experiment.otherwise}, seed=seeds[0], data=data, why=why))
    results, problem = asked(run, first)
    return (
        problem
        or _weights_problem(experiment, first, results)
        or _exact_problem(run, experiment, seeds)
        or _changed_data_problem(run, experiment, seeds[0])
        or order_problem(run, experiment, seeds)
        or long_problem(run, experiment, seeds[0])
        or large_problem(run, experiment, seeds[0])
        or (_idle_weights_problem(run, experiment, seeds[0]) if experiment.adam else None)
        or (experiment.relation(run, experiment) if experiment.relation else None)
        or _default_data_problem(run, experiment, seeds[0])
    )


def _seeds() -> list[int]:
    """Four neighbours of the same ten, three that differ from the first in higher digits only, and 0."""
    first = 10 * (1 + derived_seed("seed of a run") % TENS)
    return [first + more for more in (0, 1, 2, 3, 1000, 2000, 10**6)] + [0]


def _weights_problem(
    experiment: Experiment, probes: Sequence[Probe], results: Sequence[Mapping[str, Any]]
) -> str | None:
    """Whether each run begins with the weights of a model made right after its seed was set; learning rate 0 shows them."""
    histories = [history_of(result) for result in results[:SEEDS]]
    if all(same_losses(history, histories[0], rtol=1e-5) for history in histories):
        return (
            f"with learning rate 0, {SEEDS} seeds gave the same losses: does the seed decide the "
            "initial weights?"
        )
    for probe, right, got in zip(probes, reference_runs(experiment, probes), results, strict=True):
        one, other = right["history"][:1], (history_of(got) or [])[:1]
        if not same_losses(one, other, rtol=STILL):
            return (
                f"with learning rate 0, seed {probe.seed} and {len(probe.data['train_images'])} training images the first loss must be {shown(one)}, got "
                f"{shown(other)}: is the model made by {experiment.maker} right after "
                "torch.manual_seed(seed), and is the loss the mean over all training images, each with its own label?"
            )
        problem = compared(experiment, probe, right, got)
        if problem := problem or _scores_problem(experiment, got, right, probe):
            return problem
    return None


def _exact_problem(run: Callable, experiment: Experiment, seeds: Sequence[int]) -> str | None:
    """Whether every number of a run with full batches is the one that follows from its seed."""
    one, other = (experiment.data(derived_seed("data of runs", i) % 10**6) for i in range(2))
    slow, fast = experiment.rates
    usual = {**experiment.rest, "learning_rate": slow, experiment.length: 4}
    large = {**experiment.rest, **experiment.otherwise, "learning_rate": fast}
    large[experiment.length] = 2 if experiment.adam else 6
    full = "with all images in one batch the order plays no part"
    probes = [
        Probe(config=usual, seed=seeds[0], data=one, why=full),
        Probe(config=large, seed=seeds[1], data=other, why=full, losses_only=experiment.adam),
        Probe(
            config=usual,
            seed=seeds[0],
            data={**one, **_tests(other)},
            why="other test images change no training",
        ),
        Probe(
            config=usual, seed=seeds[0], data=one, why="the same run as before, after a run with another seed"
        ),
        Probe(
            config=usual, seed=seeds[0], data=_twins(experiment, other), why="the same run, with other data"
        ),
        Probe(config=usual, seed=seeds[0], data=_all_wrong(experiment, usual, seeds[0], one), why=full),
        Probe(
            config={**usual, experiment.length: 12},
            seed=seeds[0],
            data={**one, **_trained_on(one)},
            why="what it reaches on the test images changes no training",
        ),
        Probe(
            config={**usual, experiment.length: 30},
            seed=seeds[0],
            data=alike(experiment, one),
            why="one image, whose loss becomes small",
            losses_only=experiment.adam,
        ),
    ]
    for cases, data in ((experiment.active, one), (experiment.alike, alike(experiment, one))):
        for changes in cases:
            config = {**usual, experiment.length: 2, **changes}
            probes.append(Probe(config=config, seed=seeds[1], data=data, why=full))
    results, problem = asked(run, probes)
    if problem is not None:
        return problem
    expected = reference_runs(experiment, probes)
    for probe, right, got in zip(probes, expected, results, strict=True):
        problem = compared(experiment, probe, right, got)
        if problem := problem or _scores_problem(experiment, got, right, probe):
            return problem
    return None


def _changed_data_problem(run: Callable, experiment: Experiment, seed: int) -> str | None:
    """Whether each of two runs is that of its images when these are changed, in the same tensors, between the two."""
    data = dict(experiment.data(derived_seed("data of runs") % 10**6))
    darker = {**data, "train_images": data["train_images"] * 0.5}
    config = {**experiment.rest, "learning_rate": experiment.rates[0], experiment.length: 2}
    config |= next(iter(experiment.active), {})
    why = "run twice on the same tensors, whose images are changed in between"
    probes = [Probe(config=config, seed=seed, data=one, why=why) for one in (data, darker)]
    expected = reference_runs(experiment, probes)
    results = in_kernel(
        eval,
        "[run(config, seed, data), data['train_images'].mul_(0.5), run(config, seed, data)][::2]",
        {"run": run, "config": config, "seed": seed, "data": data},
    )
    problems = (compared(experiment, *each) for each in zip(probes, expected, results, strict=True))
    return next(filter(None, problems), None)


def _idle_weights_problem(run: Callable, experiment: Experiment, seed: int) -> str | None:
    """Whether weights without a gradient move: those of pixels that are 0 in all training images."""
    if experiment.models is None:
        return None
    data = dict(experiment.data(derived_seed("idle weights") % 10**6))
    data["train_images"] = data["train_images"].clone()
    data["train_images"][..., :14] = 0
    config = {**experiment.rest, experiment.length: 20}
    asked = [({**config, "learning_rate": rate}, seed, data) for rate in (0.0, experiment.rates[1])]
    states = [state_of(experiment.models(done.result())[0]) for done in call_many(run, asked)]
    for before, after in zip(*(state.values() for state in states), strict=True):
        if before.dim() == 2 and before.shape[1] == 784:
            before, after = (weight.reshape(-1, 28, 28)[..., :14] for weight in (before, after))
            if not close(before, after, rtol=1e-5, atol=1e-7):
                return (
                    "weights of pixels that are 0 in all training images get no gradient, but they changed: is anything "
                    "added to the optimizer, such as weight decay?"
                )
    return None


def _twins(experiment: Experiment, data: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The data with one image twice among those that are gone through first; their labels may differ."""
    images = data["train_images"].clone()
    first, second = torch.nonzero(experiment.pool(data)).flatten()[:2].tolist()
    images[second] = images[first].clone()
    return {**data, "train_images": images}


def _all_wrong(
    experiment: Experiment, config: Mapping[str, Any], seed: int, data: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """The data with test images whose labels are never those that the reference predicts.

    Whoever chooses among models by their test labels, or mends predictions with them, predicts something else.
    """
    predicted, data = _tested(experiment, config, seed, data, 60)
    return data if predicted is None else {**data, "test_labels": (predicted + 1) % 10}


def _many(
    experiment: Experiment, config: Mapping[str, Any], seed: int, data: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """More images, in training and test, than code with a limit of its own goes through; the last are the darkest.

    Of the test images the first have the labels that the reference predicts, the last have others.
    """
    predicted, data = _tested(experiment, config, seed, data, MANY)
    if predicted is not None:
        generator = torch.Generator().manual_seed(derived_seed("labels of many test images"))
        right = torch.rand(MANY, generator=generator) < torch.linspace(1, 0, MANY)
        data = {**data, "test_labels": torch.where(right, predicted, (predicted + 1) % 10)}
    return {
        **data,
        "train_images": _darker(data["train_images"].repeat(MANY // 8, 1, 1, 1)),
        "train_labels": data["train_labels"].repeat(MANY // 8),
    }


def _tested(
    experiment: Experiment,
    config: Mapping[str, Any],
    seed: int,
    data: Mapping[str, torch.Tensor],
    number: int,
) -> tuple[torch.Tensor | None, dict[str, torch.Tensor]]:
    """The data with so many test images, and what the reference predicts for them."""
    labels = data["test_labels"]
    # One label after another, so that the first 1000 images have other labels than all of them.
    in_turn = labels[torch.arange(number) * len(labels) // number]
    tests = {"test_images": _test_images(number), "test_labels": in_turn}
    data = {**data, **tests}
    [right] = reference_runs(experiment, [Probe(config=config, seed=seed, data=data, why="")])
    return predicted_by(right), data


def _test_images(number: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(derived_seed("many test images"))
    return _darker(torch.rand(number, 1, 28, 28, generator=generator))


def _darker(images: torch.Tensor) -> torch.Tensor:
    return images * torch.linspace(1, 0.1, len(images)).reshape(-1, 1, 1, 1)


def _scores_problem(
    experiment: Experiment,
    result: Mapping[str, Any],
    right: Mapping[str, Any],
    probe: Probe,
) -> str | None:
    """Whether each score is that of what was returned, on all test images, where the reference's is."""
    data = probe.data
    for key, follows in experiment.scores.items():
        if not abs(follows(right, data) - right[key]) <= 1e-4 * max(1, abs(right[key])):
            continue
        try:
            got = follows(result, data)
        except (KernelDied, CellTimeout):
            raise
        except Exception:
            got = math.nan
        stated = scalar(result.get(key))
        if not is_number(stated) or not abs(got - stated) <= 1e-4 * max(1, abs(got)):
            return f"{key!r} is {describe(stated)}, but what was returned gives {got:.5g} on the {len(data['test_labels'])} test images"
    return None


def _trained_on(data: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The training images as test images: soon all of them are recognised."""
    return {f"test_{part}": data[f"train_{part}"].clone() for part in ("images", "labels")}


def _tests(data: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key: value for key, value in data.items() if key.startswith("test_")}


def _default_data_problem(run: Callable, experiment: Experiment, seed: int) -> str | None:
    """Whether run without data is run on the notebook's own, and on all of it."""
    config = {
        **experiment.rest,
        experiment.length: 1,
        "learning_rate": experiment.rates[0],
        "batch_size": 2000,
        **experiment.whole,
    }
    names = {"run": run, "config": config, "seed": seed}
    try:
        in_kernel(eval, f"run.__globals__[{DATA!r}] and None", names)
    except Exception as error:
        if isinstance(error, (KernelDied, CellTimeout)):
            raise
        return None  # no plain function, or no such data: nothing to compare with
    [without] = call_many(run, [(config, seed)])
    if without.error is not None:
        return f"run(config, seed) without data raised {type(without.error).__name__}: {without.error}"
    given = in_kernel(eval, f"run(config, seed, run.__globals__[{DATA!r}])", names)
    results = [result if type(result) is dict else {} for result in (without.value, given)]
    if not same_losses(history_of(results[0]), history_of(results[1])):
        return f"run(config, seed) and run(config, seed, {DATA}) gave different losses: without data, run uses {DATA}"
    for key in experiment.results:
        if not close(*(result.get(key) for result in results), rtol=1e-4, atol=1e-5):
            return (
                f"run(config, seed) and run(config, seed, {DATA}) gave the same losses, but another {key!r}: does each run start "
                "with a new model, and does nothing of an earlier run remain?"
            )
    return _all_of_it_problem(run, experiment, config, seed) if experiment.turned else None


def _all_of_it_problem(
    run: Callable, experiment: Experiment, config: Mapping[str, Any], seed: int
) -> str | None:
    """Whether the first of many images and the last ones play the same part: at learning rate 0, in one batch."""
    still = {**config, "learning_rate": 0.0, "batch_size": 10**6}
    names = {"run": run, "config": still, "seed": seed}
    usual = in_kernel(eval, f"run(config, seed, run.__globals__[{DATA!r}])", names)
    turned = in_kernel(
        eval,
        f"run(config, seed, {{key: value.flip(0) for key, value in run.__globals__[{DATA!r}].items()}})",
        names,
    )
    one, other = (history_of(result) if type(result) is dict else None for result in (usual, turned))
    if not same_losses(one, other, rtol=1e-4):
        return (
            f"with learning rate 0 and all images in one batch, run on {DATA} and on {DATA} in reverse order gave different "
            "losses: are all of the training images used?"
        )
    return None
