"""Checks for adversarial examples: input gradients, FGSM, PGD, robust accuracy, adversarial training.

Labels of evaluation images never reach the student's kernel: a run attacks with decoy labels, and
how robust its model is is measured here, with the grader's own attack on a copy of the model.
"""

from __future__ import annotations

import copy
import functools
import operator
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from unittest.mock import Mock

import torch
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from autograder.checking.calls import call_many, in_kernel, send
from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import difference, form, unchanged
from autograder.errors import CheckFailed
from checks.shared.digits import handwriting, mlp
from checks.shared.experiments import check_predictions
from checks.shared.models import MOMENTUM, learner, state_of
from checks.shared.probes import accuracy_of

__all__ = [
    "attacked_accuracy",
    "check_adversarial_step",
    "check_attacked_run",
    "check_fgsm",
    "check_input_gradient",
    "check_linear_margin",
    "check_model_left_alone",
    "check_pgd",
    "check_pgd_stronger",
    "check_robust_accuracy",
    "clean_accuracy",
]

CLOSE = 1e-5
"""Greatest difference of a pixel, or of a weight after a few steps: float32 sums in another order give 1e-6."""


def check_input_gradient(input_gradient: Callable) -> None:
    """`input_gradient(model, images, labels)` is the gradient of each image's own loss at its true label.

    A linear model (where the gradient is Wᵀ(p − y)), a network with BatchNorm and Dropout in eval
    mode, and a convolution; batches of 5, 3 and 1.
    """
    cases = [_gradient_case(grading_seed() + i, *case) for i, case in enumerate(_GRADIENT_CASES)]
    for call in call_many(input_gradient, cases):
        model, images, labels = call.arguments
        where = f"for {len(images)} images of shape {tuple(images.shape[1:])} and {_layers(model)}"
        if call.error is not None:
            raise CheckFailed(f"{where}: it raised {type(call.error).__name__}: {call.error}")
        if not unchanged(call.arguments, call.arguments_after):
            raise CheckFailed(f"{where}: it changed the images or the labels; work on a copy")
        right = _gradient(model, images, labels)
        _check_form("the gradient", call.value, images, where)
        if not _near(call.value, right, 1e-4 * float(right.abs().max())) or not _same_signs(
            call.value, right
        ):
            reasons = [
                why for wrong, why in _gradient_mistakes(model, images, labels) if _near(call.value, wrong)
            ]
            raise CheckFailed(
                f"{where}: the result is not the gradient of the cross entropy of each image "
                f"(largest |difference| {difference(call.value, right):.3g})"
                f"{': ' + reasons[0] if reasons else ''}"
            )


def check_model_left_alone(input_gradient: Callable) -> None:
    """`input_gradient` changes nothing but its result: no .grad, weight, flag or mode of the model or the images."""
    _, images, labels = _gradient_case(grading_seed() + 9, "linear", 4)
    own = nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.ReLU(), nn.Linear(6, 3)).train()
    own[1].bias.requires_grad_(False)
    trainable = [parameter.requires_grad for parameter in own.parameters()]
    model = send(own)
    sent, sent_labels = send(images), send(labels)
    state = state_of(model)
    for grads_before in (False, True):
        if grads_before:
            outputs = in_kernel(map, model, [images])
            losses = in_kernel(map, F.cross_entropy, outputs, [labels])
            in_kernel(deque, in_kernel(map, operator.methodcaller("backward"), losses), maxlen=0)
        before = _each(model.parameters(), "grad")
        input_gradient(model, sent, sent_labels)
        after = _each(model.parameters(), "grad")
        if not unchanged(before, after):
            raise CheckFailed(
                "after input_gradient the parameters' .grad is not what it was before: the next optimizer "
                "step would use it. torch.autograd.grad gives the gradient of the images alone"
            )
    if _each(model.parameters(), "requires_grad") != trainable:
        raise CheckFailed(
            "input_gradient left other parameters of the model trainable than before (requires_grad)"
        )
    if sent.requires_grad is not False or sent.grad is not None:
        raise CheckFailed(
            "input_gradient left the images with requires_grad or .grad: work on images.detach().clone()"
        )
    if model.training is not True:
        raise CheckFailed(
            "the model was in train mode before input_gradient and is not afterwards: leave its mode"
        )
    if not unchanged(state, state_of(model)):
        raise CheckFailed("input_gradient changed the model's weights")


