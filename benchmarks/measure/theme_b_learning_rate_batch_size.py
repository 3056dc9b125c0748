"""Theme B: accuracy for each learning rate and batch size, with equal updates and with equal epochs."""

from __future__ import annotations

import math

from benchmarks.measure.themes import SEEDS, also_as_student, scores, session

__all__ = ["SEEDS", "measure"]

RATES = (0.001, 0.01, 0.05, 0.1, 0.2)
SIZES = (32, 64, 128, 256)
EPOCHS = 3


def measure(index: int) -> dict:
    """One seed: both heat maps of the notebook, and the follow-ups that the mark scheme quotes."""
    notebook = session("theme_b_learning_rate_batch_size")
    images = len(notebook["mnist"]["train_images"])

    def steps(size: int) -> int:
        return EPOCHS * math.ceil(images / size)

    pairs = [(rate, size) for size in SIZES for rate in RATES]
    numbers = scores(
        notebook,
        index,
        {f"b{size}.rate{rate}": {"learning_rate": rate, "batch_size": size} for rate, size in pairs}
        | {
            f"epochs.b{size}.rate{rate}": {"learning_rate": rate, "batch_size": size, "steps": steps(size)}
            for rate, size in pairs
        }
        | {
            f"scaled.b{size}": {"learning_rate": 0.1 * size / 64, "batch_size": size, "steps": steps(size)}
            for size in (*SIZES, 512)
        }
        | {f"b64.rate{rate}": {"learning_rate": rate} for rate in (0.5, 1, 2)}
        | {
            "crossed.b32.few": {"batch_size": 32, "steps": steps(256)},
            "crossed.b256.many": {"batch_size": 256, "steps": steps(32)},
        }
        | {"longer.b256.rate0.5": {"learning_rate": 0.5, "batch_size": 256, "steps": 600}},
    )
    for rate in RATES:
        difference = numbers[f"b256.rate{rate}"][0] - numbers[f"b32.rate{rate}"][0]
        numbers[f"b256_minus_b32.rate{rate}"] = (difference, "points")
    numbers |= _steps_or_noise(numbers)
    return also_as_student(numbers, index, single=("longer.b256.rate0.5",))


def _steps_or_noise(numbers: dict) -> dict:
    """At a learning rate of 0.1, what B = 256 instead of 32 changes, and what the updates of 3 epochs of the other do."""
    few = numbers["crossed.b32.few"][0], numbers["epochs.b256.rate0.1"][0]
    many = numbers["epochs.b32.rate0.1"][0], numbers["crossed.b256.many"][0]
    return {
        "of_batch.few": (few[1] - few[0], "points"),
        "of_batch.many": (many[1] - many[0], "points"),
        "of_steps.b32": (many[0] - few[0], "points"),
        "of_steps.b256": (many[1] - few[1], "points"),
        "of_epochs": (few[1] - many[0], "points"),
    }
