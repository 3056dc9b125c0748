"""Checks for the noise of a run: of add_noise, from a generator of the seed, and new in every epoch."""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch

from autograder.checking.calls import call_many, in_kernel
from autograder.checking.seeds import derived_seed, grading_seed
from autograder.checking.values import close
from autograder.errors import CellTimeout, KernelDied
from checks.shared.autoencoding import last_model_problem
from checks.shared.probes import Experiment, alike, history_of

__all__ = ["fresh_noise_problem"]

NOISE_RATIO = (0.45, 2.2)
"""Bounds for the variance of 100 losses against that of 150: four standard errors; half of sigma gives 0.25."""

SAME_NOISE = 2e-6
"""Of losses of one model: float32 rounds by 1e-7; noise smaller by a tenth changes each by about 1e-5 (12 models)."""


def _own_noise(
    run: Callable, images: torch.Tensor, sigma: float, seed: int, times: int
) -> list[torch.Tensor]:
    """What the add_noise that run uses makes of the images, `times` times in a row, from a generator of this seed."""
    generator = in_kernel(torch.Generator)
    generator.manual_seed(seed)
    names = {"run": run, "images": images, "sigma": sigma, "generator": generator, "times": range(times)}
    return in_kernel(eval, "[run.__globals__['add_noise'](images, sigma, generator) for _ in times]", names)


def prescribed_noise_problem(run: Callable, experiment: Experiment) -> str | None:
    """Whether the noise is what the text makes it: add_noise, from a generator of the seed, and of seed + 1000 at the test."""
    sigma, epochs, seed = 0.8, 8, derived_seed("prescribed noise") % 10_000
    data = alike(experiment, experiment.data(derived_seed("noise of runs", 1) % 10**6))
    clean, tests = data["train_images"], data["test_images"]
    config = {**experiment.rest, "sigma": sigma, "learning_rate": 0.0, experiment.length: epochs}
    [done] = call_many(run, [(config, seed, data)])
    result = done.value if type(done.value) is dict else {}
    try:
        training = _own_noise(run, clean, sigma, seed, epochs)
        [noisy] = _own_noise(run, tests, sigma, seed + 1000, 1)
    except (KernelDied, CellTimeout):
        raise
    except Exception:
        return None  # run keeps its noise elsewhere
    restored = [result["model"](images).detach() for images in training]
    losses = [(images - clean).square().mean().item() for images in restored]
    history = history_of(result)
    if history is None or not close(list(history), losses, rtol=SAME_NOISE, atol=0.0):
        return (
            f"with sigma = {sigma} and learning rate 0 the losses are {history}; with noise of "
            f"add_noise(x, config['sigma'], generator), generator = torch.Generator().manual_seed(seed), they are {losses}"
        )
    if not close(result.get("noisy"), noisy, rtol=1e-4, atol=1e-4):
        return (
            "'noisy' is not add_noise(data['test_images'], config['sigma'], generator) with "
            "generator = torch.Generator().manual_seed(seed + 1000)"
        )
    return None


def fresh_noise_problem(run: Callable, experiment: Experiment) -> str | None:
    """What is wrong with the noise of a run's training; at learning rate 0 the losses show nothing else.

    Each epoch's loss is a draw from the losses of the returned model on images with noise.
    """
    sigma, epochs, draws = 0.1, 100, 150
    # Equal images: which of them gets which noise makes no difference.
    data = alike(experiment, experiment.data(derived_seed("noise of runs") % 10**6))
    config = {**experiment.rest, "sigma": sigma, "learning_rate": 0.0, experiment.length: epochs}
    [done] = call_many(run, [(config, derived_seed("noisy run") % 10_000, data)])
    history = history_of(done.value) if type(done.value) is dict else None
    if history is None or len(history) != epochs:
        return f"run with sigma = {sigma} and learning rate 0 did not return the loss of each epoch"
    generator = torch.Generator().manual_seed(grading_seed() + 8)
    clean = data["train_images"].repeat(draws, 1, 1, 1)
    noisy = (clean + sigma * torch.randn(clean.shape, generator=generator)).clamp(0, 1)
    restored = done.value["model"](noisy).detach()
    losses = (restored - clean).square().reshape(draws, -1).mean(dim=1).tolist()
    ratio = statistics.variance(history) / statistics.variance(losses)
    if ratio < 0.01:
        return "with sigma > 0 and learning rate 0 all epochs have the same loss: new noise is drawn in every epoch"
    if history in (sorted(history), sorted(history, reverse=True)):
        return "with sigma > 0 and learning rate 0 the losses go only one way; they are to stay in the order of the epochs"
    if not NOISE_RATIO[0] <= ratio <= NOISE_RATIO[1]:
        return (
            f"with sigma = {sigma} and learning rate 0 the losses of {epochs} epochs vary {ratio:.2g} times as much "
            "(variance) as noise of this deviation makes them: is it config['sigma'] that is passed on?"
        )
    return prescribed_noise_problem(run, experiment) or last_model_problem(run, experiment)
