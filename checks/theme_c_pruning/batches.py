"""Checks for the batches of fine-tuning: every image counts, in an order that the seed decides, another one in each epoch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
from torch import nn

from autograder.checking.seeds import derived_seed, grading_seed
from autograder.checking.values import close, describe, difference
from autograder.errors import CheckFailed
from checks.theme_c_pruning.finetuning import CLOSE, State, finetuned, masked_descent, small_classifier, thin

__all__ = ["check_batches"]

MANY = 3000
"""Images of the full batch: more than code with a limit of its own goes through."""

SEEDS = 8
RATE = 0.5
FAST = 12.0
"""A learning rate with which the losses of a full batch rise and fall."""

NEARLY = 0.01
"""Greatest difference of a weight after steps so large: where rounding switches a unit on for one image more, it was up to 0.0012."""

SAME = 1e-7
"""Models that differ by less were trained in the same order."""

Last = tuple[int, int]
"""Which of four images is alone in the last batch of each of two epochs."""


def check_batches(finetune: Callable) -> None:
    """Fine-tuning goes through all images in each epoch, the last, smaller batch too.

    A full batch has no order. Four images in batches of three have one that shows in the weights: which
    image comes last. Any order is right that depends on the seed and changes from epoch to epoch.

    Args:
        finetune: The student's function, as for `checks.theme_c_pruning.finetuning.check_masked_steps`.

    Raises:
        CheckFailed: With what the order is not, or that there is none.
    """
    generator = torch.Generator().manual_seed(grading_seed() + 2)
    model = small_classifier()
    thin(model, generator)
    images = torch.rand(MANY, 1, 3, 3, generator=generator)
    labels = torch.arange(MANY) * 4 // MANY
    losses: list[float] = []
    expected = masked_descent(model, images, labels, FAST, 4, losses=losses)
    after, history = finetuned(finetune, model, images, labels, FAST, 4, MANY)
    wrong = difference(after, expected)
    if not wrong <= NEARLY:
        raise CheckFailed(
            f"{MANY} images in one batch, 4 epochs: a weight differs by {wrong:.3g} from masked SGD steps made by hand: "
            "are all images used in each epoch, each with its own label?"
        )
    if not close(history, losses, rtol=1e-3, atol=1e-5):
        raise CheckFailed(
            f"{MANY} images in one batch, 4 epochs: the weights are right, but the history is {describe(history)} and not the loss of "
            f"each epoch in turn, {describe(losses)}"
        )
    black, _ = finetuned(finetune, model, torch.zeros_like(images), labels, RATE, 4, MANY)
    idle = next(name for name, p in model.named_parameters() if p.dim() > 1)
    if not torch.equal(black[idle], model.state_dict()[idle]):
        raise CheckFailed(
            f"with black images the weights of '{idle}' get no gradient, but they changed: is anything added to the optimizer, such as "
            "weight decay?"
        )
    _check_whole_seed(finetune, model, images[::50], labels[::50])
    images, labels = images[::750] * torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(4, 1, 1, 1), torch.arange(4)
    ways = {last: _by_hand(model, images, labels, last) for last in itertools.product(range(4), repeat=2)}
    seeds = [derived_seed("seed of fine-tuning", number) % 10_000 for number in range(SEEDS)]
    orders = [_order(finetune, model, images, labels, seed, ways) for seed in [*seeds, seeds[0]]]
    if orders[0] != orders[-1]:
        raise CheckFailed(
            "called twice with the same seed, it gave two different models: is the order of the samples decided by the seed?"
        )
    if len(set(orders)) == 1:
        raise CheckFailed(
            f"{SEEDS} seeds went through the images in the same order: is seed passed on, and are the samples shuffled?"
        )
    if all(first == second for first, second in orders):
        raise CheckFailed(
            "both epochs went through the images in the same order: shuffle them again in each epoch"
        )


def _check_whole_seed(
    finetune: Callable, model: nn.Module, images: torch.Tensor, labels: torch.Tensor
) -> None:
    """The same seed gives the same order, and seeds that differ in one bit or one digit give others."""
    first = derived_seed("twin seeds of fine-tuning") % 10_000
    twins = [first ^ 1, first + 10, first + 100, first + 1000]
    zero, zero_again, state, again, *others = (
        finetuned(finetune, model, images, labels, RATE, 1, 7, seed)[0]
        for seed in [0, 0, first, first, *twins]
    )
    if not (difference(state, again) <= SAME and difference(zero, zero_again) <= SAME):
        raise CheckFailed(
            "called twice with the same seed, it gave two different models: is the order of the samples decided by the seed?"
        )
    for twin, other in zip(twins, others, strict=True):
        if difference(state, other) <= SAME:
            raise CheckFailed(f"seeds {first} and {twin} gave the same model: is the whole seed used?")


def _by_hand(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, last: Last) -> State:
    """The weights after two epochs, each of an update with three images and one with the last image."""
    batches: list[Sequence[int]] = []
    for alone in last:
        batches += [[i for i in range(4) if i != alone], [alone]]
    return masked_descent(model, images, labels, RATE, 4, batches=batches)


def _order(
    finetune: Callable,
    model: nn.Module,
    images: torch.Tensor,
    labels: torch.Tensor,
    seed: int,
    ways: dict[Last, State],
) -> Last:
    after, _ = finetuned(finetune, model, images, labels, RATE, 2, 3, seed)
    off, order = min((difference(after, state), last) for last, state in ways.items())
    if not off <= CLOSE:
        raise CheckFailed(
            f"4 images in batches of 3, two epochs: the weights come from no order of the images (they differ by {off:.3g}). Is each "
            "image used once in each epoch, the last, smaller batch too, with one masked update for each batch?"
        )
    return order