def check_fgsm(fgsm: Callable) -> None:
    """`fgsm(images, gradient, epsilon)` is x + ε sign(g), clipped to [0, 1]; a gradient of 0 moves nothing."""

    def judge(images, gradient, epsilon, value) -> str | None:
        if problem := _form_problem("the result", value, images):
            return problem
        if _near(value, _fgsm(images, gradient, epsilon)):
            return None
        free = images + epsilon * gradient.sign()
        flat = gradient.flatten(1).norm(dim=1).clamp(min=1e-12).reshape(-1, *[1] * (images.dim() - 1))
        for wrong, why in (
            (free, "it leaves the range [0, 1] of pixels"),
            (_fgsm(images, -gradient, epsilon), "it goes down the loss; an attack goes up"),
            ((images + epsilon * gradient).clamp(0, 1), "only the sign of the gradient counts, not its size"),
            (
                (images + epsilon * gradient / flat).clamp(0, 1),
                "the gradient is normalised (L2); take its sign",
            ),
            (
                _fgsm(images, torch.where(gradient < 0, -1.0, 1.0), epsilon),
                "a pixel with gradient 0 must not move",
            ),
            (epsilon * gradient.sign(), "that is the perturbation alone; add it to the images"),
        ):
            if _near(value, wrong):
                return why
        moved = float((value - images).abs().max())
        if not moved <= epsilon + CLOSE:
            return f"a pixel moved by {moved:.4g}, allowed ε = {epsilon:g}"
        return f"a pixel is off by {difference(value, _fgsm(images, gradient, epsilon)):.3g}"

    def inputs(seed: int, n: int, side: int, epsilon: float) -> tuple:
        generator = torch.Generator().manual_seed(seed)
        shape = (n, 1, side, side + 1)
        images = torch.randint(0, 65, shape, generator=generator) / 64
        gradient = torch.randint(-3, 4, shape, generator=generator).float()
        return images, gradient * 10.0 ** torch.randint(-20, 4, shape, generator=generator), epsilon

    row = torch.tensor([0.5, 0.0625, 0.9375, 0.25]).reshape(1, 1, 2, 2)
    slopes = torch.tensor([0.25, -3.0, 1e-12, 0.0]).reshape(1, 1, 2, 2)
    search(
        fgsm,
        st.builds(
            inputs,
            st.integers(0, 10**6),
            st.integers(1, 4),
            st.integers(1, 4),
            st.sampled_from([0.0, 0.03125, 0.25, 1.0]),
        ),
        judge,
        names=("images", "gradient", "epsilon"),
        always=[
            (row, slopes, 0.125),
            (row, slopes, 0.0),
            (row.repeat(3, 1, 1, 1), -slopes.repeat(3, 1, 1, 1), 0.5),
        ],
    )


