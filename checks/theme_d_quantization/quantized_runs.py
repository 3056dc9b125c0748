"""What quantization does to a run's outputs, also where that is little: many bits, and after training."""

from __future__ import annotations

from collections.abc import Callable

from autograder.checking.seeds import derived_seed
from checks.shared.probes import Experiment, Probe, asked, reference_runs

__all__ = ["quantized_problem"]

CASES = (
    ("minmax", 8, 0.0, 0.3),
    ("absmax", 16, 0.0, 0.6),
    ("channel", 8, 1.0, 0.3),
    ("sigma", 6, 1.0, 0.3),
    ("symmetric", 4, 1.0, 0.3),
)
"""Method, bits, the learning rate in units of the usual one, and how far off the outputs may be, as a part of what
quantization changes.

A weight between two levels may be rounded either way. After training that gives 0.1 at most, with 16 bits and another
formula 0.2; without quantization, or with one bit more or less, it is 1.
"""


def quantized_problem(run: Callable, experiment: Experiment) -> str | None:
    """Whether the outputs are those of the trained model, quantized and not trained again; a sentence where not.

    Args:
        run: The student's function, whose initial weights are the reference's.
        experiment: The theme's.
    """
    data = experiment.data(derived_seed("quantized runs") % 10**6)
    for number, (method, bits, pace, rounding) in enumerate(CASES):
        usual = {
            **experiment.rest,
            "learning_rate": pace * experiment.rates[0],
            "epochs": 2,
            "method": method,
        }
        probes = [
            Probe(
                config={**usual, "bits": each},
                seed=derived_seed("seed of a quantized run", number) % 10_000,
                data=data,
                why="",
            )
            for each in (bits, experiment.rest["bits"])
        ]
        results, problem = asked(run, probes[:1])
        if problem is not None:
            return problem
        right, plain = (result["logits"] for result in reference_runs(experiment, probes))
        got = results[0].get("logits")
        effect = (right - plain).norm().item()
        off = (got - right).norm().item() if getattr(got, "shape", None) == right.shape else effect
        if not off <= rounding * effect:
            return (
                f"method {method!r}, {bits} bits, learning rate {usual['learning_rate']:g}: quantization changes the outputs by "
                f"{effect:.3g} (root of the sum of squares), but they are {off:.3g} away from those of the trained model, quantized: is it "
                "quantized once, after training, and with config['bits']?"
            )
    return None
