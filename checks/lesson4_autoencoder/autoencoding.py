"""Checks for autoencoders: architecture, training without labels, reconstruction error, codes.

Everything but the architecture is judged on models that are made here, of library layers, and
sent: a student whose autoencoder is wrong can still show that the training is right. Training
data are the grader's own as well, and never the ones that a notebook shows.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from autograder.checking.calls import call_many, fetch, in_kernel, send
from autograder.checking.promises import Promises, keeping, kept
from autograder.checking.seeds import grading_seed
from autograder.checking.values import form, tensor_problem
from autograder.errors import CheckFailed
from checks.shared.digits import handwriting
from checks.shared.models import check_gradients_reach, made_with_seed

__all__ = [
    "TRAINED_MARGIN",
    "check_autoencoder",
    "check_encoding",
    "check_reconstruction_error",
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

# What float32 arithmetic in another honest order (image by image, numpy, other reductions) may be off by.
SLACK = 1e-5
# Part of the way that the reference's weights move. Over 200 seeds, correct rewrites differed by 0.
STEP_SLACK = 0.004
# Part of a loss, where the weights agree.
LOSS_SLACK = 1e-3
TRAINS = Promises(changes=frozenset([0]))
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
        model = _small_model(n_pixels, grading_seed())
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
        (lambda: _small_model(12, seed), images, 20, (1, 0.01)),
        (lambda: _small_model(12, seed), images, 20, (4, 0.003)),
        (lambda: _small_model(12, seed), images, 20, ()),
        (lambda: _partly_frozen(12, seed), wild, 10, (6, 8.0)),
        (lambda: _linear_model(12, seed), wild, 24, (5, 50.0)),  # the loss jumps from hundreds to millions
        (lambda: _linear_model(12, seed, zero=True), tiny, 10, (4, 1e-6)),
        (lambda: _small_model(300, seed), faint, 30, (3, 0.01)),
        (lambda: _cell_model(12, seed), calming, 4, (1, 0.01)),
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
    model = nn.Sequential(nn.BatchNorm1d(6), _small_model(6, grading_seed())).eval()
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
        (_small_model(7, 1), 1, 7),
        (_small_model(7, 2), 4, 7),
        (_small_model(5, 3), 5, 5),
        (_small_model(30, 4), 130, 30),
        (nn.Sequential(_small_model(9, 5), nn.Dropout(0.5)), 6, 9),
        (_normalised(6, 6), 5, 6),
        (_normalised(6, 7), 1, 6),
        (_small_model(784, 8), 3, 784),
        (_partly_frozen(6, 10), 4, 6),
        (_loud(6, 6, 11), 4, 6),
    ]:
        cases.append((model, torch.rand(n_images, n_pixels, generator=generator)))
    cases.append((_small_model(8, 12), 3 * torch.randn(5, 8, generator=generator)))  # pixels outside 0 to 1
    for call in call_many(function, cases):
        model, images = call.arguments
        what = f"for {len(images)} images of {images.shape[1]} pixels"
        errors = kept(call).value
        if problem := tensor_problem(errors, "the result", torch.float32, (len(images),)):
            raise CheckFailed(f"{what}: {problem}; one error for each image?")
        expected = _errors(model, images)
        off = (errors - expected).abs().max().item()
        if not off <= SLACK * max(1.0, expected.max().item()):
            worst = (errors - expected).abs().argmax()
            raise CheckFailed(
                f"{what}, {_about(model)}: an error is {errors[worst]:.4g} where the mean of the squared "
                f"differences over the pixels of that image is off from it by {off:.2g}"
            )
    keeping(function, send(_normalised(6, 9)), torch.rand(8, 6, generator=generator))


def check_encoding(encode: Callable) -> None:
    """`encode(encoder, images)` gives the code of each image, whatever shape the images come in.

    Args:
        encode: The student's function, called as encode(encoder, images).
    """
    generator = torch.Generator().manual_seed(grading_seed())
    cases = []
    for encoder, shape in [
        (_encoder(12, 5, 1), (4, 12)),
        (_encoder(12, 5, 2), (1, 3, 4)),
        (_encoder(12, 3, 3), (5, 4, 3)),
        (nn.Sequential(nn.Dropout(0.5), _encoder(12, 3, 4)), (3, 1, 2, 6)),
        (nn.Sequential(nn.Dropout(0.5), _encoder(8, 4, 5)), (6, 2, 4)),
        (nn.Sequential(nn.BatchNorm1d(6), _encoder(6, 2, 6)), (5, 6)),
        (_encoder(784, 32, 7), (2, 28, 28)),
        (_partly_frozen(6, 8), (7, 2, 3)),
        (_loud(6, 3, 9), (150, 2, 3)),
    ]:
        cases.append((encoder, torch.rand(shape, generator=generator)))
    cases.append((_encoder(8, 3, 10), 3 * torch.randn(5, 2, 4, generator=generator)))  # pixels outside 0 to 1
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


def _small_model(n_pixels: int, seed: int) -> nn.Sequential:
    """A small autoencoder of library layers with a wide spread of outputs."""

    def build():
        model = nn.Sequential(nn.Linear(n_pixels, 8), nn.ReLU(), nn.Linear(8, n_pixels), nn.Sigmoid())
        with torch.no_grad():
            model[2].weight.mul_(4)
        return model

    return made_with_seed(build, seed)


def _linear_model(n_pixels: int, seed: int, zero: bool = False) -> nn.Sequential:
    """A single linear layer, of PyTorch's weights or of zeros."""

    def build():
        model = nn.Sequential(nn.Linear(n_pixels, n_pixels))
        if zero:
            with torch.no_grad():
                for parameter in model.parameters():
                    parameter.zero_()
        return model

    return made_with_seed(build, seed)


