"""Checks for denoising: the loss of a denoising autoencoder, PSNR, and what a trained one restores."""

from __future__ import annotations

import copy
import functools
import math
import operator
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from autograder.checking.calls import call_many, in_kernel, send
from autograder.checking.promises import ONLY_LOOKS, keeping
from autograder.checking.seeds import grading_seed
from autograder.checking.values import form, tensor_problem, unchanged
from autograder.errors import CheckFailed
from checks.shared.models import send_with_gradients, small_autoencoder

__all__ = [
    "GAIN_DB",
    "check_denoiser",
    "check_denoising_loss",
    "check_psnr",
    "denoising_data",
]

GAIN_DB = 4.0
"""By how many decibels a model trained on `denoising_data` must improve noisy images that it never saw.

Over 20 seeds of the run and of the data, correct answers gain 7.5 dB or more (10 on average, standard
deviation 0.9); with noise that is wrong in itself (the variance for the deviation) still 5. Students are
told 5 dB.
"""

HAZE = 0.36
"""The mean output on black pixels, in sigma, that a trained model must not exceed.

A model trained towards noisy images gives 0.4 or more: the mean of max(0, n) for a standard normal n.
Over 20 seeds correct answers stay below 0.24, those with wrong noise at the input below 0.31."""

NAMES = {nn.Identity: "the identity", nn.Dropout: "nn.Dropout(1.0)", nn.BatchNorm2d: "nn.BatchNorm2d(1)"}

MATCHED = 0.75
"""The part of the noisy images that must be nearer to their own originals than to the next ones."""


