"""Theme A: accuracy and loss for each momentum, the same with equal effective steps, and paths on the saddle."""

from __future__ import annotations

import torch

from benchmarks.measure.themes import SEEDS, also_as_student, scores, session
from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

MOMENTA = (0.0, 0.5, 0.9, 0.95, 0.99)


def measure(index: int) -> dict:
    """One seed: the sweep of the notebook, and the follow-ups that the mark scheme quotes."""
    notebook = session("theme_a_momentum")
    base, seed = notebook["BASE_CONFIG"], notebook["MY_SEED"] + index
    numbers: dict = {}
    for mu in MOMENTA:
        result = notebook["run"]({**base, "momentum": mu}, seed)
        numbers |= {f"mu{mu:g}": (result["score"], "%"), f"mu{mu:g}.loss": result["history"][-1]}
    numbers |= {
        "gain_0.9": (numbers["mu0.9"][0] - numbers["mu0"][0], "points"),
        "loss_0.99": (numbers["mu0.95"][0] - numbers["mu0.99"][0], "points"),
    }
    equal_steps = {
        f"equal_step.mu{mu:g}": {"momentum": mu, "learning_rate": 0.2 * (1 - mu)} for mu in (0, 0.5, 0.9)
    }
    longer = {f"epochs20.mu{mu:g}": {"momentum": mu, "epochs": 20} for mu in (0, 0.9)}
    numbers |= scores(notebook, index, equal_steps | longer)
    numbers["nesterov"] = (_nesterov(notebook, seed), "%")
    return also_as_student(numbers, index, single=("mu0.9", "nesterov")) | _surface(notebook)


def _nesterov(notebook: Session, seed: int) -> float:
    """The accuracy with Nesterov's form at μ = 0.9."""
    base, data = notebook["BASE_CONFIG"], notebook["mnist"]
    torch.manual_seed(seed)
    model = notebook["make_mlp"]()
    optimizer = torch.optim.SGD(model.parameters(), lr=base["learning_rate"], momentum=0.9, nesterov=True)
    images, labels = data["train_images"], data["train_labels"]
    notebook["train"](model, images, labels, optimizer, base["epochs"], base["batch_size"], seed)
    return notebook["accuracy"](model, data["test_images"], data["test_labels"])


def _surface(notebook: Session) -> dict:
    across = {mu: notebook["run_surface"](mu, 0.9, 15)[11:, 0].abs().max().item() for mu in (0.0, 0.1, 0.9)}
    least = {mu: notebook["run_surface"](mu, 0.05, 40)[:, 0].min().item() for mu in (0.0, 0.5, 0.9)}
    return {f"across.mu{mu:g}": value for mu, value in across.items()} | {
        f"least_x.mu{mu:g}": value for mu, value in least.items()
    }
