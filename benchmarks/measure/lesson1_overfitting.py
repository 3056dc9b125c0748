"""Lesson 1: how much a small network overfits 1,000 images, and what four remedies change."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator

import torch

from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

SEEDS = range(3)
EPOCHS = 30
"""Of the lecture's own run."""
REMEDIES = ("augmentation", "weight decay", "dropout", "early stopping")


def measure(seed: int) -> dict:
    """One student's training, with and without each remedy, with right labels and with 20 % wrong ones."""
    session = Session("lesson1_overfitting", student_number=f"S{seed}")
    session.run_until("training")
    for cell in ("plotting", "curves", "confident", "early_stopping", "replay", "make_datasets", "remedies"):
        session.run(cell)
    numbers = _confident(session) | (_example(session) if seed == 0 else {})
    seconds: dict[str, float] = {}
    for wrong, remedies in ((0.0, REMEDIES), (0.2, ("early stopping",))):
        for remedy in ("no remedy", *remedies):
            start = time.process_time()
            curves = session["train_with"](remedy, wrong=wrong)
            seconds[remedy] = (time.process_time() - start) / len(curves["test_loss"])
            numbers |= _curves(f"{'wrong20.' if wrong else ''}{remedy.replace(' ', '_')}", curves)
    numbers["augmentation.times_slower"] = seconds["augmentation"] / seconds["dropout"]
    numbers["no_remedy.all_right"] = session["history"]["train_accuracy"].index(100.0) + 1
    numbers |= _random_labels(session)
    return numbers | (_everything(session) if seed == 0 else {})


def _curves(name: str, curves: dict) -> dict:
    losses, accuracies = curves["test_loss"], curves["test_accuracy"]
    best = min(range(len(losses)), key=losses.__getitem__)
    last_train, last_test = curves["train_accuracy"][-1], accuracies[-1]
    numbers = {
        f"{name}.train_accuracy": (last_train, "%"),
        f"{name}.test_accuracy": (last_test, "%"),
        f"{name}.gap": (last_train - last_test, "points"),
        f"{name}.last_train_loss": curves["train_loss"][-1],
        f"{name}.last_test_loss": losses[-1],
        f"{name}.lowest_test_loss": losses[best],
        f"{name}.best_epoch": best + 1,
        f"{name}.accuracy_at_lowest_loss": (accuracies[best], "%"),
        f"{name}.loss_rise": (100 * (losses[-1] / losses[best] - 1), "%"),
    }
    if "restored" in curves:
        numbers |= {
            f"{name}.restored_loss": curves["restored"][0],
            f"{name}.restored_accuracy": (curves["restored"][1], "%"),
        }
    return numbers


def _confident(session: Session) -> dict:
    """Of the eight images that the model gets wrong with the greatest confidence, what all of them reach."""
    worst = session["worst"]
    return {
        "confident.least_confidence": (100 * session["confidence"][worst].min().item(), "%"),
        "confident.lowest_loss": session["losses"][worst].min().item(),
    }


def _example(session: Session) -> dict:
    """The first of these images: a mark scheme quotes what one student's figure shows."""
    first = session["worst"][0]
    loss = session["losses"][first].item()
    return {
        "confident.example.label": session["labels"][first].item(),
        "confident.example.answer": session["answers"][first].item(),
        "confident.example.confidence": (100 * session["confidence"][first].item(), "%"),
        "confident.example.loss": loss,
        "confident.example.one_in": math.exp(loss),
    }


def _random_labels(session: Session) -> dict:
    """The example of the cell `own` that learns random labels by heart, as a student runs it."""
    begin = time.process_time()
    session.run_example("own", "learned by heart")
    minutes = (time.process_time() - begin) / 60
    printed = [
        [float(number) for number in re.findall(r"\d+(?:\.\d+)?", line)]
        for line in session.printed.splitlines()
    ]
    (_, training_60, _), (epoch, training, test) = printed[0], printed[-1]
    return {
        "random_labels.training_60": (training_60, "%"),
        "random_labels.epochs": epoch,
        "random_labels.training": (training, "%"),
        "random_labels.test": (test, "%"),
        "random_labels.cpu_minutes": (minutes, "min"),
    }


class _Batches:
    """All images in shuffled batches of 64, without the work of a DataLoader for each image."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        self.images, self.labels = images, labels

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for batch in torch.randperm(len(self.images)).split(64):
            yield self.images[batch], self.labels[batch]


def _everything(session: Session) -> dict:
    """The lecture's own run, with all 60,000 images in batches of 64, and the time that a student waits for it."""
    train = session["mnist_train"]
    images, labels = (train.data[:, None] / 255 - 0.5) / 0.5, train.targets
    fit, rest = session["fit"], (session["test_loader"], EPOCHS, session["LEARNING_RATE"])
    functions = session["train_epoch"], session["evaluate"]
    torch.manual_seed(session["my_seed"])
    curves = fit(session["SimpleModel"](), _Batches(images, labels), *rest, *functions)
    loader = session["DataLoader"](session["TensorDataset"](images, labels), batch_size=64, shuffle=True)
    start = time.process_time()
    fit(session["SimpleModel"](), loader, session["test_loader"], 1, 0.1, *functions)
    minutes = EPOCHS * (time.process_time() - start) / 60
    return _curves("all_60000", curves) | {"all_60000.cpu_minutes": (minutes, "min")}
