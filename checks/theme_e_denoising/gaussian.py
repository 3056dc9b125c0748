"""What a sample of Gaussian noise is like: moments, tails, independence, and no two samples with the same moments.

All bounds are standard errors of the statistic: a right answer exceeds 5 of them once in two million statistics.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from autograder.errors import CheckFailed

__all__ = ["BLACK", "check_few", "check_many", "check_not_adjusted"]

Z = 5.0
FAR = 4.0
"""Beyond so many standard deviations 63 of a million numbers lie."""

BLACK = 5
EXACT = 0.05
"""A statistic nearer to its expectation than so many standard errors, in each of four samples: once in 400,000."""


def check_few(noise: torch.Tensor, images: torch.Tensor, sigma: float) -> None:
    """Mean, variance and fourth moment are right, whatever the brightness, and neighbours uncorrelated.

    Args:
        noise: (n, 1, h, w) float64, what was added to the images.
        images: Of the same shape, 0 or 1.
        sigma: The standard deviation that it must have.

    Raises:
        CheckFailed: With the statistic.
    """
    n = noise.numel()
    ratio = noise.square().mean().item() / sigma**2
    if not abs(ratio - 1) <= Z * math.sqrt(2 / n):
        power = noise.std().item()
        raise CheckFailed(
            f"with sigma = {sigma} and clip = False the noise has the standard deviation {power:.3f}, and its mean "
            f"square is {ratio:.3f} times sigma² (5 standard errors are {Z * math.sqrt(2 / n):.3f}): is sigma the "
            "standard deviation (not the variance), and is the noise the same for dark and bright pixels?"
        )
    mean = noise.mean().item() / sigma
    if not abs(mean) <= Z / math.sqrt(n):
        raise CheckFailed(f"with sigma = {sigma} the mean of the noise is {mean:.3f} sigma; it must be 0")
    fourth = (noise / sigma).pow(4).mean().item()
    if not abs(fourth - 3) <= Z * math.sqrt(96 / n):
        raise CheckFailed(
            f"the mean fourth power of the noise is {fourth:.2f} sigma⁴; for a Gaussian it is 3 (uniform: 1.8)"
        )
    for name, dark in (("dark", images == 0), ("bright", images == 1)):
        part = noise[dark].square().mean().item() / sigma**2
        if not abs(part - 1) <= Z * math.sqrt(2 / int(dark.sum())):
            raise CheckFailed(f"on {name} pixels the mean square of the noise is {part:.3f} times sigma²")
    flat = noise.flatten(1) / sigma
    pairs = [flat[i] * flat[j] for i in range(len(flat)) for j in range(i)]
    products = {
        "neighbouring rows": noise[:, :, 1:] * noise[:, :, :-1] / sigma**2,
        "neighbouring columns": noise[..., 1:] * noise[..., :-1] / sigma**2,
        "pixels of an image": (flat.sum(dim=1) ** 2 / flat.shape[1] - 1) / math.sqrt(2),
        "two images": torch.cat(pairs),
    }
    for name, product in products.items():
        limit = (Z + 3 if name == "pixels of an image" else Z) / math.sqrt(product.numel())
        if not abs(product.mean().item()) <= limit:
            raise CheckFailed(
                f"the noise of {name} is correlated ({product.mean():.3f}, 5 standard errors are {limit:.3f}): "
                "draw one number for each pixel of each image"
            )


def check_many(noise: torch.Tensor) -> None:
    """Of several 100,000 numbers the variance, the fourth moment and the tails are a Gaussian's, and none repeat others.

    Args:
        noise: (n, channels, h, w), which must have variance 1; the first `BLACK` images were black, so that it is
            there as it was drawn.

    Raises:
        CheckFailed: With the statistic.
    """
    n = noise.numel()
    squares = noise.double().square()
    power, fourth = squares.mean().item(), squares.square().mean().item()
    if not abs(power - 1) <= Z * math.sqrt(2 / n):
        raise CheckFailed(
            f"with sigma = 1 and clip = False the variance of {n} numbers is {power:.4f}; it must be sigma²"
        )
    if not abs(fourth - 3) <= Z * math.sqrt(96 / n):
        raise CheckFailed(
            f"the mean fourth power of the noise is {fourth:.2f} sigma⁴; for a Gaussian it is 3 (uniform: 1.8)"
        )
    far, expected = int((squares > FAR**2).sum()), n * math.erfc(FAR / math.sqrt(2))
    if not abs(far - expected) <= Z * math.sqrt(expected):
        raise CheckFailed(
            f"of {n} numbers of the noise {far} are greater than {FAR:g} sigma; of a Gaussian these are about {expected:.0f}"
        )
    plain = noise[:BLACK].flatten()
    different = len(plain.unique())
    if not different >= 0.98 * len(plain):
        raise CheckFailed(
            f"of {len(plain)} numbers of the noise on black images only {different} are different: are they float32 "
            "numbers of a Gaussian, not rounded?"
        )
    strengths = squares.flatten(1).mean(dim=1)
    spread = (strengths - 1).square().mean().item() * squares[0].numel() / 2
    if not abs(spread - 1) <= (Z + 1) * math.sqrt(2 / len(strengths)):
        raise CheckFailed(
            f"the strength of the noise varies from image to image {spread:.2f} times as much (variance) as chance makes it: it is sigma "
            "for each image"
        )
    for name, dims in (
        ("the images", (0,)),
        ("the channels", (1,)),
        ("the rows", (2,)),
        ("the columns", (3,)),
        ("all pixels of an image", (1, 2, 3)),
    ):
        sums = noise.sum(dim=dims).double()
        ratio = sums.square().mean().item() * sums.numel() / n
        if not abs(ratio - 1) <= (Z + 1) * math.sqrt(2 / sums.numel()):
            raise CheckFailed(
                f"the sum of the noise over {name} has {ratio:.2f} times the variance that independent numbers give: "
                "draw one number for each pixel of each image"
            )


def check_not_adjusted(samples: Sequence[torch.Tensor]) -> None:
    """The samples are drawn, and not shifted or scaled until mean or variance are exactly right.

    Args:
        samples: Several, each of which must have mean 0 and variance 1.

    Raises:
        CheckFailed: All means, or all variances, are as good as exact.
    """
    means = [abs(each.mean().item()) * math.sqrt(each.numel()) for each in samples]
    powers = [abs(each.square().mean().item() - 1) * math.sqrt(each.numel() / 2) for each in samples]
    for name, off in (("mean", means), ("variance", powers)):
        if max(off) <= EXACT:
            raise CheckFailed(
                f"the {name} of the noise of each call is exactly that of the distribution: numbers that are drawn "
                "independently differ from it by chance"
            )
