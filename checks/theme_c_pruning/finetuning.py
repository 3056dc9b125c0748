"""Checks for fine-tuning a pruned model: masked SGD steps, zeros that stay, accuracy that comes back."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from autograder.checking.calls import send
from autograder.checking.promises import Promises, keeping
from autograder.checking.seeds import grading_seed
from autograder.checking.values import close, describe, difference, is_number
from autograder.errors import CheckFailed
from checks.shared.digits import Digits, handwriting, mlp
from checks.shared.models import send_with_gradients, state_of, test_accuracy
from checks.shared.pruning import pruned_count
from checks.theme_c_pruning.model_pruning import spread_out

__all__ = [
    "check_masked_steps",
    "check_recovers",
    "check_zeros_survive",
    "finetuned",
    "masked_descent",
    "small_classifier",
    "thin",
]

CLOSE = 1e-4
"""Greatest difference of a weight after a few steps: the order of float32 sums gives about 1e-6."""

TINY = 1e-37
"""A weight that is not 0, whatever is tried to tell it from 0 but the comparison itself."""

SEED = 3
TRAINS = Promises(changes=frozenset({0}))

RECOVERY = (0.05, 4, 50)
"""Learning rate, epochs and batch size of the fine-tuning in `check_recovers`."""

RECOVERY_MARGIN = 5.0
"""How many points of accuracy a correct fine-tuning may stay below the reference's.

Measured over 200 seeds: pruned, the network is right for 64.8 % of the images in the mean, and with
the reference's fine-tuning for 89.0 %. Correct answers that shuffle in another way differ from that by
0.0 points in the mean, 0.3 in standard deviation, 1.0 at most. Students are told 4 points.
"""

State = dict[str, torch.Tensor]


def check_masked_steps(finetune: Callable) -> None:
    """Fine-tuning is SGD on the mean cross entropy in which weights that are 0 at the start stay 0.

    All samples are equal, so that the order of the batches plays no part and the weights afterwards
    follow from steps made here by hand.

    Args:
        finetune: The student's function, called as
            finetune(model, images, labels, learning_rate, epochs, batch_size, seed); trains in place.

    Raises:
        CheckFailed: With the difference and what it looks like.
    """
    generator = torch.Generator().manual_seed(grading_seed())
    plans = ((0.5, 1, 6), (0.5, 2, 6), (0.2, 2, 4), (0.2, 3, 1), (0.1, 0, 3))
    for model, zeros, count, scale in (
        (small_classifier(), True, 5, 1),
        (_small_images(), True, 3, 1),
        (small_classifier(), True, 3, 50),
        (small_classifier(), False, 2, 1),
        (_other_names(), True, 2, 1),
    ):
        images = scale * torch.rand(1, 1, 3, 3, generator=generator).repeat(6, 1, 1, 1)
        labels = torch.full((6,), 2)
        if zeros:
            thin(model, generator)
        for rate, epochs, size in plans[:count]:
            rate = rate / scale**2
            after, history = finetuned(finetune, model, images, labels, rate, epochs, size)
            sizes = [min(size, 6 - first) for first in range(0, 6, size)]
            steps = epochs * len(sizes)
            losses: list[float] = []
            expected = masked_descent(model, images, labels, rate, steps, losses=losses)
            wrong = difference(after, expected)
            if not wrong <= CLOSE:
                raise CheckFailed(
                    f"6 equal images, learning rate {rate}, {epochs} epochs in batches of {size}: a weight differs by "
                    f"{wrong:.3g} from masked SGD steps made by hand"
                )
            each = [losses[i : i + len(sizes)] for i in range(0, steps, len(sizes))]
            means = [sum(n * loss for n, loss in zip(sizes, epoch, strict=True)) / 6 for epoch in each]
            if not any(
                close(history, right, rtol=1e-3, atol=1e-5)
                for right in (means, [sum(e) / len(e) for e in each])
            ):
                raise CheckFailed(
                    f"6 equal images, learning rate {rate:g}, {epochs} epochs in batches of {size}: the weights are right, "
                    "but the history is not the mean of the losses of each epoch, each computed before its update"
                )


def check_zeros_survive(finetune: Callable) -> None:
    """On different samples, in batches that do not divide them: every zero weight is still 0, the rest moves.

    Args:
        finetune: As for `check_masked_steps`.

    Raises:
        CheckFailed: With how many weights came back.
    """
    generator = torch.Generator().manual_seed(grading_seed() + 1)
    digits = handwriting(grading_seed() + 5, 50, 0)
    model = mlp(
        grading_seed(), (784, 40, 30, 10)
    )  # wide enough that no seed leaves a layer without a gradient
    thin(model, generator, share=0.8)
    data = digits.train_images, digits.train_labels
    after, _ = finetuned(finetune, model, *data, 0.1, 3, 16)
    for name, w in model.named_parameters():
        w, new = w.detach(), after[name]
        back = int(((w == 0) & (new != 0)).sum())
        if w.dim() > 1 and back:
            raise CheckFailed(
                f"{back} of the {int((w == 0).sum())} zeros of '{name}' are not 0 after fine-tuning: "
                "an optimizer step moves them, so the mask is needed after every step"
            )
        if w.dim() == 1 and not bool((new != w).any()):
            raise CheckFailed(
                f"'{name}' did not change at all: biases are trained, whether they are 0 or not"
            )
        if w.dim() > 1 and not bool((new != w)[w != 0].any()):
            raise CheckFailed(f"no weight of '{name}' changed: the weights that are kept are trained further")


def check_recovers(finetune: Callable, reference: Callable, margin: float = RECOVERY_MARGIN) -> None:
    """A network that has lost 95 % of its weights gets back as much accuracy as with the reference's fine-tuning.

    The labels of the unseen images stay here.

    Args:
        finetune: As for `check_masked_steps`.
        reference: The reference's function; it runs once in a process for each seed.
        margin: Allowed points of accuracy below the reference.

    Raises:
        CheckFailed: With both the accuracy reached and the margin.
    """
    seed = grading_seed()
    digits, pruned = _pruned_network(seed)
    student = send(pruned)
    finetune(student, digits.train_images, digits.train_labels, *RECOVERY, seed)
    reached = test_accuracy(student, digits.test_images, digits.test_labels)
    if not reached >= _recovered(reference, seed) - margin:
        raise CheckFailed(
            f"a network pruned by 95 % and fine-tuned for {RECOVERY[1]} epochs gets {reached:.1f} % of "
            f"{len(digits.test_labels)} unseen images right, more than {margin:g} points below a correct solution"
        )


def small_classifier() -> nn.Sequential:
    return spread_out(nn.Sequential(nn.Flatten(), nn.Linear(9, 7), nn.ReLU(), nn.Linear(7, 4)), 44)


def _small_images() -> nn.Sequential:
    """Channels that no start leaves without a gradient, as it may leave all three behind a ReLU."""
    return spread_out(nn.Sequential(nn.Conv2d(1, 3, 2), nn.Tanh(), nn.Flatten(), nn.Linear(12, 4)), 45)


def _other_names() -> nn.Sequential:
    """Weights and biases that are called weight_ih, bias_hh and so on; the last parameter is a weight."""
    return spread_out(nn.Sequential(nn.Flatten(), nn.RNNCell(9, 7), nn.Linear(7, 4, bias=False)), 49)


def thin(model: nn.Module, generator: torch.Generator, share: float = 0.5) -> None:
    """Set a share of the weights, all of one unit, and every second bias, to 0, and make some others tiny."""
    with torch.no_grad():
        for p in model.parameters():
            drawn = torch.rand(p.shape, generator=generator)
            p[drawn < (share if p.dim() > 1 else 0.5)] = 0
            p[drawn > 0.95] = TINY
            if p.dim() > 1:
                p[1] = 0


def finetuned(finetune, model, images, labels, rate, epochs, size, seed=SEED) -> tuple[State, list]:
    """The state of a copy of the model that the student's function has trained, and what it returned."""
    student = send_with_gradients(model)  # old gradients count for nothing
    history = keeping(finetune, student, images, labels, rate, epochs, size, seed, promises=TRAINS)
    if type(history) is not list or len(history) != epochs or not all(map(is_number, history)):
        raise CheckFailed(
            f"finetune_masked must return a list with the mean loss of each of the {epochs} epochs, got {describe(history)}"
        )
    after = state_of(student)
    if after.keys() != state_of(model).keys():
        raise CheckFailed("after fine-tuning the model has other parameters than before")
    return after, history


