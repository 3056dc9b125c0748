"""What only a faithful `run` can answer: experiments so small that the text leaves one result.

With all training images in one batch the order plays no part, and with the settings of a theme at
rest (no noise, no attack, nothing pruned) neither do the earlier functions. Then initial weights,
optimizer, data and length decide every number that a run returns, and the reference, from the same
weights, tells them. A learning rate of 0 shows the weights. Which order a run takes, where it may
choose one, is found in `checks.shared.orders`.
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
    initial_state,
    reference_runs,
    same_losses,
)
from checks.shared.stand_ins import StandIn, in_place
from checks.shared.unknown_models import unknown_model_problem

__all__ = ["check_faithful"]

DATA = "mnist"
"""The name of the data that run uses where it is given none."""

SEEDS = 8
"""How many seeds show whether the order depends on the seed, and is another one in each epoch."""


def check_faithful(run: Callable, experiment: Experiment, *, stand_ins: Sequence[StandIn] = ()) -> None:
    """A run does what the text says, and nothing else.

    Args:
        run: The student's function, called as run(config, seed, data).
        experiment: What a faithful run gives.
        stand_ins: The earlier functions that run may use. Where one of them fails its own test, run is
            judged with the reference in its place.

    Raises:
        CheckFailed: With the first difference.
    """
    problem = _problem(run, experiment)
    if problem is not None:
        failed = [stand_in for stand_in in stand_ins if stand_in.fails()]
        if failed:
            with in_place(run, failed):
                problem = _problem(run, experiment)
    if problem is not None:
        raise CheckFailed(problem)


def _problem(run: Callable, experiment: Experiment) -> str | None:
    seeds = [derived_seed("seed of a run", i) % 10_000 for i in range(SEEDS)]
    seeds[1:4] = [seeds[0] ^ 1, seeds[0] + 10, seeds[0] + 1000]  # alike but for a bit or a digit
    data = experiment.data(derived_seed("data of runs") % 10**6)
    still = {**experiment.rest, "learning_rate": 0.0}
    first = [
        Probe(config=still, seed=seed, data=data, why="with learning rate 0 the model stays as it was made")
        for seed in seeds
    ]
    calls, problem = asked(run, first)
    if problem is not None:
        return problem
    states: dict[int, Mapping[str, torch.Tensor]] = {}
    expected = reference_runs(experiment, first)
    histories = [history_of(result) for result in calls]
    if problem := _twins_problem(run, experiment, seeds, histories):
        return problem
    if not all(map(same_losses, (right["history"] for right in expected), histories)):
        # Another way to initial weights is nobody's mistake as long as the seed decides them.
        if all(same_losses(history, histories[0], rtol=1e-5) for history in histories):
            return (
                f"with learning rate 0, {len(seeds)} seeds gave the same losses: does the seed decide the "
                "initial weights?"
            )
        if experiment.models is None:
            return unknown_model_problem(run, experiment, first, calls) or _default_data_problem(
                run, experiment, seeds[0]
            )
        try:
            for probe, result in zip(first, calls, strict=True):
                states[probe.seed] = initial_state(experiment, probe, result)
        except CheckFailed as error:
            return str(error)
        expected = reference_runs(experiment, first, states)
        for each in zip(first, expected, calls, strict=True):
            if problem := compared(experiment, *each):
                return problem
    return (
        _exact_problem(run, experiment, seeds, states)
        or order_problem(run, experiment, seeds, states)
        or long_problem(run, experiment, seeds[0], states)
        or (_idle_weights_problem(run, experiment, seeds[0]) if experiment.adam else None)
        or (experiment.relation(run, experiment) if experiment.relation else None)
        or _default_data_problem(run, experiment, seeds[0])
    )


def _exact_problem(
    run: Callable,
    experiment: Experiment,
    seeds: Sequence[int],
    states: Mapping[int, Mapping[str, torch.Tensor]],
) -> str | None:
    """Whether every number of a run with full batches is the one that follows from its initial weights."""
    one, other = (experiment.data(derived_seed("data of runs", i) % 10**6) for i in range(2))
    slow, fast = experiment.rates
    usual = {**experiment.rest, "learning_rate": slow, experiment.length: 4}
    otherwise = {} if states else experiment.otherwise  # the weights are those of the model at rest
    large = {**experiment.rest, **otherwise, "learning_rate": fast}
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
            config={**usual, experiment.length: 12},
            seed=seeds[0],
            data={**one, **_trained_on(one)},
            why="what it reaches on the test images changes no training",
        ),
        Probe(config=usual, seed=seeds[0], data=other, why="the same run as before, with other data"),
    ]
    for cases, data in ((experiment.active, one), (experiment.alike, alike(experiment, one))):
        for changes in cases:
            config = {**usual, experiment.length: 2, **changes}
            probes.append(Probe(config=config, seed=seeds[1], data=data, why=full))
    many = {
        **experiment.rest,
        "learning_rate": slow,
        experiment.length: 1,
        "batch_size": 1000,
        **experiment.many,
    }
    probes.append(Probe(config=many, seed=seeds[0], data=_many(one), why=full))
    results, problem = asked(run, probes)
    if problem is not None:
        return problem
    expected = reference_runs(experiment, probes, states)
    problems = (compared(experiment, *each) for each in zip(probes, expected, results, strict=True))
    return next(filter(None, problems), None) or _scores_problem(
        experiment, results[-1], expected[-1], probes[-1].data
    )


def _twins_problem(
    run: Callable, experiment: Experiment, seeds: Sequence[int], histories: Sequence[Sequence[float] | None]
) -> str | None:
    """Whether seeds that are alike in all but a bit or a digit give the same initial weights."""
    if len(set(map(str, histories))) == 1:
        return None  # the seed is not used at all
    for number in (1, 2, 3):
        if histories[number] == histories[0]:
            config = {**experiment.rest, "learning_rate": 0.0}
            data = experiment.data(derived_seed("data of runs", 1) % 10**6)
            again = call_many(run, [(config, seeds[i], data) for i in (0, number)])
            one, other = (history_of(done.value) if type(done.value) is dict else None for done in again)
            if one is not None and one == other:
                return f"seeds {seeds[0]} and {seeds[number]} gave the same losses: is the whole seed used?"
    return None


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


def _many(data: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same training images many times, and more test images than code with a limit of its own goes through."""
    generator = torch.Generator().manual_seed(derived_seed("many test images"))
    images = torch.rand(1100, 1, 28, 28, generator=generator) * torch.linspace(1, 0.1, 1100).reshape(
        -1, 1, 1, 1
    )
    labels = data["test_labels"]
    return {
        "train_images": data["train_images"].repeat(40, 1, 1, 1),
        "train_labels": data["train_labels"].repeat(40),
        "test_images": images,
        "test_labels": labels[torch.randint(len(labels), (1100,), generator=generator)],
    }


def _scores_problem(
    experiment: Experiment,
    result: Mapping[str, Any],
    right: Mapping[str, Any],
    data: Mapping[str, torch.Tensor],
) -> str | None:
    """Whether each score is that of what was returned, on all test images, where the reference's is."""
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
