"""Theme D: accuracy at few bits for each way to choose the levels, and the error of a layer."""

from __future__ import annotations

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
    return also_as_student(numbers, index, single=("percentile2", "sigma3")) | _layer(notebook)


def _quantized_otherwise(notebook: Session, index: int) -> dict:
    """Accuracy at 2 bits: symmetric with the biases kept, as with channels; min-max moved to be centred at 0."""
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
    biases_kept = notebook["quantize_model"](model, *notebook["quantization"]("symmetric", 2))
    with torch.no_grad():
        for parameter, trained in zip(biases_kept.parameters(), model.parameters(), strict=True):
            if parameter.dim() == 1:
                parameter.copy_(trained)

    def centred(p: torch.Tensor) -> tuple[float, float]:
        lo, hi = notebook["find_range"](p, "minmax")
        return (lo - hi) / 2, (hi - lo) / 2

    _, quantizer = notebook["quantization"]("minmax", 2)
    moved = notebook["quantize_model"](model, centred, quantizer)
    images, labels = data["test_images"], data["test_labels"]
    return {
        "symmetric2.biases_kept": (notebook["accuracy"](biases_kept, images, labels), "%"),
        "minmax2.centred": (notebook["accuracy"](moved, images, labels), "%"),
    }


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
