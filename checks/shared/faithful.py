"""What only a faithful `run` can answer: experiments so small that the text leaves one result.

With all training images in one batch the order plays no part, and with the settings of a theme at
rest (no noise, no attack, nothing pruned) neither do the earlier functions. Then initial weights,
optimizer, data and length decide every number that a run returns, and the reference, from the same
weights, tells them. A learning rate of 0 shows the weights. Which order a run takes, where it may
choose one, is found in `checks.shared.orders`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from autograder.checking.calls import call_many, in_kernel
from autograder.checking.seeds import derived_seed
from autograder.errors import CellTimeout, CheckFailed, KernelDied
from checks.shared.order import order_problem
from checks.shared.probes import (
    Experiment,
    Probe,
    alike,
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

    Catches: another optimizer, weight decay, another model, another number of updates, a part of the
    images or other images, histories that are sorted, smoothed or made up, a seed that does not decide
    weights and order, one order for all epochs, settings that are not passed on, scores of other images.

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
    data = experiment.data(derived_seed("data of runs") % 10**6)
    still = {**experiment.rest, "learning_rate": 0.0}
    first = [
        Probe(config=still, seed=seed, data=data, why="with learning rate 0 the model stays as it was made")
        for seed in seeds
    ]
    calls, problem = _asked(run, first)
    if problem is not None:
        return problem
    states: dict[int, Mapping[str, torch.Tensor]] = {}
    expected = reference_runs(experiment, first)
    histories = [history_of(result) for result in calls]
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
    ]
    for cases, data in ((experiment.active, one), (experiment.alike, alike(experiment, one))):
        for changes in cases:
            config = {**usual, experiment.length: 2, **changes}
            probes.append(Probe(config=config, seed=seeds[1], data=data, why=full))
    results, problem = _asked(run, probes)
    if problem is not None:
        return problem
    expected = reference_runs(experiment, probes, states)
    problems = (compared(experiment, *each) for each in zip(probes, expected, results, strict=True))
    return next(filter(None, problems), None)


def _tests(data: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {key: value for key, value in data.items() if key.startswith("test_")}


def _asked(run: Callable, probes: Sequence[Probe]) -> tuple[list[Mapping[str, Any]], str | None]:
    """The results of run, and what is wrong with the first that is none."""
    results: list[Mapping[str, Any]] = []
    for probe, done in zip(
        probes,
        call_many(run, [(dict(probe.config), probe.seed, dict(probe.data)) for probe in probes]),
        strict=True,
    ):
        if isinstance(done.error, (KernelDied, CellTimeout)):
            raise done.error
        if done.error is not None:
            return results, f"run({probe.config}, ...) raised {type(done.error).__name__}: {done.error}"
        if type(done.value) is not dict or history_of(done.value) is None:
            return (
                results,
                f"run({probe.config}, ...) did not return a dict with a list of finite losses, 'history'",
            )
        results.append(done.value)
    return results, None


def _default_data_problem(run: Callable, experiment: Experiment, seed: int) -> str | None:
    """Whether run without data is run on the notebook's own."""
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
    return None
