"""Checks for autoencoders: architecture, reconstruction error, codes.

Everything but the architecture is judged on models that are made here, of library layers, and
sent: a student whose autoencoder is wrong can still show that the rest is right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from autograder.checking.calls import call_many, fetch, in_kernel, send
from autograder.checking.promises import keeping, kept
from autograder.checking.seeds import grading_seed
from autograder.checking.values import form, tensor_problem
from autograder.errors import CheckFailed
from checks.lesson4_autoencoder.models import (
    encoder_model,
    errors_of,
    loud_model,
    nested_dropout,
    normalised_model,
    partly_frozen,
    small_model,
)
from checks.shared.models import check_gradients_reach, made_with_seed

__all__ = ["check_autoencoder", "check_encoding", "check_reconstruction_error"]

# What float32 arithmetic in another honest order (image by image, numpy, other reductions) may be off by.
SLACK = 1e-5
# A ReLU within rounding error of its kink may switch; a broken path changes the gradient by all of it.
GRADIENT_SLACK = 0.2


def check_autoencoder(build: Callable, reference_build: Callable[[], nn.Module]) -> None:
    """A model class with `.encoder` and `.decoder` is the reference's network, whatever its layers' names.

    The student's initial weights are put into the reference by their shapes, which must differ
    within each half; then codes, reconstructions and gradients must agree on fresh inputs.

    Args:
        build: The student's class, called without arguments.
        reference_build: The reference's class.
    """
    seed = grading_seed()
    in_kernel(torch.random.manual_seed, seed)
    model, reference = build(), made_with_seed(reference_build, seed)
    if not all(each.requires_grad for each in _parameters(model)):
        raise CheckFailed("a parameter is frozen (requires_grad is False): training could not change it")
    both = {"one": model, "other": build()}
    if not in_kernel(eval, "{*map(id, one.parameters())}.isdisjoint(map(id, other.parameters()))", both):
        raise CheckFailed("two models share parameters: make the layers in __init__")
    for name in ("encoder", "decoder"):
        state = _part(model, name)
        _copy_by_shape(state, getattr(reference, name), f"model.{name}")

    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(7, next(reference.encoder.parameters()).shape[1], generator=generator)
    with torch.no_grad():
        width = reference.encoder(images).shape[1]
    codes = 2 * torch.randn(6, width, generator=generator)
    encoder_hint = "ReLU between the layers, none on the code?"
    decoder_hint = "ReLU between the layers, sigmoid at the end?"
    forward_hint = "does forward return decoder(encoder(x))?"
    upstream = torch.randn(2, images.shape[1], generator=generator)
    for what, theirs, right, inputs, hint in [
        ("model.encoder(x)", model.encoder, reference.encoder, images, encoder_hint),
        ("model.decoder(z)", model.decoder, reference.decoder, codes, decoder_hint),
        ("model.decoder(z) for large codes", model.decoder, reference.decoder, 30 * codes, decoder_hint),
        ("model(x)", model, reference, images, forward_hint),
        ("model(x) for large inputs", model, reference, 400 * (images - 0.5), forward_hint),
        ("model(x) for a single image", model, reference, images[:1], "does forward depend on the batch?"),
        ("model(x) in evaluation mode", model, reference, images, "is forward the same in both modes?"),
    ]:
        if "evaluation" in what:  # whether it can learn is a matter of training mode
            _check_gradient(model, reference, images[:2], upstream)
            check_gradients_reach(model, images)
            model.eval()
        value = keeping(theirs, inputs)
        with torch.no_grad():
            expected = right(inputs)
        value = value.detach() if type(value) is torch.Tensor else value
        if problem := tensor_problem(value, what, torch.float32, expected.shape):
            raise CheckFailed(problem)
        error = (value - expected).abs().max().item()
        if not error <= SLACK * max(1.0, expected.abs().max().item(), inputs.abs().max().item() / 10):
            raise CheckFailed(
                f"with the same weights, {what} is off by {error:.2g} from the network described: {hint}"
            )


def check_reconstruction_error(function: Callable) -> None:
    """`function(model, images)` is the mean squared error over the pixels, one for each image.

    Anomaly scores are judged by the same.

    Args:
        function: The student's function, called as function(model, images), images (n, D).
    """
    generator = torch.Generator().manual_seed(grading_seed())
    cases = []
    for model, n_images, n_pixels in [
        (nn.Identity(), 3, 5),
        (small_model(7, 1), 1, 7),
        (small_model(7, 2), 4, 7),
        (small_model(5, 3), 5, 5),
        (small_model(30, 4), 1500, 30),
        (nn.Sequential(small_model(9, 5), nn.Dropout(0.5)), 6, 9),
        (normalised_model(6, 6), 5, 6),
        (normalised_model(6, 7), 1, 6),
        (small_model(784, 8), 3, 784),
        (small_model(150, 13), 2, 150),
        (partly_frozen(6, 10), 4, 6),
        (loud_model(6, 6, 11), 4, 6),
        (nested_dropout(small_model(6, 14)), 5, 6),
        (small_model(600, 15), 2, 600),
        (small_model(784, 16), 1, 784),
        (small_model(800, 17), 130, 800),
    ]:
        cases.append((model, torch.rand(n_images, n_pixels, generator=generator)))
    cases.append((small_model(8, 12), 3 * torch.randn(5, 8, generator=generator)))  # pixels outside 0 to 1
    inked = torch.rand(4, 9, generator=generator)
    inked[:, :4] = 0  # a digit has a rim without ink
    cases.append((small_model(9, 18), inked))
    cases.append((nn.Threshold(2.0**-11, 0.0), torch.rand(4, 9, generator=generator) / 1024))
    for call in call_many(function, cases):
        model, images = call.arguments
        what = f"for {len(images)} images of {images.shape[1]} pixels"
        errors = kept(call).value
        if problem := tensor_problem(errors, "the result", torch.float32, (len(images),)):
            raise CheckFailed(f"{what}: {problem}; one error for each image?")
        expected = errors_of(model, images)
        off = (errors - expected).abs().max().item()
        if not off <= SLACK * max(min(1.0, images.abs().max().item() ** 2), expected.max().item()):
            worst = (errors - expected).abs().argmax()
            raise CheckFailed(
                f"{what}, {_about(model)}: an error is {errors[worst]:.4g} where the mean of the squared "
                f"differences over the pixels of that image is off from it by {off:.2g}"
            )
    keeping(function, send(normalised_model(6, 9)), torch.rand(8, 6, generator=generator))


def check_encoding(encode: Callable) -> None:
    """`encode(encoder, images)` gives the code of each image, whatever shape the images come in.

    Args:
        encode: The student's function, called as encode(encoder, images).
    """
    generator = torch.Generator().manual_seed(grading_seed())
    cases = []
    for encoder, shape in [
        (encoder_model(12, 5, 1), (4, 12)),
        (encoder_model(12, 5, 2), (1, 3, 4)),
        (encoder_model(12, 3, 3), (5, 4, 3)),
        (nn.Sequential(nn.Dropout(0.5), encoder_model(12, 3, 4)), (3, 1, 2, 6)),
        (nn.Sequential(nn.Dropout(0.5), encoder_model(8, 4, 5)), (6, 2, 4)),
        (nn.Sequential(nn.BatchNorm1d(6), encoder_model(6, 1, 6)), (5, 6)),
        (encoder_model(784, 32, 7), (2, 28, 28)),
        (encoder_model(196, 3, 11), (4, 14, 14)),
        (partly_frozen(6, 8), (7, 2, 3)),
        (loud_model(6, 3, 9), (1570, 2, 3)),
        (encoder_model(12, 4, 12), (1, 1, 3, 4)),
        (nested_dropout(encoder_model(10, 40, 13)), (13, 10)),
    ]:
        cases.append((encoder, torch.rand(shape, generator=generator)))
    for shape in ((5, 2, 4), (5, 1, 2, 4)):  # pixels as they are before they are scaled, and below 0
        cases.append((encoder_model(8, 3, 10), 90 * torch.randn(shape, generator=generator)))
    for call in call_many(encode, cases):
        encoder, images = call.arguments
        what = f"for images of shape {tuple(images.shape)}"
        codes = kept(call).value
        with torch.no_grad():
            expected = encoder.eval()(images.reshape(len(images), -1))
        if problem := tensor_problem(codes, "the result", torch.float32, expected.shape):
            raise CheckFailed(f"{what}: {problem}; one row for each image?")
        off = (codes - expected).abs().max().item()
        if not off <= SLACK * max(1.0, expected.abs().max().item()):
            raise CheckFailed(
                f"{what}, {_about(encoder)}: the codes are off by {off:.2g} from what the encoder gives for "
                "each image laid out as one row, in evaluation mode"
            )


def _parameters(model: Any) -> list[torch.Tensor]:
    parameters = in_kernel(list, model.parameters())
    if type(parameters) is not list or not all(isinstance(each, torch.Tensor) for each in parameters):
        raise CheckFailed("model.parameters() must give tensors; is the class a subclass of nn.Module?")
    return parameters


def _part(model: Any, name: str) -> dict:
    try:
        state = fetch(getattr(model, name).state_dict())
    except AttributeError:
        raise CheckFailed(f"model.{name} must be an nn.Module, made in __init__") from None
    if not isinstance(state, dict):
        raise CheckFailed(f"model.{name}.state_dict() must be a dict of tensors, got {form(state)}")
    return state


def _copy_by_shape(state: dict, part: nn.Module, name: str) -> None:
    """Put a student's parameters into a part of the reference, each where its shape fits."""
    if len(state) != len(part.state_dict()):
        raise CheckFailed(
            f"{name} has {len(state)} parameter tensors, expected {len(part.state_dict())}: "
            "a weight and a bias for each linear layer, and nothing else"
        )
    fitting = {}
    for key, right in part.state_dict().items():
        candidates = [value for value in state.values() if getattr(value, "shape", None) == right.shape]
        if len(candidates) != 1:
            shapes = [tuple(value.shape) for value in state.values() if type(value) is torch.Tensor]
            raise CheckFailed(
                f"{name} has {len(candidates)} parameters of shape {tuple(right.shape)}, expected one; "
                f"its shapes are {shapes}"
            )
        if problem := tensor_problem(candidates[0], f"a parameter of {name}", right.dtype, right.shape):
            raise CheckFailed(problem)
        fitting[key] = candidates[0]
    part.load_state_dict(fitting)


def _check_gradient(model: Any, reference: nn.Module, images: torch.Tensor, upstream: torch.Tensor) -> None:
    result = in_kernel(torch.autograd.functional.vjp, model, images, upstream)
    gradient = result[1] if type(result) is tuple and len(result) == 2 else None
    name = "the gradient with respect to the input"
    if problem := tensor_problem(gradient, name, torch.float32, images.shape):
        raise CheckFailed(problem)
    expected = torch.autograd.functional.vjp(reference, images, upstream)[1]
    part = ((gradient - expected).norm() / expected.norm()).item()
    if not part <= GRADIENT_SLACK:
        raise CheckFailed(
            f"the gradient from the output back to the input is off by {100 * part:.0f} %: does something in "
            "forward (detach, no_grad, .data) cut it? Then the encoder could not learn"
        )


def _about(model: nn.Module) -> str:
    kinds = {type(module).__name__ for module in model.modules()}
    special = sorted(kinds & {"Dropout", "BatchNorm1d"})
    return f"a model with {' and '.join(special)} in training mode" if special else "a model of linear layers"
