"""Lesson 2: parameters and accuracy of a perceptron and of a small convolutional network, and what rounding costs."""

from __future__ import annotations

from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

SEEDS = range(4)


def measure(seed: int) -> dict:
    """One student's two models, with the pixels as they are and shuffled; and the perceptron rounded to few bits."""
    session = Session("lesson2_parameters", student_number=f"S{seed}")
    session.run_until("few_bits")
    numbers = session["numbers"]
    return {
        "mlp.parameters": numbers["parameters_mlp"],
        "cnn.parameters": numbers["parameters_cnn"],
        "mlp.accuracy": (numbers["accuracy_mlp"], "%"),
        "cnn.accuracy": (numbers["accuracy_cnn"], "%"),
        "mlp.shuffled": (numbers["accuracy_mlp_shuffled"], "%"),
        "cnn.shuffled": (numbers["accuracy_cnn_shuffled"], "%"),
        "cnn.loss_by_shuffling": (numbers["accuracy_cnn"] - numbers["accuracy_cnn_shuffled"], "points"),
        **{f"mlp.bits_{bits}": (percent, "%") for bits, percent in session["few_bits"].items()},
        "mlp.loss_by_shuffling": (numbers["accuracy_mlp"] - numbers["accuracy_mlp_shuffled"], "points"),
    }
