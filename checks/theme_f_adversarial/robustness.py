"""Checks for robust accuracy and for steps of adversarial training."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator, Mapping
from unittest.mock import Mock

import torch
from torch import nn
from torch.nn import functional as F

from autograder.checking.calls import in_kernel, send
from autograder.checking.promises import Promises, keeping
from autograder.checking.seeds import grading_seed
from autograder.checking.values import form
from autograder.errors import CheckFailed
from checks.shared.digits import handwriting, mlp
from checks.shared.models import MOMENTUM, learner, state_of
from checks.theme_f_adversarial.forms import near

__all__ = ["check_adversarial_step", "check_robust_accuracy"]

TRAINS = Promises(changes=frozenset({0, 1, 2}))


def check_robust_accuracy(
    robust_accuracy: Callable, attacks: Mapping[str, tuple[Callable, Callable]]
) -> None:
    """`robust_accuracy(model, attacks, images, labels)`: percentage of images right as they are and under every attack.

    Args:
        robust_accuracy: The student's function.
        attacks: For each attack its name, the one in the student's kernel and the same function here.
    """
    names = list(attacks)
    for number, chosen in enumerate(
        ([], names[:1], names[1:], names, names[::-1], [names[0], *names], [*names, names[0]])
    ):
        model, images, labels = _robust_case(
            tuple(attacks[name][1] for name in chosen), grading_seed() + 100 * number
        )
        right = _survivors(model, [attacks[name][1] for name in chosen], images, labels)
        expected = 100 * right.all(dim=0).double().mean().item()
        theirs = [attacks[name][0] for name in chosen]
        value = keeping(robust_accuracy, copy.deepcopy(model), theirs, images.clone(), labels.clone())
        if type(value) is not float:
            raise CheckFailed(f"expected a Python float, got {form(value)}")
        if not abs(value - expected) <= 1e-3:
            raise CheckFailed(
                f"with the attacks {chosen} on {len(images)} images: {value:.4g} is not the percentage of images that "
                f"are right as they are and under every attack"
            )
    _check_what_attacks_get(robust_accuracy)
    _check_what_attacks_give(robust_accuracy)


def _check_what_attacks_get(robust_accuracy: Callable) -> None:
    """An attack gets the original images, all at once or in parts, with their true labels."""
    model, images, labels = _robust_case((), grading_seed())
    got = []

    def attack(model, images, labels):
        got.append((images, labels))
        return images

    recorder = Mock(side_effect=attack)
    robust_accuracy(copy.deepcopy(model), [recorder, recorder], images.clone(), labels.clone())
    pairs = {(str(image.tolist()), int(label)) for image, label in zip(images, labels, strict=True)}
    for some, their_labels in got:
        if not {(str(x.tolist()), int(y)) for x, y in zip(some, their_labels, strict=True)} <= pairs:
            raise CheckFailed(
                "an attack was called with other images than the original ones, or with other labels than their true ones"
            )


def _check_what_attacks_give(robust_accuracy: Callable) -> None:
    """Two attacks of one name, as those of `pgd_attack` are."""
    model, images, labels = _robust_case((), grading_seed() + 1)
    moves = (lambda _, x, y: 1 - x, lambda _, x, y: x.flip(-1))
    recorders = [Mock(side_effect=move) for move in moves]
    for recorder in recorders:
        recorder.__name__ = "attack"
    expected = 100 * _survivors(model, moves, images, labels).all(dim=0).double().mean().item()
    value = robust_accuracy(copy.deepcopy(model), recorders, images.clone(), labels.clone())
    if type(value) is not float or not abs(value - expected) <= 1e-3:
        got = f"{value:.4g}" if type(value) is float else form(value)
        raise CheckFailed(
            f"with two attacks of the same name: got {got}, expected {expected:.4g}; every attack counts"
        )


def check_adversarial_step(step: Callable, attacks: Mapping[str, tuple[Callable, Callable]]) -> None:
    """`adversarial_train_step(model, optimizer, attack, images, labels)` is one SGD step on the attacked images.

    Compared with steps made here, for attacks that depend on model, images and labels and for one that
    leaves gradients in the model, with momentum, from small weights and from large ones; and of a model whose
    dropout, as long as it is in training mode, leaves nothing but the last biases to learn. One attack leaves the
    range of pixels, and the model is right about all of its images.

    Args:
        step: The student's function.
        attacks: As for `check_robust_accuracy`.
    """
    first, *others = attacks
    stretching = "3 * images - 1"
    theirs = in_kernel(eval, f"lambda model, images, labels: {stretching}", send({}))
    attacks = {**attacks, stretching: (theirs, lambda model, images, labels: 3 * images - 1)}
    sizes = [12, 23, 1]
    cases = [
        (first, 30, 1e-4, None),
        *((name, 1, 0.1, None) for name in others),
        (first, 1, 0.1, 2),
        (first, 1, 0.1, 0),
        (stretching, 1, 0.1, None),
    ]
    for number, (name, scale, rate, extra) in enumerate(cases):  # small gradients and large ones
        theirs, ours = attacks[name]
        seed = grading_seed() + 10 + number
        digits = handwriting(seed, 36, 0)
        batches = list(
            zip(_pixels(digits.train_images).split(sizes), digits.train_labels.split(sizes), strict=True)
        )
        made = mlp(seed, (784, 16, 10))
        if extra is not None:
            made.insert(extra, nn.Dropout(1.0) if extra else nn.Conv2d(1, 1, 3, padding=1))
        with torch.no_grad():
            for parameter in made.parameters():
                parameter.mul_(scale)
        student = send(made.train())
        optimizer = in_kernel(torch.optim.SGD, student.parameters(), lr=rate, momentum=MOMENTUM)
        own = learner(made, rate)
        for t, (images, labels) in enumerate(batches, start=1):
            if name == stretching:
                labels = own[0](ours(own[0], images, labels)).argmax(dim=1)
            value = keeping(step, student, optimizer, theirs, images, labels, promises=TRAINS)
            loss = _step(own, ours, images, labels)
            where = f"after {t} steps with the attack {name}, the last one on {len(images)} images"
            got = state_of(student)
            if not near(got, own[0].state_dict()):
                raise CheckFailed(
                    f"{where} the weights are not those of SGD on the mean cross entropy of the attacked images"
                )
            if type(value) is not float or not abs(value - loss) <= 1e-5 * (1 + loss):
                got_value = f"{value:.5g}" if type(value) is float else form(value)
                raise CheckFailed(
                    f"{where}: the function must return, as a Python float, the mean loss on the attacked images "
                    f"before the update; got {got_value}"
                )


@functools.cache
def _robust_case(attacks: tuple[Callable, ...], seed: int) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A model and images on which as many usual mistakes as possible give another percentage than the right one."""
    best, most = None, -1
    for attempt in range(15):
        generator = torch.Generator().manual_seed(seed + attempt)
        model = nn.Sequential(nn.Flatten(), nn.Linear(4, 4))
        with torch.no_grad():
            model[1].weight.copy_(4 * torch.randn(4, 4, generator=generator))
            model[1].bias.copy_(torch.randn(4, generator=generator))
            images = torch.rand(263, 1, 2, 2, generator=generator)
            predicted = model(images).argmax(dim=1)
        wrong = torch.rand(263, generator=generator) < 0.35
        labels = torch.where(wrong, torch.randint(0, 4, (263,), generator=generator), predicted)
        right = 100 * _survivors(model, attacks, images, labels).all(dim=0).double().mean().item()
        others = _other_readings(model, attacks, images, labels)
        told_apart = sum(abs(right - value) > 1 for value in others)
        if 0 < right < 100 and told_apart > most:
            best, most = (model, images, labels), told_apart
    return best


