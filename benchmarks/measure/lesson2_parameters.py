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
    return _work(session["work"]) | {
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


def _work(work: dict[str, tuple[int, int, int]]) -> dict:
    """What each layer of the CNN of Section 0 holds, multiplies and puts out: the same for everybody."""
    parameters, multiplications, outputs = (sum(column) for column in zip(*work.values(), strict=True))
    convolutions = [work["conv1"], work["conv2"]]
    return {
        "work.parameters": parameters,
        "work.multiplications": multiplications,
        "work.outputs": outputs,
        "work.outputs_over_parameters": 64 * outputs / parameters,
        "work.conv2": work["conv2"][1],
        "work.conv_parameters": (100 * sum(layer[0] for layer in convolutions) / parameters, "%"),
        "work.conv_multiplications": (
            100 * sum(layer[1] for layer in convolutions) / multiplications,
            "%",
        ),
        "work.fc1_parameters": (100 * work["fc1"][0] / parameters, "%"),
        "work.fc1_multiplications": (100 * work["fc1"][1] / multiplications, "%"),
    }
