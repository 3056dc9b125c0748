"""Checks for an experiment of two tasks, one after the other, with a memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from autograder.checking.calls import call_many, in_kernel
from autograder.checking.seeds import derived_seed
from autograder.checking.values import form
from autograder.errors import CellTimeout, CheckFailed, KernelDied
from checks.shared.experiments import check_predictions
from checks.shared.probes import Experiment

__all__ = ["check_two_task_run", "four_new_images", "memory_problem"]

EPOCHS = 8
"""Of each task, where it is looked which samples a memory gives."""


def check_two_task_run(
    result: Mapping[str, Any], config: Mapping[str, Any], data: Mapping[str, torch.Tensor], truth: torch.Tensor,
    *, new_class: int, at_least: float,
) -> None:  # fmt: skip
    """The predictions of a run come from its last model, the history has both tasks, and the first model knew the old one.

    Args:
        result: What `check_run` returned: "score", "history", "predictions", and "models", two handles.
        config: The configuration of the run.
        data: The data that run got; its test labels are decoys.
        truth: The true test labels.
        new_class: The class that is learned in the second task.
        at_least: The percentage of the old classes that the first model exceeds with every seed.
    """
    check_predictions(result, data, truth, at_least=0)
    epochs = 2 * config["epochs_per_task"]
    if len(result["history"]) != epochs:
        raise CheckFailed(
            f"'history' must have one value for each epoch of both tasks, 2 x {config['epochs_per_task']} = {epochs}, "
            f"got {len(result['history'])}"
        )
    models = result.get("models")
    if type(models) not in (list, tuple) or len(models) != 2 or not all(map(callable, models)):
        raise CheckFailed(
            f"run(...)['models'] must be two models, after the first and after the second task, got {form(models)}"
        )
    before, after = (_predicted(model, data["test_images"], len(truth)) for model in models)
    if not torch.equal(after, result["predictions"]):
        raise CheckFailed("the last of run(...)['models'] must be the model whose predictions are returned")
    old = truth != new_class
    reached = 100 * (before == truth)[old].double().mean().item()
    if bool((before[old] == new_class).all()) or not reached >= at_least:
        raise CheckFailed(
            f"the first of run(...)['models'] is right for {reached:.0f} % of the old classes, expected at least "
            f"{at_least:g} %: is it a copy of the model (copy.deepcopy), made right after the first task?"
        )
    if bool((before == new_class).any()):
        raise CheckFailed(
            f"after the first task the model predicts {new_class}: did the first task contain it?"
        )


def memory_problem(run: Callable, experiment: Experiment) -> str | None:
    """What is wrong with a run whose memory is of one kind whatever the config says, or draws the same whatever the seed."""
    data = experiment.data(derived_seed("kinds of memory") % 10**6)
    config = {**experiment.rest, "capacity": 2, "n_replay": 5, experiment.length: 3}
    seeds = range(21, 27)
    histories = _histories(
        run, [({**config, "memory": name}, seed, data) for name in ("fifo", "reservoir") for seed in seeds]
    )
    if histories[:6] == histories[6:]:
        return "runs with a FIFO memory and with a reservoir gave the same losses: is config['memory'] used?"
    # One old image and one new one have no order: at learning rate 0 only what is drawn changes the loss.
    kept = [int(torch.nonzero(mask)[0]) for mask in (data["train_labels"] != 9, data["train_labels"] == 9)]
    two = {**data, "train_images": data["train_images"][kept], "train_labels": data["train_labels"][kept]}
    config = {
        **experiment.rest,
        "learning_rate": 0.0,
        "capacity": 100,
        "n_replay": 1,
        experiment.length: EPOCHS,
    }
    drawn = _drawn(run, [(config, seed, two) for seed in seeds])
    if len(set(drawn)) == 1:
        return (
            f"{len(drawn)} seeds drew the same samples from memories that hold the same: is seed passed on to the memory, "
            "and does training replay what it draws?"
        )
    asked = [({**config, "memory": "reservoir", "capacity": 2}, seed, two) for seed in seeds[:3]]
    for (own, seed, _), got in zip(
        [(config, seed, two) for seed in seeds[:3]] + asked, drawn[:3] + _drawn(run, asked), strict=True
    ):
        prescribed = _prescribed_draws(run, own, seed, two)
        if prescribed is not None and got != prescribed:
            return (
                f"with config['memory'] = {own['memory']!r}, config['capacity'] = {own['capacity']} and seed {seed} training "
                "replays other samples than MEMORIES[config['memory']](config['capacity'], seed) gives that stays the same "
                "through both tasks, and gets each batch after the samples for it were drawn"
            )
    return None


def _drawn(run: Callable, asked: Sequence[tuple]) -> list[tuple[bool, ...] | None]:
    """For each run on one old image and one new one, in which epochs of the second task the new one was replayed."""
    return [
        tuple(abs(loss - history[EPOCHS]) > 1e-5 for loss in history[EPOCHS:])
        if len(history or []) == 2 * EPOCHS
        else None
        for history in _histories(run, asked)
    ]


def _prescribed_draws(
    run: Callable, config: Mapping[str, Any], seed: int, data: Mapping[str, torch.Tensor]
) -> tuple[bool, ...] | None:
    """In which epochs of the second task the memory that the text prescribes gives the new image; None where there is no such memory."""
    names = {"run": run, "config": config, "seed": seed}
    try:
        memory = in_kernel(
            eval, "run.__globals__['MEMORIES'][config['memory']](config['capacity'], seed)", names
        )
        drawn = []
        for part in (data["train_labels"] != 9, data["train_labels"] == 9):
            for _ in range(EPOCHS):
                drawn.append(len(memory) > 0 and int(memory.sample(1)[1]) == 9)
                memory.add(data["train_images"][part], data["train_labels"][part])
    except (KernelDied, CellTimeout):
        raise
    except Exception:
        return None
    return tuple(drawn[EPOCHS:])


def _histories(run: Callable, asked: Sequence[tuple]) -> list[Any]:
    return [call.value.get("history") if type(call.value) is dict else None for call in call_many(run, asked)]


def four_new_images(data: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The data with four images of the new digit, so that the second task has two batches of two, too."""
    generator = torch.Generator().manual_seed(derived_seed("images of the new digit"))
    old = data["train_labels"] != 9
    return {
        **data,
        "train_images": torch.cat([data["train_images"][old], torch.rand(4, 1, 28, 28, generator=generator)]),
        "train_labels": torch.cat([data["train_labels"][old], torch.full((4,), 9)]),
    }


def _predicted(model: Any, images: torch.Tensor, n: int) -> torch.Tensor:
    model.eval()
    logits = model(images)
    if (
        not isinstance(logits, torch.Tensor)
        or logits.dim() != 2
        or len(logits) != n
        or not logits.isfinite().all()
    ):
        raise CheckFailed(
            f"each of run(...)['models'] must give finite logits with a row for each image, got {form(logits)}"
        )
    return logits.detach().argmax(dim=1)
