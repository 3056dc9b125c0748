"""Checks for adding noise to images: Gaussian, a draw for each pixel, from the generator that is given."""

from __future__ import annotations

from collections.abc import Callable

import torch

from autograder.checking.calls import call, in_kernel
from autograder.checking.promises import Promises, broken_promise
from autograder.checking.seeds import grading_seed
from autograder.checking.values import tensor_problem, unchanged
from autograder.errors import CheckFailed
from checks.theme_e_denoising.gaussian import BLACK, check_few, check_many, check_not_adjusted

__all__ = ["check_add_noise"]

SIGMAS = (0.1, 0.5, 2.0)
MANY = (400, 3, 28, 20)
"""The shape of the images whose noise shows what a few thousand numbers do not: the tails, other channels, later images."""


def check_add_noise(add_noise: Callable) -> None:
    """`add_noise(images, sigma, generator, clip=True)`: Gaussian noise, a draw for each pixel, cut to [0, 1].

    Property: without clipping, the difference to the images is a sample of a Gaussian of variance sigma²
    (`checks.theme_e_denoising.gaussian`); with clipping it is the same draw, cut.

    Args:
        add_noise: The student's function.
    """
    generator = in_kernel(torch.Generator)
    base = torch.Generator().manual_seed(grading_seed())
    images = (torch.rand(8, 1, 60, 40, generator=base) > 0.5).float().transpose(2, 3)

    def noisy(sigma: float, seed: int | None, *clip: bool, images: torch.Tensor = images) -> torch.Tensor:
        if seed is not None:
            generator.manual_seed(seed)
        done = call(add_noise, images, sigma, generator, *clip) if seed in (0, 22) else None
        value = done.result() if done else add_noise(images, sigma, generator, *clip)
        if problem := tensor_problem(value, "the noisy images", torch.float32, images.shape):
            raise CheckFailed(problem)
        if done and not unchanged(images, done.arguments_after[0]):
            raise CheckFailed("add_noise changed the images that it was given; make new ones")
        if done and (problem := broken_promise(done, Promises(new=True))):
            raise CheckFailed(problem)
        return value

    exact = noisy(0.0, 0, False)
    if not (exact - images).abs().max().item() <= 1e-6:
        raise CheckFailed("with sigma = 0 and clip = False the images must come back as they are")
    many = torch.rand(MANY, generator=base)
    many[:BLACK] = 0
    draws = [(sigma, noisy(sigma, 11 + number, False) - images) for number, sigma in enumerate(SIGMAS)]
    for sigma, noise in draws:
        check_few(noise.double(), images, sigma)
    draws.append((1.0, noisy(1.0, 14, False, images=many) - many))
    check_many(draws[-1][1])
    check_not_adjusted([noise.double() / sigma for sigma, noise in draws])
    grey = 0.25 + 0.5 * images
    free, cut = (noisy(0.5, 21, *clip, images=grey) for clip in ((False,), ()))
    if not (float(cut.min()) >= 0 and float(cut.max()) <= 1):
        raise CheckFailed(
            f"by default the result is cut to [0, 1]; its values go from {cut.min():.3f} to {cut.max():.3f}"
        )
    if not (cut - free.clamp(0, 1)).abs().max().item() <= 1e-6:
        raise CheckFailed(
            "with the generator in the same state, the clipped result must be the unclipped one, cut to [0, 1]: "
            "is all randomness taken from the generator, and is clipping the last step?"
        )
    following = noisy(0.5, None, images=grey)
    if not (following - cut).abs().max().item() > 1e-3:
        raise CheckFailed(
            "two calls one after the other with the same generator gave the same noise: "
            "do not set its seed inside the function"
        )
    for shape in ((5,), (6, 7), (3, 4, 5), (2, 1, 3, 2, 2)):
        noisy(0.5, None, images=torch.rand(shape, generator=base))
    small = images[:1, :, :2, :2].contiguous()
    several = [noisy(1.0, None, False, images=small) for _ in range(25)]
    if len({value.flatten()[0].item() for value in several}) < len(several) - 1:
        raise CheckFailed(
            f"of {len(several)} calls one after the other with the same generator several gave the same noise"
        )
    if not (noisy(0.5, 22, images=grey) - cut).abs().max().item() > 1e-3:
        raise CheckFailed("a generator with another seed gave the same noise: is it used?")
