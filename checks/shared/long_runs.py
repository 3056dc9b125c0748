"""A run so long that what a few steps hardly show adds up, on images with which rounding does not.

Black training images leave the weights of all pixels without a gradient: they show a weight decay of
1e-5, and biases and the other layers come to rest. With Adam one image repeated comes to rest, too, and
shows whether the means of gradients and of their squares are Adam's: AMSGrad differs by 2 % after
100 steps, an epsilon of 1e-7 by more.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from autograder.checking.seeds import derived_seed
from autograder.checking.values import close
from checks.shared.probes import Experiment, Probe, alike, asked, compared, history_of, reference_runs

__all__ = ["long_problem"]

FASTER = 5
"""How many times as large as the usual learning rate."""

STEPS = 200
ADAM_STEPS = 100

SAME = 2e-3
"""Relative difference of losses that is rounding: measured 1e-6."""


def long_problem(run: Callable, experiment: Experiment, seed: int) -> str | None:
    """Whether a long run is the one that follows from its initial weights; a sentence where it is not.

    Args:
        run: The student's function.
        experiment: The theme's.
        seed: Of the run.
    """
    data = dict(experiment.data(derived_seed("long runs") % 10**6))
    if experiment.adam:
        data, steps, images = alike(experiment, data), ADAM_STEPS, "one image"
    else:
        data["train_images"] = torch.zeros_like(data["train_images"])
        steps, images = STEPS, "black images"
    config = {**experiment.rest, "learning_rate": FASTER * experiment.rates[0], experiment.length: steps}
    probe = Probe(config=config, seed=seed, data=data, why=f"all are {images}", losses_only=experiment.adam)
    results, problem = asked(run, [probe])
    if problem is not None:
        return problem
    [right] = reference_runs(experiment, [probe])
    history, expected = history_of(results[0]), history_of(right)
    if not close(history, expected, rtol=SAME, atol=1e-9 if experiment.adam else 1e-6):
        last = "none" if not history else f"{history[-1]:.4g}"
        return (
            f"in a run of {steps} epochs on {images} the losses, the last of which is {last}, are not those that follow from the "
            f"initial weights, the last {right['history'][-1]:.4g}: are the optimizer and its settings those of the text, to the end?"
        )
    if problem := compared(experiment, probe, right, results[0]):
        return f"{problem}: is anything added to the optimizer, such as weight decay?"
    return None
