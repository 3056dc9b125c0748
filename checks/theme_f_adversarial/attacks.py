"""Checks for FGSM and PGD: the whole path of an attack, for gradients that are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from hypothesis import strategies as st
from torch import nn

from autograder.checking.calls import call_many
from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import difference, unchanged
from autograder.errors import CheckFailed
from checks.theme_f_adversarial.forms import CLOSE, check_form, form_problem, near

__all__ = ["check_fgsm", "check_linear_margin", "check_pgd", "check_pgd_stronger"]


def check_fgsm(fgsm: Callable) -> None:
    """`fgsm(images, gradient, epsilon)` is x + ε sign(g), clipped to [0, 1]; a gradient of 0 moves nothing."""

    def judge(images, gradient, epsilon, value) -> str | None:
        if problem := form_problem("the result", value, images):
            return problem
        if value.requires_grad:
            return "the result has requires_grad, so no picture of it can be drawn; add to the images, or to a copy, as they are"
        if near(value, _fgsm(images, gradient, epsilon)):
            return None
        moved = float((value - images).abs().max())
        if not moved <= epsilon + CLOSE:
            return f"a pixel moved by {moved:.4g}, allowed ε = {epsilon:g}"
        return f"a pixel is off by {difference(value, _fgsm(images, gradient, epsilon)):.3g}"

    def inputs(seed: int, n: int, side: int, epsilon: float) -> tuple:
        generator = torch.Generator().manual_seed(seed)
        shape = (n, 1 + seed % 3, side, side + 1)
        images = torch.randint(0, 65, shape, generator=generator) / 64
        gradient = torch.randint(-3, 4, shape, generator=generator).float()
        return images, gradient * 10.0 ** torch.randint(-30, 4, shape, generator=generator), epsilon

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
        check_form("the result", value, images, "on a linear score")
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
        check_form("the result", call.value, case.images, where)
        if near(call.value, _pgd(*case)):
            continue
        moved = float((call.value - case.images).abs().max())
        if not moved <= case.epsilon + CLOSE:
            raise CheckFailed(
                f"{where}: a pixel is {moved:.4g} away from the original image, allowed ε = {case.epsilon}: "
                "after each step project back around the original images"
            )
        if not (float(call.value.min()) >= 0 and float(call.value.max()) <= 1):
            raise CheckFailed(f"{where}: pixels outside [0, 1]")
        raise CheckFailed(
            f"{where}: the result is not that of {case.steps} steps from the original images (largest |difference| "
            f"{difference(call.value, _pgd(*case)):.3g})"
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
    check_form("the result", value, images, f"for ε = {epsilon}, step size 0.02, 60 steps")
    one_step = _fgsm(images, field(images), epsilon)
    if not float(loss(value).mean()) > float(loss(one_step).mean()):
        raise CheckFailed(
            f"on a quadratic loss 60 small PGD steps (ε = {epsilon}) reach the mean loss "
            f"{float(loss(value).mean()):.4g}, one FGSM step with the same ε reaches "
            f"{float(loss(one_step).mean()):.4g}: is the gradient computed anew at each iterate?"
        )


def _fgsm(images: torch.Tensor, gradient: torch.Tensor, epsilon: float) -> torch.Tensor:
    return (images + epsilon * gradient.sign()).clamp(0, 1)


def _pgd(field, images, epsilon, step, steps) -> torch.Tensor:
    x = images
    for _ in range(steps):
        x = x + step * field(x).sign()
        x = torch.min(torch.max(x, images - epsilon), images + epsilon).clamp(0, 1)
    return x


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
    tiny = _affine_field(1e-12 * field[1].weight, 1e-12 * field[1].bias, (1, 3, 4))
    toward = _affine_field(-torch.eye(12), images[0].flatten(), (1, 3, 4))  # the first image stays
    back = 0.25 + images[:1] / 2  # a step takes all pixels to the edge of the box, another one back
    turning = _affine_field(-torch.eye(12), back.flatten() + 0.15, (1, 3, 4))
    partly = _affine_field(torch.zeros(12, 12), torch.tensor([0.0, 1.0, -1.0, 0.0] * 3), (1, 3, 4))
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
        (torch.ones_like, 0.25 + images / 2, 0.25, 2.0**-20, 120),  # steps that hardly show
        (tiny, images, 0.2, 0.07, 7),
        (partly, images, 0.25, 0.1, 3),
        (turning, back, 0.2, 0.2, 2),
        (toward, images, 0.3, 0.07, 3),
        (toward, images, 0.2, 0.3, 2),  # a step longer than epsilon goes back beyond the original
        (torch.ones_like, 0.25 + images / 2, 0.2, 0.205, 1),
    ]