def masked_descent(model, images, labels, rate, steps, *, losses=None, batches=None) -> State:
    """The state after gradient steps on all samples, weights that were 0 put back.

    The loss before each step is added to `losses`. With `batches`, each step is on the samples at these places.
    """
    model = copy.deepcopy(model)
    masks = {name: (p != 0).float() for name, p in model.named_parameters() if p.dim() > 1}
    for step in range(steps):
        model.zero_grad()
        chosen = slice(None) if batches is None else batches[step]
        loss = F.cross_entropy(model(images[chosen]), labels[chosen])
        loss.backward()
        if losses is not None:
            losses.append(loss.item())
        with torch.no_grad():
            for name, p in model.named_parameters():
                p -= rate * p.grad
                p *= masks.get(name, 1)
    return state_of(model)


@functools.cache
def _pruned_network(seed: int) -> tuple[Digits, nn.Module]:
    """A network trained on 600 digits, 95 % of the weights of each layer 0, and the digits."""
    digits, model = handwriting(seed + 6, 600, 400), mlp(seed + 6)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for _ in range(8):
        for images, labels in zip(digits.train_images.split(50), digits.train_labels.split(50), strict=True):
            optimizer.zero_grad()
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
    with torch.no_grad():
        for p in model.parameters():
            if p.dim() > 1:
                p.view(-1)[p.abs().flatten().argsort()[: pruned_count(p.numel(), 0.95)]] = 0
    model.zero_grad()
    return digits, model


@functools.cache
def _recovered(reference: Callable, seed: int) -> float:
    digits, pruned = _pruned_network(seed)
    model = copy.deepcopy(pruned)
    reference(model, digits.train_images, digits.train_labels, *RECOVERY, seed)
    return test_accuracy(model, digits.test_images, digits.test_labels)
