"""Theme F: accuracy under attack and on clean images for each ε of training."""

from __future__ import annotations

import torch
from torch.nn import functional as F

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
        } | _margins(notebook, result["model"], f"eps{epsilon:g}")
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
    longer = notebook["run"]({**base, "train_epsilon": 0.2, "epochs": 20}, seed)
    numbers |= {"eps0.2.longer": (longer["score"], "%"), "eps0.2.longer.loss": longer["history"][-1]}
    if index == 0:
        numbers["trained_with_pgd"] = (_trained_with_pgd(notebook, seed), "%")
    return also_as_student(numbers, index, single=("eps0.1",)) | _plain(notebook)


def _margins(notebook: Session, model: torch.nn.Module, key: str) -> dict:
    """How far an attack can lower the margin (to first order), how large the margin is, and where the gradient lies."""
    images, labels = notebook["mnist"]["test_images"], notebook["mnist"]["test_labels"]
    x = images.clone().requires_grad_()
    logits = model(x)
    true = logits.gather(1, labels[:, None])[:, 0]
    margin = true - logits.scatter(1, labels[:, None], -torch.inf).max(dim=1).values
    size = torch.autograd.grad(margin.sum(), x)[0].abs()
    near = F.max_pool2d((images > 0).float(), 3, 1, 1)
    mean, reach = margin.mean().item(), 0.1 * size.flatten(1).sum(dim=1).mean().item()
    return {
        f"{key}.margin": mean,
        f"{key}.reach": reach,
        f"{key}.times": reach / mean,
        f"{key}.near": ((100 * (size * near).sum() / size.sum()).item(), "%"),
        "near_pixels": ((100 * near.mean()).item(), "%"),
    }


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
