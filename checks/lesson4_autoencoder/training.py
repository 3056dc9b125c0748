"""Checks for the training of autoencoders: the same steps and losses as the reference's, in training mode.

Models and training data are the grader's own, of library layers, and never those that a notebook shows.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from autograder.checking.calls import fetch, in_kernel, send
from autograder.checking.promises import Promises, keeping
from autograder.checking.seeds import grading_seed
from autograder.checking.values import form, tensor_problem
from autograder.errors import CheckFailed
from checks.lesson4_autoencoder.models import cell_model, errors_of, linear_model, partly_frozen, small_model
from checks.shared.digits import handwriting
from checks.shared.models import made_with_seed

__all__ = [
    "TRAINED_MARGIN",
    "check_reported_losses",
    "check_trained_autoencoder",
    "check_training_mode",
    "check_training_steps",
]

TRAINED_MARGIN = 0.4
"""How much more error than the reference's a trained model may have on unseen images.

Measured over 200 seeds, where the reference leaves 0.33 of the mean image's error: drawing the
batches in the same order, correct rewrites end at 0.9996 to 1.0002 times the reference's error;
in an order of their own, at 0.82 to 1.22 times, with a standard deviation of 0.06. Students are
told 1.3 times.
"""

# Part of the way that the reference's weights move. Over 200 seeds, correct rewrites differed by 0.
STEP_SLACK = 0.004
# Part of a loss, where the weights agree.
LOSS_SLACK = 1e-3
TRAINS = Promises(changes=frozenset([0]))
TURNS = """
class Turns:
    def __init__(self, epochs):
        self.epochs, self.turn = epochs, -1

    def __iter__(self):
        self.turn += 1
        return iter(self.epochs[self.turn % len(self.epochs)])
