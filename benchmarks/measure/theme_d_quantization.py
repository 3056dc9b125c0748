"""Theme D: accuracy at few bits for each way to choose the levels, and the error of a layer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from functools import partial

import torch

from benchmarks.measure.themes import also_as_student, scores, session
from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

SEEDS = range(8)
"""More than elsewhere: at 2 bits and fewer the accuracy depends most on the seed."""

BITS = {"minmax": (1, 2, 3, 4, 8, 32), "sigma": (1, 2, 3, 4, 8), "symmetric": (2, 3, 4), "channel": (2, 3, 4)}


def measure(index: int) -> dict:
    """One seed: the sweep of the notebook, and the follow-ups that the mark scheme quotes."""
    notebook = session("theme_d_quantization")
    settings = {
        f"{method}{bits}": {"bits": bits, "method": method} for method in BITS for bits in BITS[method]
    } | {"absmax1": {"bits": 1, "method": "absmax"}, "percentile2": {"bits": 2, "method": "percentile"}}
    numbers = scores(notebook, index, settings)
    for key in settings:
        numbers[f"{key}.difference"] = (numbers[key][0] - numbers["minmax32"][0], "points")
    numbers |= _quantized_otherwise(notebook, index)
    kept, lost = numbers["symmetric2.biases_kept"][0], numbers["symmetric2"][0]
    numbers["symmetric2.of_biases"] = (kept - lost, "points")
    numbers["sigma2_minus_minmax2"] = (numbers["sigma2"][0] - numbers["minmax2"][0], "points")
    numbers["minmax2.of_middle"] = (numbers["minmax2.centred"][0] - numbers["minmax2"][0], "points")
    numbers["channel2_minus_symmetric2"] = (numbers["channel2"][0] - numbers["symmetric2"][0], "points")
    return also_as_student(numbers, index, single=("percentile2", "sigma3")) | _layer(notebook)


def _quantized_otherwise(notebook: Session, index: int) -> dict:
    """At 2 bits: what moving min-max to 0 changes, what becomes 0, and which of the two a scale for each row changes."""
    config, seed, data = notebook["BASE_CONFIG"], notebook["MY_SEED"] + index, notebook["mnist"]
    torch.manual_seed(seed)
    model = notebook["make_mlp"]()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"], momentum=config["momentum"])
    notebook["train"](
        model,
        data["train_images"],
        data["train_labels"],
        optimizer,
        config["epochs"],
        config["batch_size"],
        seed=seed,
    )
    quantize_model, quantization = notebook["quantize_model"], notebook["quantization"]
    symmetric, channel = (quantize_model(model, *quantization(name, 2)) for name in ("symmetric", "channel"))
    quantized = {
        "symmetric2.biases_kept": _with_weights(model, _weights(symmetric)),
        "minmax2.centred": quantize_model(
            model, partial(_centred, notebook["find_range"]), quantization("minmax", 2)[1]
        ),
        "one_scale2.zeros_of_channel": _with_weights(
            model, map(_as_many_zeros, _weights(model), _weights(channel))
        ),
        "one_scale2.mean_of_rows": _with_weights(
            model, [_three_levels(w, w.abs().amax(dim=1).mean()) for w in _weights(model)]
        ),
    }
    images, labels = data["test_images"], data["test_labels"]
    numbers = {name: (notebook["accuracy"](one, images, labels), "%") for name, one in quantized.items()}
    for name, one in (("symmetric2", symmetric), ("channel2", channel)):
        zero = [weight == 0 for weight in _weights(one)]
        numbers[f"{name}.zeros"] = (100 * torch.cat([z.flatten() for z in zero]).float().mean().item(), "%")
        numbers[f"{name}.rows_of_zeros"] = (float(sum(z.all(dim=1).sum().item() for z in zero)), "")
    return numbers


def _centred(find_range: Callable, p: torch.Tensor) -> tuple[float, float]:
    """A range as wide as min-max whose middle is 0."""
    lo, hi = find_range(p, "minmax")
    return (lo - hi) / 2, (hi - lo) / 2


def _weights(model: torch.nn.Module) -> list[torch.Tensor]:
    return [p.detach() for p in model.parameters() if p.dim() == 2]


def _with_weights(model: torch.nn.Module, weights: Iterable[torch.Tensor]) -> torch.nn.Module:
    """A copy of a model with other weights and the same biases."""
    changed = copy.deepcopy(model)
    with torch.no_grad():
        for old, new in zip(_weights(changed), weights, strict=True):
            old.copy_(new)
    return changed


def _three_levels(weight: torch.Tensor, limit: torch.Tensor) -> torch.Tensor:
    """The nearest of -limit, 0, limit."""
    return limit * (weight / limit).round().clamp(-1, 1)


def _as_many_zeros(weight: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Three levels in one scale, small enough for as many zeros as another weight has."""
    zeros = int((other == 0).sum())
    return _three_levels(weight, 2 * weight.abs().flatten().kthvalue(zeros).values)


def _layer(notebook: Session) -> dict:
    """The second layer of the model that the notebook's pictures show."""
    layer, find_range, quantize = notebook["layer"], notebook["find_range"], notebook["quantize"]
    per_channel = notebook["quantize_per_channel"]
    lo, hi = find_range(layer, "minmax")
    quantized = {method: quantize(layer, *find_range(layer, method), 2)[1] for method in ("minmax", "sigma")}
    quantized["symmetric"] = per_channel(layer.reshape(1, -1), 2)[0].reshape(layer.shape)
    quantized["channel"] = per_channel(layer, 2)[0]
    return {f"layer.rmse.{method}2": _rmse(layer - value) for method, value in quantized.items()} | {
        "layer.std": layer.std().item(),
        "layer.step.minmax2": (hi - lo) / 3,
        "layer.step.sigma2": 2 * layer.std().item(),
        "layer.second_level": lo + (hi - lo) / 3,
        "layer.third_level": lo + 2 * (hi - lo) / 3,
    }


def _rmse(error: torch.Tensor) -> float:
    return error.square().mean().sqrt().item()