def check_linear_margin(fgsm: Callable) -> None:
    """On a linear score w·x, whose gradient is w, FGSM moves the score by exactly ε‖w‖₁ (no pixel is clipped).

    No perturbation with |δ| ≤ ε can move it further; an L2-normalised or a raw gradient moves it less.
    """
    generator = torch.Generator().manual_seed(grading_seed())
    w = torch.randn(1, 1, 6, 7, generator=generator)
    w[0, 0, 2:4] = 0
    images = 0.3 + 0.4 * torch.rand(1, 1, 6, 7, generator=generator)
    for call in call_many(fgsm, [(images, w, epsilon) for epsilon in (0.0, 0.05, 0.2)]):
        epsilon, value = call.arguments[2], call.result()
        _check_form("the result", value, images, "on a linear score")
        moved, most = float(((value - images) * w).sum()), epsilon * float(w.abs().sum())
        if not abs(moved - most) <= 1e-3 * (1 + most):
            raise CheckFailed(
                f"on a linear score w·x the attack with ε = {epsilon} must move the score by ε‖w‖₁ = {most:.4g}, "
                f"it moved by {moved:.4g}: does every pixel with gradient ≠ 0 move by the full ε, in the direction "
                "of its gradient?"
            )


class _PgdCase(NamedTuple):
    field: Any
    images: torch.Tensor
    epsilon: float
    step: float
    steps: int


def check_pgd(pgd: Callable) -> None:
    """`pgd(gradient_at, images, epsilon, step_size, steps)`: each step up the sign, back into the ε-box and [0, 1].

    The gradient fields are affine functions made of library layers, and a constant one: the whole
    path is known exactly.
    """
    cases = [_PgdCase(*case) for case in _pgd_cases(grading_seed())]
    for call in call_many(pgd, cases):
        case = _PgdCase(*call.arguments)
        where = f"for ε = {case.epsilon}, step size {case.step}, {case.steps} steps"
        if call.error is not None:
            raise CheckFailed(f"{where}: it raised {type(call.error).__name__}: {call.error}")
        if not unchanged(case.images, call.arguments_after[1] if len(call.arguments_after) == 5 else None):
            raise CheckFailed(f"{where}: it changed its argument images; work on a copy")
        _check_form("the result", call.value, case.images, where)
        if _near(call.value, _pgd(*case)):
            continue
        moved = float((call.value - case.images).abs().max())
        if not moved <= case.epsilon + CLOSE:
            raise CheckFailed(
                f"{where}: a pixel is {moved:.4g} away from the original image, allowed ε = {case.epsilon}: "
                "after each step project back around the original images"
            )
        if not (float(call.value.min()) >= 0 and float(call.value.max()) <= 1):
            raise CheckFailed(f"{where}: pixels outside [0, 1]")
        reasons = [why for wrong, why in _pgd_mistakes(case) if _near(call.value, wrong)]
        raise CheckFailed(
            f"{where}: the result is not that of {case.steps} steps from the original images (largest |difference| "
            f"{difference(call.value, _pgd(*case)):.3g}){': ' + reasons[0] if reasons else ''}"
        )


def check_pgd_stronger(pgd: Callable) -> None:
    """Where the gradient changes direction on the way, many small steps reach a higher loss than one large one.

    The loss is quadratic with a symmetric matrix, so its gradient is a linear layer.
    """
    generator = torch.Generator().manual_seed(grading_seed() + 1)
    root = torch.randn(9, 9, generator=generator)
    matrix, offset = -(root @ root.T), 2 * torch.randn(9, generator=generator)
    images, epsilon = torch.rand(8, 1, 3, 3, generator=generator), 0.3

    def loss(x: torch.Tensor) -> torch.Tensor:
        flat = x.flatten(1).double()
        return 0.5 * ((flat @ matrix.double()) * flat).sum(dim=1) + flat @ offset.double()

    field = _affine_field(matrix, offset, (1, 3, 3))
    value = call_many(pgd, [(field, images, epsilon, 0.02, 60)])[0].result()
    _check_form("the result", value, images, f"for ε = {epsilon}, step size 0.02, 60 steps")
    one_step = _fgsm(images, field(images), epsilon)
    if not float(loss(value).mean()) > float(loss(one_step).mean()):
        raise CheckFailed(
            f"on a quadratic loss 60 small PGD steps (ε = {epsilon}) reach the mean loss "
            f"{float(loss(value).mean()):.4g}, one FGSM step with the same ε reaches "
            f"{float(loss(one_step).mean()):.4g}: is the gradient computed anew at each iterate?"
        )


