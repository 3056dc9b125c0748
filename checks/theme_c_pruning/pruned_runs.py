"""Checks for a run that trains, prunes and fine-tunes: no amount leaves traces, fine-tuning comes last."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from autograder.checking.calls import call_many, send
from autograder.checking.values import close, form
from autograder.errors import CellTimeout, CheckFailed, KernelDied
from checks.shared.digits import mlp
from checks.shared.pruning import pruned_count
from checks.theme_c_pruning.finetuning import masked_descent

__all__ = ["RECOVERED", "check_amounts_in_any_order", "check_run_recovers", "pruning_with_effect"]

_agree = functools.partial(close, rtol=1e-5, atol=1e-4)

RECOVERED = 80.0
"""What percentage the mean of 4 pruned and fine-tuned models must reach in `check_run_recovers`.

Measured over 200 seeds: correct runs reach 98 in the mean, 80 at least, and 90 at least as a mean of 4;
models fine-tuned before pruning reach about 60. Students are told 85.
"""


def check_amounts_in_any_order(
    run: Callable, config: Mapping[str, Any], data: Any, amounts: Sequence[float] = (0.5, 0.9, 0.0, 0.5, 0.9)
) -> None:
    """A run depends on its own amount, not on those that were run before.

    Catches cumulative pruning: a trained model that is kept from run to run and pruned further.

    Args:
        run: The student's function, called as run(config, seed, data); gives "logits".
        config: A small configuration.
        data: What run gets as its data.
        amounts: In the order of the calls; some occur twice.

    Raises:
        CheckFailed: With the amount whose outputs are not the same both times.
    """
    first: dict[float, Any] = {}
    for call in call_many(run, [({**config, "amount": amount}, 11, data) for amount in amounts]):
        amount, result = call.arguments[0]["amount"], call.result()
        logits = result.get("logits") if type(result) is dict else None
        if not isinstance(logits, torch.Tensor):
            raise CheckFailed(f"run must return a dict with a tensor 'logits', got {form(result)}")
        before = first.setdefault(amount, logits)
        if before.shape != logits.shape or not torch.allclose(before, logits, rtol=1e-4, atol=1e-5):
            raise CheckFailed(
                f"amounts were run in the order {list(amounts)} with one seed, and the outputs at {amount} were not the "
                "same both times: does each run prune the dense model, not the one pruned before?"
            )


def check_run_recovers(
    run: Callable,
    config: Mapping[str, Any],
    data: Mapping[str, torch.Tensor],
    truth: torch.Tensor,
    at_least: float = RECOVERED,
) -> None:
    """Pruned by 95 % and then fine-tuned for 8 epochs, models are right again: the mean over 4 seeds.

    Catches fine-tuning before pruning, which leaves the model as bad as pruning made it.

    Args:
        run: The student's function, called as run(config, seed, data); gives "logits".
        config: A configuration of which amount and finetune_epochs are replaced.
        data: What run gets as its data; its test labels are decoys.
        truth: The true test labels.
        at_least: Percentage that a correct run exceeds.

    Raises:
        CheckFailed: With the percentage.
    """
    config = {**config, "amount": 0.95, "finetune_epochs": 8}
    right = []
    for call in call_many(run, [(config, seed, dict(data)) for seed in range(21, 25)]):
        result = call.result()
        logits = result.get("logits") if type(result) is dict else None
        if not isinstance(logits, torch.Tensor) or logits.shape != (len(truth), 10):
            raise CheckFailed(f"run must return a dict with 'logits' of shape {(len(truth), 10)}")
        right.append(100 * (logits.argmax(dim=1) == truth).double().mean().item())
    reached = sum(right) / len(right)
    if not reached >= at_least:
        raise CheckFailed(
            f"pruned by 95 % and fine-tuned for 8 epochs, the model is right for {reached:.0f} % of new images "
            f"(mean of 4 seeds); a correct run exceeds {at_least:g} %: is it fine-tuned after pruning?"
        )


def pruning_with_effect(prune_model: Callable, global_prune: Callable, finetune: Callable) -> set[str]:
    """What a run can show of "amount", "method", "finetune_epochs", given the student's own functions.

    Where an earlier function is wrong, a later one that calls it cannot show that it passes a setting
    on; it need not lose points for the same mistake. Nothing here passes or fails.

    Returns:
        A subset of {"amount", "method", "finetune_epochs", "recovery"}: the settings that change
        anything, and "recovery" where pruning and fine-tuning are both right. Empty where nothing works.
    """
    layers = ["1", "3", "5"]
    network, labels = mlp(44), torch.arange(4)
    sample = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(44))
    pruned = copy.deepcopy(network)
    with torch.no_grad():
        for p in pruned.parameters():
            if p.dim() > 1:
                p.view(-1)[p.abs().flatten().argsort()[: pruned_count(p.numel(), 0.9)]] = 0

    def outputs(start: nn.Module, change: Callable) -> torch.Tensor | None:
        try:
            logits = change(send(start))(sample)
        except (KernelDied, CellTimeout):
            raise
        except Exception:
            return None
        return logits.detach() if isinstance(logits, torch.Tensor) and logits.shape == (4, 10) else None

    def tuned(model: Any, epochs: int) -> Any:
        finetune(model, sample, labels, 0.1, epochs, 4, 0)
        return model

    effective = set()
    dense = network(sample).detach()
    half = outputs(network, lambda model: prune_model(model, 0.5, layers))
    most = outputs(network, lambda model: prune_model(model, 0.9, layers))
    once, twice = (outputs(network, lambda model, n=n: tuned(model, n)) for n in (1, 2))
    if _differ(half, most) and _differ(most, dense):
        effective.add("amount")
        if _differ(most, outputs(network, lambda model: global_prune(model, 0.9, layers))):
            effective.add("method")
    if _differ(dense, once) and _differ(once, twice):
        effective.add("finetune_epochs")
    masked = copy.deepcopy(pruned)
    masked.load_state_dict(masked_descent(pruned, sample, labels, 0.1, 2))
    right = masked(sample).detach()
    after = outputs(pruned, lambda model: tuned(model, 2))
    if _agree(most, pruned(sample).detach()) and _agree(after, right):
        effective.add("recovery")
    return effective


def _differ(one: torch.Tensor | None, other: torch.Tensor | None) -> bool:
    return one is not None and other is not None and not _agree(one, other)