"""
"""A loader that gives other batches each time that it is looped over, as one that shuffles or augments."""


def check_reported_losses(train: Callable) -> None:
    """`train(model, loader, epochs, lr)` returns, for each epoch, the mean squared error per image.

    With a learning rate of 0 nothing moves, so the loss of every epoch is known in closed form; the
    last batch is smaller than the others and harder.

    Args:
        train: Called as train(model, loader, epochs, lr).
    """
    generator = torch.Generator().manual_seed(grading_seed())
    for n_images, batch, n_pixels, epochs in [(45, 20, 12, 3), (7, 7, 5, 1), (9, 4, 30, 2)]:
        images = 0.3 * torch.rand(n_images, n_pixels, generator=generator)
        images[-(n_images % batch or 1) :] = 1 - 0.1 * torch.rand(n_pixels, generator=generator)
        model = small_model(n_pixels, grading_seed())
        value = train(send(model), _loader(images, batch), epochs, 0.0)
        _check_losses_form(value, epochs)
        with torch.no_grad():
            expected = ((model(images) - images) ** 2).mean().item()
        for loss in value:
            if not abs(loss - expected) <= 1e-4 * expected:
                raise CheckFailed(
                    f"with lr=0, {n_images} images of {n_pixels} pixels in batches of {batch}: the loss of "
                    f"an epoch is {loss / expected:.3g} times the mean squared error over all images and "
                    "pixels. Is the target the input itself, is each batch weighted by its number of images, "
                    "and is lr passed on?"
                )
    _check_looped_once_in_each_epoch(train, generator)
    _check_images_that_a_loader_leaves_out(train, generator)


def _check_looped_once_in_each_epoch(train: Callable, generator: torch.Generator) -> None:
    epochs = [[(torch.rand(n, 6, generator=generator) * n, torch.zeros(n)) for n in (2, 3)] for _ in range(3)]
    model = small_model(6, grading_seed())
    names = send({})
    in_kernel(exec, TURNS, names)
    value = train(send(model), names["Turns"](epochs), len(epochs), 0.0)
    _check_losses_form(value, len(epochs))
    rows = [torch.cat([images for images, _ in batches]) for batches in epochs]
    expected = [_mean_error(model, images) for images in rows]
    if not all(abs(loss - own) <= LOSS_SLACK * own for loss, own in zip(value, expected, strict=True)):
        raise CheckFailed(
            "a loader that gives other images each time that it is looped over does not give the losses of these "
            "images: loop over it once in each epoch, and keep no list of its batches"
        )


def _check_images_that_a_loader_leaves_out(train: Callable, generator: torch.Generator) -> None:
    images = torch.rand(11, 6, generator=generator)
    model = small_model(6, grading_seed())
    value = train(send(model), _loader(images, 4, drop_last=True), 1, 0.0)
    _check_losses_form(value, 1)
    expected = _mean_error(model, images[:8])
    if not abs(value[0] - expected) <= LOSS_SLACK * expected:
        raise CheckFailed(
            "a loader that leaves out the last of its dataset's images gives another loss than the mean over the images "
            "that it does give: count those of the batches, not those of the dataset"
        )


def check_training_steps(train: Callable, reference_train: Callable) -> None:
    """`train` moves the weights as the reference does on the same batches, and tells the same losses.

    Args:
        train: The student's function, called as train(model, loader, epochs, lr).
        reference_train: The reference's.
    """
    seed = grading_seed()
    drawn = torch.Generator().manual_seed(seed)
    # Black pixels, as handwriting has them, and grey ones.
    images = torch.rand(50, 12, generator=drawn) * torch.randint(0, 2, (50, 12), generator=drawn)
    # Differences above 1, large gradients, and a loss that rises: mean squares, unclipped, of every epoch.
    wild = 20 * torch.randn(24, 12, generator=drawn)
    # The smallest gradients, which show Adam's eps.
    faint = torch.rand(30, 300, generator=drawn) / 50
    # Losses from the first on that code may take for none.
    tiny = 2e-5 * torch.rand(24, 12, generator=drawn)
    # Large gradients, then 300 steps of small ones: AMSGrad remembers the largest. No parameter is called weight or bias.
    calming = torch.cat([20 * torch.randn(12, 12, generator=drawn), torch.randn(1200, 12, generator=drawn)])
    for make, data, batch, settings in [
        (lambda: small_model(12, seed), images, 7, (1, 0.01)),  # the last batch is a single image
        (lambda: small_model(12, seed), images, 20, (4, 0.003)),
        (lambda: small_model(12, seed), images, 20, ()),
        (lambda: partly_frozen(12, seed), wild, 10, (6, 8.0)),
        (lambda: linear_model(12, seed), wild, 24, (5, 50.0)),  # the loss jumps from hundreds to millions
        (lambda: linear_model(12, seed, zero=True), tiny, 10, (4, 1e-6)),
        (lambda: small_model(300, seed), faint, 30, (3, 0.01)),
        (lambda: cell_model(12, seed), calming, 4, (1, 0.01)),
    ]:
        start, right = make(), make()
        theirs = send(start)
        losses = keeping(train, theirs, _loader(data, batch), *settings, promises=TRAINS)
        expected = reference_train(right, _loader(data, batch), *settings)
        what = (
            f"after {settings[0]} epochs of {-(-len(data) // batch)} batches at lr={settings[1]}"
            if settings
            else "called without epochs and lr (10 epochs at lr=1e-3)"
        )
        _check_losses_form(losses, len(expected))
        state = _state_after(theirs, start)
        moved = [(right.state_dict()[key] - value).flatten() for key, value in start.state_dict().items()]
        off = [(right.state_dict()[key] - value).flatten() for key, value in state.items()]
        part = (torch.cat(off).norm() / torch.cat(moved).norm()).item()
        if not part <= STEP_SLACK:
            raise CheckFailed(
                f"{what} the weights differ from the reference's by {100 * part:.1f} % of the way that the "
                "reference moves. Adam with this lr and its other settings as they are, one optimizer for all "
                "epochs, and for every batch zero_grad, backward, step?"
            )
        if not all(abs(loss - own) <= LOSS_SLACK * own for loss, own in zip(losses, expected, strict=True)):
            raise CheckFailed(
                f"{what} the weights are right, but the losses of the epochs are not: each is the mean over "
                "the epoch's images of the losses computed before the steps, in the order of the epochs"
            )


def check_training_mode(train: Callable) -> None:
    """`train` puts a model that is in evaluation mode into training mode.

    Seen from batch normalisation, which counts its batches in training mode only.

    Args:
        train: Called as train(model, loader, epochs, lr).
    """
    images = torch.rand(12, 6, generator=torch.Generator().manual_seed(grading_seed()))
    model = nn.Sequential(nn.BatchNorm1d(6), small_model(6, grading_seed())).eval()
    theirs = send(model)
    keeping(train, theirs, _loader(images, 4), 2, 1e-3, promises=TRAINS)
    batches = _state_after(theirs, model)["0.num_batches_tracked"].item()
    if not batches >= 6:
        raise CheckFailed(
            "a model in evaluation mode was trained without model.train(): batch normalisation saw "
            f"{batches} of 6 batches in training mode"
        )


def check_trained_autoencoder(
    train: Callable, reference_train: Callable, margin: float = TRAINED_MARGIN
) -> None:
    """A model trained by `train(model, loader)`, with its default settings, restores unseen images.

    Both train the same model from the same weights on handwriting that no notebook shows. On
    held-out images, which are not sent, the error must beat the mean training image and be at
    most (1 + margin) times the reference's.

    Args:
        train: The student's function, called as train(model, loader).
        reference_train: The reference's; its result is kept for the next submission.
        margin: Allowed excess over the reference's error, as a part of it.
    """
    seed = grading_seed()
    images, held_out = _handwriting(seed)
    start = _deep_model(images.shape[1], seed)
    theirs = send(start)
    in_kernel(torch.random.manual_seed, seed)
    losses = train(theirs, _loader(images, 20, shuffle=True))
    _check_losses_form(losses, 10)
    start.load_state_dict(_state_after(theirs, start))
    error = _mean_error(start, held_out)
    baseline = ((held_out - images.mean(dim=0)) ** 2).mean().item()
    if not error <= baseline:
        raise CheckFailed(
            f"after training, the error on unseen images is {error:.4f}, no better than that of the mean "
            f"image, {baseline:.4f}: are the parameters updated, towards the input, for 10 epochs?"
        )
    reference = _reference_error(reference_train, seed)
    if not error <= (1 + margin) * reference:
        raise CheckFailed(
            f"after training, the error on unseen images is {error / reference:.2f} times that of the "
            f"reference on the same data; at most {1 + margin:g} times is allowed. Check the defaults "
            "(10 epochs, lr 1e-3)"
        )


def _check_losses_form(losses: Any, epochs: int | None = None) -> None:
    if type(losses) is not list or not losses or (epochs is not None and len(losses) != epochs):
        number = "one value" if epochs is None else f"{epochs} values, one"
        raise CheckFailed(f"training must return a list of {number} for each epoch, got {form(losses)}")
    if not all(type(loss) is float and math.isfinite(loss) for loss in losses):
        forms = [repr(loss) if type(loss) is float else form(loss) for loss in losses[:3]]
        raise CheckFailed(f"each loss must be a finite Python float, got {', '.join(forms)}, ...")


def _state_after(theirs: Any, model: nn.Module) -> dict[str, torch.Tensor]:
    """The state_dict of a sent model, of which `model` is the grader's copy: same keys, shapes, all finite.

    Raises:
        CheckFailed: Something in it is missing, of another form, NaN or infinite.
    """
    state = fetch(theirs.state_dict())
    if not isinstance(state, dict) or set(state) != set(model.state_dict()):
        raise CheckFailed("the model no longer has the parameters that it was made with")
    for key, value in model.state_dict().items():
        if problem := tensor_problem(state[key], f"the parameter {key}", value.dtype, value.shape):
            raise CheckFailed(f"after the call, {problem}")
    return {key: state[key] for key in model.state_dict()}


def _deep_model(n_pixels: int, seed: int) -> nn.Sequential:
    def build():
        widths: Sequence[int] = (n_pixels, 128, 32, 128, n_pixels)
        layers = [
            layer
            for n_in, n_out in zip(widths, widths[1:], strict=False)
            for layer in (nn.Linear(n_in, n_out), nn.ReLU())
        ]
        return nn.Sequential(*layers[:-1], nn.Sigmoid())

    return made_with_seed(build, seed)


def _handwriting(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """600 images to train on and 300 held out, as rows of pixels from 0 to 1."""
    digits = handwriting(seed, 600, 300)
    return (digits.train_images.flatten(1) + 1) / 2, (digits.test_images.flatten(1) + 1) / 2


def _loader(images: torch.Tensor, batch: int, shuffle: bool = False, drop_last: bool = False) -> DataLoader:
    """Batches of (images, labels), as the notebooks make them; the labels tell nothing."""
    labels = torch.arange(len(images)) % 10
    return DataLoader(TensorDataset(images, labels), batch_size=batch, shuffle=shuffle, drop_last=drop_last)


def _mean_error(model: nn.Module, images: torch.Tensor) -> float:
    return errors_of(model, images).mean().item()


@functools.cache
def _reference_error(reference_train: Callable, seed: int) -> float:
    images, held_out = _handwriting(seed)
    model = _deep_model(images.shape[1], seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        reference_train(model, _loader(images, 20, shuffle=True))
    return _mean_error(model, held_out)
