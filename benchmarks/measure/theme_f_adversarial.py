"""Theme F: accuracy under attack and on clean images for each ε of training."""

from __future__ import annotations

import torch

from benchmarks.measure.themes import SEEDS, also_as_student, session
from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

EPSILONS = (0.0, 0.05, 0.1, 0.2)


def measure(index: int) -> dict:
    """One seed: the sweep of the notebook, and the follow-ups that the mark scheme quotes."""
    notebook = session("theme_f_adversarial")
    base, seed, data = notebook["BASE_CONFIG"], notebook["MY_SEED"] + index, notebook["mnist"]
    numbers: dict = {}
    for epsilon in EPSILONS:
        result = notebook["run"]({**base, "train_epsilon": epsilon}, seed)
        numbers |= {
            f"eps{epsilon:g}": (result["score"], "%"),
            f"eps{epsilon:g}.clean": (result["clean_score"], "%"),
            f"eps{epsilon:g}.loss": result["history"][-1],
        }
        if epsilon == 0.1:
            for steps in (1, 50):
                attacked = notebook["pgd_attack"](0.1, steps)(
                    result["model"], data["test_images"], data["test_labels"]
                )
                score = notebook["accuracy"](result["model"], attacked, data["test_labels"])
                numbers[f"eps0.1.steps{steps}"] = (score, "%")
    numbers["gain_0.1"] = (numbers["eps0.1"][0] - numbers["eps0"][0], "points")
    numbers["gain_0.1_over_0.05"] = (numbers["eps0.1"][0] - numbers["eps0.05"][0], "points")
    numbers["loss_0.2"] = (numbers["eps0.1"][0] - numbers["eps0.2"][0], "points")
    if index == 0:
        numbers["trained_with_pgd"] = (_trained_with_pgd(notebook, seed), "%")
    return also_as_student(numbers, index, single=("eps0.1",)) | _plain(notebook)


def _plain(notebook: Session) -> dict:
    """The model of the picture of section 4, on the images of that picture, at ε = 0.1."""
    model, robust_accuracy = notebook["plain_model"], notebook["robust_accuracy"]
    images, labels = notebook["mnist"]["test_images"][:200], notebook["mnist"]["test_labels"][:200]
    signs = torch.rand(images.shape, generator=torch.Generator().manual_seed(0)) - 0.5
    attacks = {
        "random": lambda model, images, labels: notebook["fgsm"](images, signs, 0.1),
        "fgsm": notebook["fgsm_attack"](0.1),
        "pgd": notebook["pgd_attack"](0.1, 10),
    }
    return {
        f"plain.{name}": (robust_accuracy(model, [attack], images, labels), "%")
        for name, attack in attacks.items()
    }


def _trained_with_pgd(notebook: Session, seed: int) -> float:
    """The accuracy under attack after ten epochs of adversarial training with PGD."""
    base, data = notebook["BASE_CONFIG"], notebook["mnist"]
    images, labels = data["test_images"], data["test_labels"]
    torch.manual_seed(seed)
    model = notebook["make_mlp"]()
    optimizer = torch.optim.SGD(model.parameters(), lr=base["learning_rate"], momentum=base["momentum"])
    attack = notebook["pgd_attack"](0.1, 10)
    notebook["train"](
        model,
        data["train_images"],
        data["train_labels"],
        optimizer,
        epochs=10,
        batch_size=base["batch_size"],
        seed=seed,
        prepare=lambda x, y: (attack(model, x, y), y),
    )
    return notebook["accuracy"](model, attack(model, images, labels), labels)