def _cell_model(n_pixels: int, seed: int) -> nn.Sequential:
    """A model whose parameters have no usual names: weight_ih, bias_hh and so on."""
    return made_with_seed(lambda: nn.Sequential(nn.RNNCell(n_pixels, 16), nn.RNNCell(16, n_pixels)), seed)


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


def _partly_frozen(n_pixels: int, seed: int) -> nn.Sequential:
    """A model without a sigmoid, of large outputs, whose first layer is frozen."""

    def build():
        model = nn.Sequential(nn.Linear(n_pixels, n_pixels), nn.Tanh(), nn.Linear(n_pixels, n_pixels))
        model[0].requires_grad_(False)
        with torch.no_grad():
            model[2].weight.mul_(20)
        return model

    return made_with_seed(build, seed)


def _loud(n_inputs: int, n_outputs: int, seed: int) -> nn.Sequential:
    """A model whose outputs are large, of both signs: hundreds of thousands."""

    def build():
        model = nn.Sequential(nn.Linear(n_inputs, 9), nn.Tanh(), nn.Linear(9, n_outputs))
        with torch.no_grad():
            model[2].weight.mul_(1e6)
        return model

    return made_with_seed(build, seed)


def _normalised(n_pixels: int, seed: int) -> nn.Sequential:
    """A model with batch normalisation, in training mode, whose statistics fit no batch."""
    norm = nn.BatchNorm1d(n_pixels)
    norm.running_mean.fill_(0.3)
    norm.running_var.fill_(0.2)
    return nn.Sequential(norm, _small_model(n_pixels, seed))


def _encoder(n_pixels: int, width: int, seed: int) -> nn.Sequential:
    return made_with_seed(lambda: nn.Sequential(nn.Linear(n_pixels, 9), nn.Tanh(), nn.Linear(9, width)), seed)


def _handwriting(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """600 images to train on and 300 held out, as rows of pixels from 0 to 1."""
    digits = handwriting(seed, 600, 300)
    return (digits.train_images.flatten(1) + 1) / 2, (digits.test_images.flatten(1) + 1) / 2


def _loader(images: torch.Tensor, batch: int, shuffle: bool = False) -> DataLoader:
    """Batches of (images, labels), as the notebooks make them; the labels tell nothing."""
    labels = torch.arange(len(images)) % 10
    return DataLoader(TensorDataset(images, labels), batch_size=batch, shuffle=shuffle)


def _errors(model: nn.Module, images: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        return ((model.eval()(images) - images) ** 2).mean(dim=1)


def _mean_error(model: nn.Module, images: torch.Tensor) -> float:
    return _errors(model, images).mean().item()


@functools.cache
def _reference_error(reference_train: Callable, seed: int) -> float:
    images, held_out = _handwriting(seed)
    model = _deep_model(images.shape[1], seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        reference_train(model, _loader(images, 20, shuffle=True))
    return _mean_error(model, held_out)


def _about(model: nn.Module) -> str:
    kinds = {type(module).__name__ for module in model.modules()}
    special = sorted(kinds & {"Dropout", "BatchNorm1d"})
    return f"a model with {' and '.join(special)} in training mode" if special else "a model of linear layers"