def check_robust_accuracy(
    robust_accuracy: Callable, attacks: Mapping[str, tuple[Callable, Callable]]
) -> None:
    """`robust_accuracy(model, attacks, images, labels)`: percentage of images right as they are and under every attack.

    Args:
        robust_accuracy: The student's function.
        attacks: For each attack its name, the one in the student's kernel and the same function here.
    """
    names = list(attacks)
    for number, chosen in enumerate(([], names[:1], names[1:], names, names[::-1], [names[0], *names])):
        model, images, labels = _robust_case(
            tuple(attacks[name][1] for name in chosen), grading_seed() + 100 * number
        )
        right = _survivors(model, [attacks[name][1] for name in chosen], images, labels)
        expected = 100 * right.all(dim=0).double().mean().item()
        theirs = [attacks[name][0] for name in chosen]
        value = robust_accuracy(copy.deepcopy(model), theirs, images.clone(), labels.clone())
        if type(value) is not float:
            raise CheckFailed(f"expected a Python float, got {form(value)}")
        if not abs(value - expected) <= 1e-3:
            mistakes = _robust_mistakes(model, [attacks[name][1] for name in chosen], images, labels)
            reasons = [why for wrong, why in mistakes if abs(value - wrong) <= 1e-3]
            raise CheckFailed(
                f"with the attacks {chosen} on {len(images)} images: {value:.4g} is not the percentage of images that "
                f"are right as they are and under every attack{': ' + reasons[0] if reasons else ''}"
            )
    _check_what_attacks_get(robust_accuracy)


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


def check_adversarial_step(step: Callable, attacks: Mapping[str, tuple[Callable, Callable]]) -> None:
    """`adversarial_train_step(model, optimizer, attack, images, labels)` is one SGD step on the attacked images.

    Compared with steps made here, for attacks that depend on model, images and labels and for one that
    leaves gradients in the model, with momentum, from small weights and from large ones.

    Args:
        step: The student's function.
        attacks: As for `check_robust_accuracy`.
    """
    for number, (name, (theirs, ours)) in enumerate(attacks.items()):
        seed = grading_seed() + 10 + number
        scale, rate = (1, 0.1) if number else (30, 1e-4)  # small gradients and large ones
        digits = handwriting(seed, 36, 0)
        batches = list(
            zip(_pixels(digits.train_images).split(12), digits.train_labels.split(12), strict=True)
        )
        made = mlp(seed, (784, 16, 10))
        with torch.no_grad():
            for parameter in made.parameters():
                parameter.mul_(scale)
        student = send(made.train())
        optimizer = in_kernel(torch.optim.SGD, student.parameters(), lr=rate, momentum=MOMENTUM)
        own, clean, kept = (learner(made, rate) for _ in range(3))
        for t, (images, labels) in enumerate(batches, start=1):
            value = step(student, optimizer, theirs, images, labels)
            loss = _step(own, ours, images, labels)
            where = f"after {t} steps on 12 images each with the attack {name}"
            got = state_of(student)
            if not _near(got, own[0].state_dict()):
                reasons = [
                    why
                    for learning, attack, clear, why in (
                        (clean, None, True, "these are the weights of training on the clean images"),
                        (kept, ours, False, "gradients of the attack or of the step before are still in the sum: "
                                            "zero_grad() belongs after the attack"),
                    )
                    if [_step(learning, attack, *batch, clear) for batch in batches[:t]]
                    and _near(got, learning[0].state_dict())
                ]  # fmt: skip
                if _near(got, made.state_dict()):
                    reasons = ["the weights did not change at all: is there a step()?"]
                raise CheckFailed(
                    f"{where} the weights are not those of SGD on the mean cross entropy of the attacked images"
                    f"{': ' + reasons[0] if reasons else ''}"
                )
            if type(value) is not float or not abs(value - loss) <= 1e-4 * (1 + loss):
                got_value = f"{value:.5g}" if type(value) is float else form(value)
                raise CheckFailed(
                    f"{where}: the function must return, as a Python float, the mean loss on the attacked images "
                    f"before the update; got {got_value}"
                )


