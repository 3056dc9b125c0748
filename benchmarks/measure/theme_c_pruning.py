"""Theme C: accuracy for each pruned amount, layer by layer and all together, with fine-tuning and without."""

from __future__ import annotations

import copy

import torch

from benchmarks.measure.themes import SEEDS, also_as_student, session
from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

AMOUNTS = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98)


def measure(index: int) -> dict:
    """One seed: the sweep of the notebook, and the follow-ups that the mark scheme quotes."""
    notebook = session("theme_c_pruning")
    base, seed, layers = notebook["BASE_CONFIG"], notebook["MY_SEED"] + index, notebook["LAYERS"]
    run, data = notebook["run"], notebook["mnist"]
    numbers: dict = {}
    for group, changes in {
        "pruned": {},
        "tuned": {"finetune_epochs": 1},
        "global": {"method": "global"},
        "global_tuned3": {"method": "global", "finetune_epochs": 3},
    }.items():
        for amount in AMOUNTS if group != "global_tuned3" else (0.0, 0.98):
            score = run({**base, **changes, "amount": amount}, seed)["score"]
            numbers[f"{group}.{amount:g}"] = (score, "%")
            numbers[f"{group}.{amount:g}.difference"] = (score - numbers[f"{group}.0"][0], "points")
    dense = _dense(notebook, seed)
    numbers["last_layer_left_at_0.98"] = int(
        (dict(notebook["prune_model"](dense, 0.98, layers).named_modules())[layers[-1]].weight != 0).sum()
    )
    test = data["test_images"], data["test_labels"]
    numbers["random.0.5"] = (notebook["accuracy"](_pruned_at_random(dense, 0.5, layers, seed), *test), "%")
    alone = {f"alone{layer}.0.95": notebook["prune_model"](dense, 0.95, [layer]) for layer in layers}
    numbers |= {key: (notebook["accuracy"](model, *test), "%") for key, model in alone.items()}
    numbers |= _mechanisms(notebook, dense, seed)
    numbers |= _energy(dense[3].weight.detach())
    return also_as_student(numbers, index, single=("global_tuned3.0.98",))


def _dense(notebook: Session, seed: int) -> torch.nn.Module:
    base, data = notebook["BASE_CONFIG"], notebook["mnist"]
    torch.manual_seed(seed)
    model = notebook["make_mlp"]()
    optimizer = torch.optim.SGD(model.parameters(), lr=base["learning_rate"], momentum=base["momentum"])
    images, labels = data["train_images"], data["train_labels"]
    notebook["train"](model, images, labels, optimizer, base["epochs"], base["batch_size"], seed)
    return model


def _mechanisms(notebook: Session, dense: torch.nn.Module, seed: int) -> dict:
    """Where the loss comes from, and what brings it back: the last layer spared; biases or weights trained alone."""
    base, data, layers = notebook["BASE_CONFIG"], notebook["mnist"], notebook["LAYERS"]
    prune, test = notebook["prune_model"], (data["test_images"], data["test_labels"])

    def tuned(model: torch.nn.Module) -> float:
        training = data["train_images"], data["train_labels"]
        notebook["finetune_masked"](model, *training, base["learning_rate"], 1, base["batch_size"], seed)
        return notebook["accuracy"](model, *test)

    spared = prune(dense, 0.98, layers[:-1])
    scores = {
        "last_spared.0.98": notebook["accuracy"](spared, *test),
        "last_spared_tuned.0.98": tuned(spared),
    }
    for part, dimensions in {"biases": (1,), "weights": (2,)}.items():
        model = prune(dense, 0.9, layers)
        for parameter in model.parameters():
            parameter.requires_grad_(parameter.dim() in dimensions)
        scores[f"{part}_tuned.0.9"] = tuned(model)
    return {key: (score, "%") for key, score in scores.items()}


def _pruned_at_random(model: torch.nn.Module, amount: float, layers: list[str], seed: int) -> torch.nn.Module:
    result = copy.deepcopy(model)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name in layers:
            weight = dict(result.named_modules())[name].weight
            chosen = torch.randperm(weight.numel(), generator=generator)[: int(weight.numel() * amount)]
            weight.view(-1)[chosen] = 0
    return result


def _energy(weight: torch.Tensor) -> dict:
    """How much of the sum of squares is in the smallest weights."""
    squares = weight.flatten().square().sort().values
    total = squares.sum()
    return {
        f"energy_pruned.{amount:g}": ((100 * squares[: int(len(squares) * amount)].sum() / total).item(), "%")
        for amount in (0.5, 0.8, 0.9)
    }
