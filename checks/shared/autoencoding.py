"""What holds of the runs of an autoencoder, whatever the optimizer makes of rounding."""

from __future__ import annotations

from collections.abc import Callable

import torch

from autograder.checking.seeds import derived_seed
from checks.shared.probes import Experiment, Probe, asked, history_of

__all__ = ["last_model_problem"]

EPOCHS = 5

SAME = 1e-3
"""Relative difference of two losses of the same weights that is rounding: sums in another order give 1e-6."""


def last_model_problem(run: Callable, experiment: Experiment) -> str | None:
    """Whether the returned model is the one after the last update, also where losses rise; a sentence where it is not.

    With all images in one batch the loss of the model after some epochs is the next loss of a longer run.
    """
    assert experiment.models is not None
    data = experiment.data(derived_seed("last model") % 10**6)
    images = data["train_images"][experiment.pool(data)]
    config = {**experiment.rest, "learning_rate": experiment.rates[1] / 10}
    seed = derived_seed("seed of the last model") % 10_000
    probes = [
        Probe(config={**config, experiment.length: epochs}, seed=seed, data=data, why="")
        for epochs in range(1, EPOCHS + 2)
    ]
    results, problem = asked(run, probes)
    if problem is not None:
        return problem
    losses = history_of(results[-1]) or []
    for epochs, result in enumerate(results[:-1], start=1):
        with torch.no_grad():
            own = (experiment.models(result)[0](images) - images).square().mean().item()
        if not abs(own - losses[epochs]) <= SAME * losses[epochs]:
            return (
                f"after {epochs} epochs the returned model has the loss {own:.5g} on the images that it was trained on, but a "
                f"longer run goes on from {losses[epochs]:.5g}: is the model that is returned the one after the last update?"
            )
    return None