def check_attacked_run(
    result: Mapping[str, Any], data: Mapping[str, torch.Tensor], truth, *, at_least: float
) -> None:
    """The scores of a run under attack are those of its outputs, and its model has learned.

    Args:
        result: What `check_run` returned: "score", "clean_score", "adversarial_logits", "model" (a handle).
        data: The data that run got; its test labels are decoys.
        truth: The true test labels.
        at_least: The percentage of true labels that the model exceeds on the clean images with every seed.
    """
    attacked = {"score": result["score"], "logits": result["adversarial_logits"]}
    check_predictions(attacked, data, truth, at_least=0)
    model = result.get("model")
    if not callable(model):
        raise CheckFailed(f"run(...)['model'] must be the trained model, got {form(model)}")
    model.eval()
    logits = model(data["test_images"])
    logits = logits.detach() if isinstance(logits, torch.Tensor) else logits
    try:
        check_predictions({"score": result["clean_score"], "logits": logits}, data, truth, at_least=at_least)
    except CheckFailed as error:
        message = str(error).replace("'score'", "'clean_score'").replace("'logits'", "the output of 'model'")
        raise CheckFailed(f"clean images: {message}") from None


def attacked_accuracy(result: Mapping[str, Any], data: Mapping[str, torch.Tensor]) -> float:
    """The accuracy, in percent, that a run's outputs for the attacked test images have."""
    return accuracy_of({"logits": result.get("adversarial_logits")}, data)


def clean_accuracy(result: Mapping[str, Any], data: Mapping[str, torch.Tensor]) -> float:
    """The accuracy, in percent, of a run's model on the test images as they are."""
    logits = result["model"](data["test_images"])
    return accuracy_of({"logits": logits.detach()}, data)


_GRADIENT_CASES = (
    ("linear", 5, 1.0),
    ("norm", 3, 1.0),
    ("conv", 5, 1.0),
    ("linear", 1, 1.0),
    ("linear", 4, 40.0),
    ("saturated", 4, 1.0),
)
"""Kind of model, number of images, and a factor of the weights: gradients of every size."""


def _same_signs(value: torch.Tensor, right: torch.Tensor) -> bool:
    """Whether gradients have the same signs, for each image where they are no sums of parts that cancel."""
    most = right.flatten(1).abs().max(dim=1).values.reshape(-1, *[1] * (right.dim() - 1))
    clear = right.abs() > 1e-3 * most
    return bool((value.sign() == right.sign())[clear].all())


def _gradient_case(
    seed: int, name: str, n: int, factor: float = 1.0
) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A model of library layers in eval mode, images (n, 1, 4, 4), and labels of which most are not predicted."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        norm = nn.BatchNorm1d(12)
        norm.running_mean.normal_()
        norm.running_var.uniform_(0.5, 2.0)
        model = {
            "linear": lambda: nn.Sequential(nn.Flatten(), nn.Linear(16, 3)),
            "saturated": lambda: nn.Sequential(nn.Flatten(), nn.Linear(16, 3)),
            "norm": lambda: nn.Sequential(
                nn.Flatten(), nn.Linear(16, 12), norm, nn.ReLU(), nn.Dropout(0.5), nn.Linear(12, 4)
            ),
            "conv": lambda: nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 4)),
        }[name]().eval()
        images = torch.rand(n, 1, 4, 4)
        with torch.no_grad():
            if name == "saturated":  # sure of class 1: its images have gradients of about 1e-7
                model[1].bias.copy_(torch.tensor([0.0, 15.0, 0.0]))
                return model, images, torch.ones(n, dtype=torch.int64)
            for parameter in model.parameters():
                parameter.mul_(factor)
            logits = model(images)
    labels = (logits.argmax(dim=1) + 1 + torch.arange(n) % 2) % logits.shape[1]
    return model, images, labels