def denoising_data(
    seed: int, n_train: int = 200, n_test: int = 60
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """A small problem in the form of MNIST, and images of the training distribution that are not sent.

    Ten smooth patterns on a dark background, each with a random contrast. The test images in the
    returned data are made of ten *other* patterns: a score computed from them is far from one of
    the training images, and tells nothing about the images kept here.

    Returns:
        (data, held_out): a dict with train_images, train_labels, test_images, test_labels
        (n x 1 x 28 x 28 float32 in [0, 1]; int64), and (n_test, 1, 28, 28) images like the training images.
    """
    generator = torch.Generator().manual_seed(seed)
    patterns = F.interpolate(
        torch.rand(20, 1, 7, 7, generator=generator), size=(28, 28), mode="bilinear", align_corners=False
    )
    patterns = (2.5 * (patterns - 0.4)).clamp(0, 1)

    def images(count: int, first: int) -> tuple[torch.Tensor, torch.Tensor]:
        labels = torch.randint(0, 10, (count,), generator=generator)
        contrast = 0.5 + 0.5 * torch.rand(count, 1, 1, 1, generator=generator)
        return contrast * patterns[first + labels], labels

    train_images, train_labels = images(n_train, 0)
    test_images, test_labels = images(n_test, 10)
    held_out, _ = images(n_test, 0)
    data = {
        "train_images": train_images,
        "train_labels": train_labels,
        "test_images": test_images,
        "test_labels": test_labels,
    }
    return data, held_out


def check_denoising_loss(denoising_loss: Callable) -> None:
    """`denoising_loss(model, clean, noisy)` is the mean of (model(noisy) − clean)², differentiable.

    The model is used as it is: in its mode, and without a trace in its gradients.

    Args:
        denoising_loss: The student's function.
    """
    generator = torch.Generator().manual_seed(grading_seed())
    cases = []
    for number, (n, side) in enumerate([(1, 3), (3, 4), (7, 5), (40, 28)]):
        clean = (2 * torch.rand(n, 1, side, side, generator=generator) - 0.5).clamp(0, 1)
        noisy = clean + 0.4 * torch.randn(clean.shape, generator=generator)
        cases += [
            (nn.Identity(), clean, noisy),
            (small_autoencoder(side, side, number), clean, noisy.clamp(0, 1)),
            (nn.Identity(), clean, clean),
        ]
    cases += [
        (model, clean, noisy) for model in (nn.Dropout(1.0), nn.BatchNorm2d(1), nn.BatchNorm2d(1).eval())
    ]
    for done in call_many(denoising_loss, cases):
        model, clean, noisy = done.arguments
        with torch.no_grad():
            right = (copy.deepcopy(model)(noisy).double() - clean.double()).square().mean().item()
        name = NAMES.get(type(model), "a small network")
        what = f"for {len(clean)} images of {clean.shape[2]} x {clean.shape[3]} pixels and {name} as model"
        loss = done.result()
        loss = loss.detach() if isinstance(loss, torch.Tensor) else loss
        if problem := tensor_problem(loss, "the loss", torch.float32, ()):
            raise CheckFailed(f"{what}: {problem}; it must be a tensor without dimensions")
        if not unchanged(done.arguments[1:], done.arguments_after[1:]):
            raise CheckFailed(f"{what}: the images were changed")
        if not abs(loss.item() - right) <= 1e-4 * right + 1e-7:
            times = f"{loss.item() / right:.3g} times" if right else f"{loss.item():.3g} instead of"
            raise CheckFailed(
                f"{what}, the loss is {times} the mean squared difference over all images and pixels. "
                "Is the noisy image the input and the clean one the target? Is it a mean, not a sum?"
            )
    model, clean, noisy = cases[4]
    in_use = nn.Sequential(copy.deepcopy(model), nn.Dropout(0.5)).train()
    for each in (in_use, copy.deepcopy(in_use).eval()):
        keeping(denoising_loss, send_with_gradients(each), clean, noisy, promises=ONLY_LOOKS)
    partial = in_kernel(functools.partial, denoising_loss, send(model))
    result = in_kernel(torch.autograd.functional.vjp, partial, (clean, noisy))
    expected = torch.autograd.functional.vjp(
        lambda clean, noisy: F.mse_loss(model(noisy), clean), (clean, noisy)
    )[1][1]
    gradients = result[1] if type(result) in (tuple, list) and len(result) == 2 else None
    gradient = gradients[1] if type(gradients) in (tuple, list) and len(gradients) == 2 else None
    if problem := tensor_problem(gradient, "the gradient", torch.float32, noisy.shape):
        raise CheckFailed(problem)
    if not ((gradient - expected).norm() / expected.norm()).item() <= 0.01:
        raise CheckFailed(
            "the loss has no usable gradient through the model: is it cut by detach, no_grad or item()?"
        )
    trained = send(copy.deepcopy(model))
    losses = in_kernel(map, in_kernel(functools.partial, denoising_loss, trained, clean), [noisy])
    in_kernel(deque, in_kernel(map, operator.methodcaller("backward"), losses), maxlen=0)
    gradients = in_kernel(list, in_kernel(map, operator.attrgetter("grad"), trained.parameters()))
    if not all(isinstance(each, torch.Tensor) and each.abs().sum() > 0 for each in gradients):
        raise CheckFailed(
            "backward() on the loss gives the model's parameters no gradient: is it the model itself that is used, not a copy?"
        )


def check_psnr(psnr: Callable) -> None:
    """`psnr(clean, restored)` is 10 log10(1 / MSE) in decibels, one value for each image; inf for equal images.

    Args:
        psnr: The student's function.
    """
    generator = torch.Generator().manual_seed(grading_seed() + 1)
    cases = []
    for shape, size in [
        ((1, 1, 2, 2), 0.1),
        ((3, 1, 5, 4), 0.5),
        ((4, 9), 0.3),
        ((2, 3, 6, 5), 0.02),
        ((6, 1, 28, 28), 0.5),
    ]:
        clean = 0.7 * torch.rand(shape, generator=generator)
        scale = torch.linspace(0.3, 1, shape[0]).reshape(-1, *[1] * (len(shape) - 1))
        cases.append((clean, clean + size * scale * torch.randn(shape, generator=generator)))
    cases.append((torch.zeros(2, 1, 3, 3), torch.ones(2, 1, 3, 3)))
    # Errors far above and far below those of images: negative values, and more than 100 dB.
    sizes = torch.tensor([5.0, 1e-3, 1e-6]).reshape(3, 1, 1, 1)
    grey = torch.full((3, 1, 2, 2), 0.5)
    cases.append((grey, grey + sizes * torch.rand(3, 1, 2, 2, generator=generator)))
    same = torch.rand(3, 1, 4, 4, generator=generator)
    cases.append((same, torch.stack([same[0], same[1] + 0.25, same[2]])))
    for done in call_many(psnr, cases):
        clean, restored = done.arguments
        what = f"for {len(clean)} images of shape {tuple(clean.shape[1:])}"
        values = done.result()
        finite = (
            values.clone().nan_to_num(nan=torch.nan, posinf=0) if isinstance(values, torch.Tensor) else values
        )
        if problem := tensor_problem(finite, "the result", torch.float32, (len(clean),)):
            raise CheckFailed(f"{what}: {problem}; one value for each image?")
        if not unchanged(done.arguments, done.arguments_after):
            raise CheckFailed(f"{what}: the images were changed")
        error = (restored.double() - clean.double()).square().flatten(1).mean(dim=1)
        right = -10 * torch.log10(error)
        for value, decibels in zip(values.tolist(), right.tolist(), strict=True):
            if decibels == math.inf:
                if value != math.inf:
                    raise CheckFailed(f"{what}: for equal images PSNR is infinite, got {value}")
            elif not abs(value - decibels) <= 2e-3:
                raise CheckFailed(
                    f"{what}: a PSNR is {value:.4g} dB, off by {abs(value - decibels):.3g} dB. 10 log10(1 / MSE), "
                    "with the mean over the pixels of that image, and 1 as the largest possible pixel?"
                )


def check_denoiser(
    result: Mapping[str, Any],
    data: Mapping[str, torch.Tensor],
    held_out: torch.Tensor,
    *,
    sigma: float,
    at_least: float = GAIN_DB,
) -> None:
    """The score belongs to the returned images, these to the returned model, and that model denoises.

    The model is called on noisy images whose clean originals never leave the grader.

    Args:
        result: What run returned: "score", "model", "noisy" and "restored" (of all test images: the data
            has no more of them than run returns).
        data: What run got.
        held_out: Images like the training images, not sent.
        sigma: The standard deviation in the config.
        at_least: The gain in dB that a correct run exceeds with every seed.
    """
    clean = data["test_images"]
    for key in ("noisy", "restored"):
        if problem := tensor_problem(result[key], f"'{key}'", torch.float32, clean.shape):
            raise CheckFailed(f"{problem}: one image for each image of data['test_images']")
    noisy, restored = result["noisy"], result["restored"]
    if torch.equal(noisy, clean):
        raise CheckFailed("'noisy' equals data['test_images']: at the test, too, the input must be noisy")
    own, other = (_shape_distance(noisy, images) for images in (clean, clean.roll(1, dims=0)))
    if not (own < other).double().mean().item() >= MATCHED:
        raise CheckFailed("'noisy' is not made of data['test_images'], in their order")
    output = _output(result["model"], noisy)
    if not (output - restored).abs().max().item() <= 1e-3:
        raise CheckFailed(
            "'restored' is not what the returned model gives for 'noisy': is the noisy image the input, "
            "at the test too?"
        )
    true = _psnr(clean, restored).mean().item()
    if not abs(result["score"] - true) <= 0.01:
        raise CheckFailed(
            f"'score' is {result['score']:.4g}, but the mean PSNR of 'restored' against data['test_images'] is "
            f"{true:.4g} dB"
        )
    generator = torch.Generator().manual_seed(grading_seed())
    fresh = (held_out + sigma * torch.randn(held_out.shape, generator=generator)).clamp(0, 1)
    output = _output(result["model"], fresh)
    haze = output[held_out == 0].mean().item()
    if not haze <= HAZE * sigma:
        raise CheckFailed(
            f"where new clean images are black (0), the model's output is {haze:.3f} on average: noise cut at 0 "
            "makes black pixels brighter. Is the target of the training the clean image?"
        )
    gain = (_psnr(held_out, output) - _psnr(held_out, fresh)).mean().item()
    if not gain >= at_least:
        raise CheckFailed(
            f"trained on a small, easy set of images, the model improves new noisy images by {gain:.1f} dB; "
            f"at least {at_least:g} dB are expected. Is it trained on noisy inputs, towards the clean images?"
        )


def _shape_distance(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """The mean squared difference of each pair of images, apart from their brightness."""
    difference = (first - second).flatten(1)
    return (difference - difference.mean(dim=1, keepdim=True)).square().mean(dim=1)


def _psnr(clean: torch.Tensor, restored: torch.Tensor) -> torch.Tensor:
    return -10 * torch.log10((clean.double() - restored.double()).square().flatten(1).mean(dim=1) + 1e-12)


def _output(model: Any, images: torch.Tensor) -> torch.Tensor:
    if not callable(model):
        raise CheckFailed(f"'model' must be the trained model, got {form(model)}")
    output = model(images)
    output = output.detach() if isinstance(output, torch.Tensor) else output
    if problem := tensor_problem(output, "the model's output", torch.float32, images.shape):
        raise CheckFailed(problem)
    return output
