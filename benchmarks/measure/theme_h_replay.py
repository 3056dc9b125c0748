"""Theme H: accuracy and forgetting for each capacity of both memories, and for each share of replay."""

from __future__ import annotations

import torch

from benchmarks.measure.themes import SEEDS, also_as_student, session
from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

CAPACITIES = (0, 50, 500, 5000)
REPLAYED = (4, 8, 16, 32, 128)


def measure(index: int) -> dict:
    """One seed: the sweep of the notebook, and the one over the share of replay that it offers."""
    notebook = session("theme_h_replay")
    settings = {
        f"{memory}{capacity}": {"memory": memory, "capacity": capacity}
        for memory in ("fifo", "reservoir")
        for capacity in CAPACITIES
    } | {f"replay{n}": {"memory": "reservoir", "capacity": 500, "n_replay": n} for n in REPLAYED}
    numbers: dict = {}
    for key, changes in settings.items():
        numbers |= _result(notebook, key, changes, index)
    numbers["reservoir50_minus_fifo500"] = (numbers["reservoir50"][0] - numbers["fifo500"][0], "points")
    numbers["reservoir5000_minus_500"] = (numbers["reservoir5000"][0] - numbers["reservoir500"][0], "points")
    numbers["fifo500.emptied"] = (_emptied(notebook, index), "%")
    nines = int((notebook["mnist"]["train_labels"] == notebook["NEW_DIGIT"]).sum())
    return also_as_student(numbers, index, single=("replay8", "reservoir500")) | {
        "nines": nines,
        "nines_seen": nines * notebook["BASE_CONFIG"]["epochs_per_task"],
    }


def _result(notebook: Session, key: str, changes: dict, index: int) -> dict:
    result = notebook["run"]({**notebook["BASE_CONFIG"], **changes}, notebook["MY_SEED"] + index)
    images, labels = notebook["mnist"]["test_images"], notebook["mnist"]["test_labels"]
    is_new = labels == notebook["NEW_DIGIT"]
    matrix = notebook["accuracy_matrix"](
        result["models"], [(images[part], labels[part]) for part in (~is_new, is_new)]
    )
    return {
        key: (result["score"], "%"),
        f"{key}.forgetting": (notebook["forgetting"](matrix), "points"),
        f"{key}.old": (matrix[-1, 0].item(), "%"),
        f"{key}.nine": (matrix[-1, 1].item(), "%"),
    }


def _emptied(notebook: Session, index: int) -> float:
    """The accuracy of `run` with a FIFO of 500 that is emptied before the 9s, so that no old digit is replayed."""
    config, data, seed = notebook["BASE_CONFIG"], notebook["mnist"], notebook["MY_SEED"] + index
    torch.manual_seed(seed)
    model = notebook["make_mlp"]()
    optimizer = torch.optim.SGD(model.parameters(), lr=config["learning_rate"])
    is_new = data["train_labels"] == notebook["NEW_DIGIT"]
    for task in (~is_new, is_new):
        notebook["train"](
            model,
            data["train_images"][task],
            data["train_labels"][task],
            optimizer,
            epochs=config["epochs_per_task"],
            batch_size=config["batch_size"],
            seed=seed,
            prepare=notebook["with_replay"](notebook["ReplayMemory"](500, seed), config["n_replay"]),
        )
    return notebook["accuracy"](model, data["test_images"], data["test_labels"])
