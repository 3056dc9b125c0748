"""Checks for the second stage of a run: fine-tuning as its own `finetune_masked` does it, with the seed and the batches of the run."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch

from autograder.checking.calls import in_kernel
from autograder.checking.seeds import derived_seed
from autograder.checking.values import difference
from autograder.errors import CellTimeout, KernelDied
from checks.shared.models import state_of
from checks.shared.probes import Experiment, Probe, asked, compared, reference_runs, small_data
from checks.theme_c_pruning.finetuning import CLOSE, finetuned, small_classifier

__all__ = ["fine_tuning_problem"]

TIMES = 18
"""How often the labels of small data are repeated: 144 images, more than a batch of 64 or 128."""

BATCH = 100


def fine_tuning_problem(run: Callable, experiment: Experiment) -> str | None:
    """What is wrong with the fine-tuning of a run; None where nothing is.

    All images in one batch have no order. In smaller batches the order is known where training and
    `finetune_masked` alone go through the images in the reference's.
    """
    seed = derived_seed("seed of two stages") % 10_000
    data = small_data(derived_seed("data of two stages") % 10**6, labels=(3, 1, 4, 1, 5, 9, 2, 6) * TIMES)
    config = {**experiment.rest, "learning_rate": experiment.rates[0], experiment.length: 1, "amount": 0.6}
    full = {**config, "batch_size": 2 * 8 * TIMES, "finetune_epochs": 2}
    alone, both = ({**config, "batch_size": BATCH, "finetune_epochs": epochs} for epochs in (0, 2))
    probes = [
        Probe(config=full, seed=seed, data=data, why="with all images in one batch the order plays no part"),
        Probe(config=alone, seed=seed, data=data, why=""),
        Probe(
            config=both, seed=seed, data=data, why="fine-tuning with the seed and the batch size of the run"
        ),
    ]
    results, problem = asked(run, probes)
    if problem is not None:
        return problem
    problems = [
        compared(experiment, probe, right, got)
        for probe, right, got in zip(probes, reference_runs(experiment, probes), results, strict=True)
    ]
    if problems[0] is not None:
        return problems[0]
    if problems[1] is None and problems[2] is not None and _in_order(run, experiment, seed, data):
        return problems[2]
    return None


def _in_order(run: Callable, experiment: Experiment, seed: int, data: Mapping[str, Any]) -> bool:
    """Whether the finetune_masked that run uses goes through batches in the order of the reference's."""
    model = small_classifier()
    images, labels = (
        torch.nn.functional.adaptive_avg_pool2d(data["train_images"], 3),
        data["train_labels"] % 4,
    )
    setting = (images, labels, 0.5, 2, BATCH, seed)
    try:
        theirs, _ = finetuned(
            in_kernel(eval, "run.__globals__['finetune_masked']", {"run": run}), model, *setting
        )
    except (KernelDied, CellTimeout):
        raise
    except Exception:
        return False  # run fine-tunes in another way, or finetune_masked is wrong itself
    own = copy.deepcopy(model)
    experiment.reference.__globals__["finetune_masked"](own, *setting)
    return difference(theirs, state_of(own)) <= CLOSE
