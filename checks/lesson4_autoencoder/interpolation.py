"""Checks for walks between two points: equally spaced blends, and pictures decoded from blended codes."""

from __future__ import annotations

from collections.abc import Callable

import torch
from hypothesis import strategies as st
from torch import nn

from autograder.checking.calls import call_many
from autograder.checking.inputs import tensors
from autograder.checking.promises import kept
from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import tensor_problem
from autograder.errors import CheckFailed
from checks.lesson4_autoencoder.models import nested_dropout
from checks.shared.models import made_with_seed

__all__ = ["blends", "check_decoded_path", "check_interpolation"]

# What float32 arithmetic in another honest order (z1 + a (z2 - z1), torch.lerp, numpy, loops) may be off by.
SLACK = 1e-5
# Smaller than any number of a code that is meant to count.
TINY = 1e-30


def blends(z1: torch.Tensor, z2: torch.Tensor, alphas: torch.Tensor) -> torch.Tensor:
    """(1 − α) z1 + α z2 for each α, in float64: (k, d)."""
    alphas = alphas.double()[:, None]
    return (1 - alphas) * z1.double() + alphas * z2.double()


def check_interpolation(interpolate: Callable) -> None:
    """`interpolate(z1, z2, num)` gives `num` equally spaced points from z1 to z2, both ends included.

    Args:
        interpolate: The student's function.
    """

    def judge(z1: torch.Tensor, z2: torch.Tensor, num: int, points) -> str | None:
        if problem := tensor_problem(points, "the result", torch.float32, (num, len(z1))):
            return f"{problem}; num = {num} points, both ends included?"
        slack = SLACK * torch.maximum(z1.abs(), z2.abs()) + TINY  # of each number of the code
        for name, end, row in (("first", z1, points[0]), ("last", z2, points[-1])):
            off = (row - end).abs()
            if not (off <= slack).all():
                which = "z1, where alpha = 0" if name == "first" else "z2, where alpha = 1"
                return f"the {name} point is off by {off.max():.3g} from {which}"
        expected = blends(z1, z2, torch.linspace(0, 1, num, dtype=torch.float64))
        differences = (points.double() - expected).abs()
        if not (differences <= slack).all():
            off = differences.max().item()
            steps = (points[1:] - points[:-1]).norm(dim=1)
            return (
                f"a point between the ends is off by {off:.3g}; the steps have lengths from "
                f"{steps.min():.3g} to {steps.max():.3g}, and should be equal, on a straight line"
            )
        return None

    points = st.integers(1, 6).flatmap(lambda d: st.tuples(tensors((d,)), tensors((d,))))
    search(
        interpolate,
        st.tuples(points, st.integers(2, 12)).map(lambda drawn: (*drawn[0], drawn[1])),
        judge,
        names=("z1", "z2", "num"),
        always=[
            (torch.tensor([0.0]), torch.tensor([1.0]), 2),
            (torch.tensor([0.0]), torch.tensor([1.0]), 3),
            (torch.tensor([1.0, -2.0]), torch.tensor([4.0, 0.0]), 4),
            (torch.tensor([2.0, 2.0, 2.0]), torch.tensor([2.0, 2.0, 2.0]), 5),
            (torch.tensor([0.25, -1.0, 3.0, 0.0]), torch.tensor([-0.5, 1.0, 3.0, 2.0]), 4),
            (torch.tensor([0.25, -1.0, 3.0, 0.0]), torch.tensor([-0.5, 1.0, 3.0, 2.0]), 10),
            (torch.tensor([1.5, -1.0]), torch.tensor([-0.5, 2.0]), 50),
            (torch.linspace(-1, 1, 784), torch.linspace(1, 0, 784), 7),
            (torch.tensor([1e6, 1e-6]), torch.tensor([-1e6, 3e-6]), 51),
            (torch.tensor([-1.0, 0.5]), torch.tensor([2.0, 0.25]), 300),
        ],
    )


def check_decoded_path(decode_path: Callable) -> None:
    """`decode_path(decoder, z1, z2, alphas)` blends the codes at each alpha, then decodes.

    The decoders are nonlinear, so decoding first and blending afterwards shows; alphas are unequally
    spaced, unsorted, and some lie outside 0 to 1.

    Args:
        decode_path: The student's function.
    """
    generator = torch.Generator().manual_seed(grading_seed())
    alphas = torch.tensor([0.0, 0.25, 0.5, 1.0])
    cases = []
    for decoder, width, values in [
        (nn.ReLU(), 3, alphas),
        (_decoder(3, 7, 1), 3, alphas),
        (_decoder(4, 6, 2), 4, torch.tensor([0.7])),
        (_decoder(5, 9, 3), 5, torch.tensor([0.9, 0.1, 0.4, 0.1])),
        (_decoder(2, 1, 4), 2, torch.tensor([-0.5, 1.5, 0.2])),
        (nn.Sequential(_decoder(4, 20, 5), nn.Dropout(0.5)), 4, alphas),
        (_decoder(32, 784, 6), 32, torch.linspace(0, 1, 10)),
        (_partly_frozen(4, 5), 4, torch.rand(1500, generator=generator)),
        (_decoder(4, 6, 7), 4, torch.tensor([-2.5, 0.3, 4.0, 1.2, -0.7])),
        (nested_dropout(_decoder(3, 5, 8)), 3, alphas),
        (nn.Sequential(nn.RReLU(0.1, 0.9), _decoder(3, 7, 9)), 3, alphas),  # random in training mode
        (_partly_frozen(4, 784), 4, alphas),  # of which no output lies between 0 and 1
    ]:
        z1, z2 = 2 * torch.randn(2, width, generator=generator)
        cases.append((decoder, z1, z2, values))
    for call in call_many(decode_path, cases):
        decoder, z1, z2, values = call.arguments
        what = f"for codes of {len(z1)} numbers and alphas = {[round(value, 2) for value in values.tolist()]}"
        path = kept(call).value
        decoder.eval()
        with torch.no_grad():
            expected = decoder(blends(z1, z2, values).float())
        if problem := tensor_problem(path, "the result", torch.float32, expected.shape):
            raise CheckFailed(f"{what}: {problem}; one row for each alpha?")
        slack = SLACK * max(1.0, expected.abs().max().item())
        off = (path - expected).abs().max().item()
        if not off <= slack:
            raise CheckFailed(
                f"{what}: pixels are off by up to {off:.2g}; row i must be decoded from "
                "(1 - alphas[i]) z1 + alphas[i] z2, in evaluation mode"
            )


def _partly_frozen(width: int, n_pixels: int) -> nn.Sequential:
    """A decoder of outputs of hundreds of thousands, whose first layer is frozen."""
    decoder = nn.Sequential(nn.Linear(width, 6), nn.ReLU(), nn.Linear(6, n_pixels))
    decoder[0].requires_grad_(False)
    with torch.no_grad():
        decoder[2].weight.mul_(1e6)
    return decoder


def _decoder(width: int, n_pixels: int, seed: int) -> nn.Sequential:
    """A decoder whose pixels bend strongly between two codes."""

    def build():
        decoder = nn.Sequential(nn.Linear(width, 11), nn.ReLU(), nn.Linear(11, n_pixels), nn.Sigmoid())
        with torch.no_grad():
            decoder[0].weight.mul_(2)
            decoder[2].weight.mul_(3)
        return decoder

    return made_with_seed(build, seed)