def _gradient(
    model: nn.Module, images, labels, reduction: str = "sum", softmax: bool = False
) -> torch.Tensor:
    x = images.detach().clone().requires_grad_()
    logits = model(x)
    loss = F.cross_entropy(logits.softmax(dim=1) if softmax else logits, labels, reduction=reduction)
    return torch.autograd.grad(loss, x)[0]


def _gradient_mistakes(model, images, labels):
    right = _gradient(model, images, labels)
    predicted = model(images).argmax(dim=1)
    yield (
        right / len(images),
        "this is divided by the number of images; each image has a loss of its own (sum)",
    )
    yield -right, "its sign is the wrong way round"
    yield right.sign(), "this is only its sign; that comes in the next section"
    yield _gradient(model, images, predicted), "the loss must use the true label, not the predicted class"
    yield _gradient(model, images, labels, softmax=True), "cross entropy wants the logits, without softmax"
    yield right.abs(), "the sign is lost"


def _fgsm(images: torch.Tensor, gradient: torch.Tensor, epsilon: float) -> torch.Tensor:
    return (images + epsilon * gradient.sign()).clamp(0, 1)


def _pgd(field, images, epsilon, step, steps, *, project="each", anew=True, move=torch.sign) -> torch.Tensor:
    """The grader's PGD; the keywords make the usual mistakes."""

    def box(x):
        return torch.min(torch.max(x, images - epsilon), images + epsilon)

    x = images.clone()
    for _ in range(steps):
        x = x + step * move(field(x if anew else images))
        x = (box(x) if project == "each" else x).clamp(0, 1)
    return box(x) if project == "end" else x


def _pgd_mistakes(case: _PgdCase):
    yield (
        _pgd(*case, project="end"),
        "the projection is made only once, at the end; it belongs into every step",
    )
    yield (
        _pgd(*case, anew=False),
        "the gradient is computed at the original images only; compute it at each iterate",
    )
    for steps in (case.steps - 1, case.steps + 1):
        if steps >= 0:
            yield _pgd(*case._replace(steps=steps)), f"this is the result of {steps} steps"
    for step in (case.epsilon / max(case.steps, 1), case.epsilon):
        yield _pgd(*case._replace(step=step)), "the argument step_size is not what a pixel moves in a step"
    yield _pgd(*case, move=lambda g: -g.sign()), "it goes down the loss"
    yield _pgd(*case, move=lambda g: g), "only the sign of the gradient counts, not its size"


def _affine_field(matrix: torch.Tensor, offset: torch.Tensor, shape) -> nn.Sequential:
    """A gradient field x → Ax + b on images, of library layers (so it can be sent), without parameters to train."""
    linear = nn.Linear(len(offset), len(offset)).requires_grad_(False)
    linear.weight.copy_(matrix)
    linear.bias.copy_(offset)
    return nn.Sequential(nn.Flatten(), linear, nn.Unflatten(1, tuple(shape)))


def _pgd_cases(seed: int) -> list[tuple]:
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(3, 1, 3, 4, generator=generator)
    images[:, :, 0, 0], images[:, :, 2, 3] = 0.0, 1.0
    matrix = 3 * torch.randn(12, 12, generator=generator)
    field = _affine_field(
        matrix, 0.3 * torch.randn(12, generator=generator) - matrix @ images[0].flatten(), (1, 3, 4)
    )
    return [
        (torch.ones_like, images, 0.25, 0.125, 0),
        (torch.ones_like, images, 0.25, 0.1, 2),
        (torch.ones_like, images, 0.25, 0.1, 4),
        (field, images, 0.2, 0.05, 1),
        (field, images, 0.2, 0.07, 7),
        (field, images[:1], 0.03, 0.05, 6),
        (field, images, 0.6, 0.3, 5),
        (field, images, 0.0, 0.1, 3),
        (torch.ones_like, images, 0.75, 0.0078125, 90),
    ]