def _survivors(model, attacks, images, labels) -> torch.Tensor:
    """(1 + attacks, n) bool: which images are right as they are, and under each attack."""
    model = copy.deepcopy(model)
    versions = [images, *(attack(model, images, labels) for attack in attacks)]
    with torch.no_grad():
        return torch.stack([model(version).argmax(dim=1) == labels for version in versions])


def _other_readings(model, attacks, images, labels) -> Iterator[float]:
    """What the usual misreadings of robust accuracy give."""
    right = _survivors(model, attacks, images, labels).double()
    yield right.all(dim=0).double().mean().item()
    if not attacks:
        return
    yield 100 * right[0].mean().item()
    yield 100 * right[1:].all(dim=0).double().mean().item()
    if len(attacks) > 1:
        under = 100 * right[1:].mean(dim=1)
        yield from (under.mean().item(), under.min().item(), 100 * right.mean().item())
        yield 100 * right.any(dim=0).double().mean().item()
        yield 100 * (right[0] * right[-1]).mean().item()


def _step(learning: tuple[nn.Module, torch.optim.Optimizer], attack: Callable, images, labels) -> float:
    """One step of a learner on the attacked images; the loss before it."""
    model, optimizer = learning
    attacked = attack(model, images, labels).detach()
    optimizer.zero_grad()
    loss = F.cross_entropy(model(attacked), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _pixels(images: torch.Tensor) -> torch.Tensor:
    """Images of `handwriting`, from [-1, 1] to [0, 1]."""
    return (images + 1) / 2