@functools.cache
def _robust_case(attacks: tuple[Callable, ...], seed: int) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """A model and images on which as many usual mistakes as possible give another percentage than the right one."""
    best, most = None, -1
    for attempt in range(60):
        generator = torch.Generator().manual_seed(seed + attempt)
        model = nn.Sequential(nn.Flatten(), nn.Linear(4, 4))
        with torch.no_grad():
            model[1].weight.copy_(4 * torch.randn(4, 4, generator=generator))
            model[1].bias.copy_(torch.randn(4, generator=generator))
            images = torch.rand(23, 1, 2, 2, generator=generator)
            predicted = model(images).argmax(dim=1)
        wrong = torch.rand(23, generator=generator) < 0.35
        labels = torch.where(wrong, torch.randint(0, 4, (23,), generator=generator), predicted)
        right = 100 * _survivors(model, attacks, images, labels).all(dim=0).double().mean().item()
        others = [value for value, _ in _robust_mistakes(model, attacks, images, labels)]
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


def _robust_mistakes(model, attacks, images, labels):
    right = _survivors(model, attacks, images, labels).double()
    yield right.all(dim=0).double().mean().item(), "this is a fraction; the answer is a percentage"
    if not attacks:
        return
    under = 100 * right[1:].mean(dim=1)
    yield 100 * right[0].mean().item(), "this is the accuracy on the clean images"
    yield 100 * right[1:].all(dim=0).double().mean().item(), "an image must be right without an attack, too"
    if len(attacks) > 1:
        yield under.mean().item(), "this is the mean over the attacks; each image must survive all of them"
        yield (
            under.min().item(),
            "this is the accuracy under the strongest attack; each image must survive all of them",
        )
        yield 100 * right.mean().item(), "this is a mean; each image must survive all of the attacks"
        yield 100 * right.any(dim=0).double().mean().item(), "an image counts only if it survives all attacks"
        yield 100 * (right[0] * right[-1]).mean().item(), "only the last attack counts here"


def _step(
    learning: tuple[nn.Module, torch.optim.Optimizer],
    attack: Callable | None,
    images,
    labels,
    clear: bool = True,
) -> float:
    """One step of a learner on the attacked images; the loss before it."""
    model, optimizer = learning
    attacked = images if attack is None else attack(model, images, labels).detach()
    if clear:
        optimizer.zero_grad()
    loss = F.cross_entropy(model(attacked), labels)
    loss.backward()
    optimizer.step()
    return loss.item()


def _pixels(images: torch.Tensor) -> torch.Tensor:
    """Images of `handwriting`, from [-1, 1] to [0, 1]."""
    return (images + 1) / 2


def _each(parameters: Any, attribute: str) -> Any:
    return in_kernel(list, in_kernel(map, operator.attrgetter(attribute), parameters))


def _near(value: Any, expected: Any, tolerance: float = 0.0) -> bool:
    return difference(value, expected) <= CLOSE + tolerance


def _form_problem(name: str, value: Any, images: torch.Tensor) -> str | None:
    if not isinstance(value, torch.Tensor) or value.shape != images.shape or value.dtype != images.dtype:
        return f"{name} must be a tensor of shape {tuple(images.shape)} and dtype {images.dtype}, got {form(value)}"
    return None if bool(value.isfinite().all()) else f"{name} has NaN or infinite values"


def _check_form(name: str, value: Any, images: torch.Tensor, where: str) -> None:
    if problem := _form_problem(name, value, images):
        raise CheckFailed(f"{where}: {problem}")


def _layers(model: nn.Module) -> str:
    return "a model of " + ", ".join(type(layer).__name__ for layer in model)
