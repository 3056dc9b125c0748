"""Checks for what decisions are worth: the confusion matrix at a threshold, AUROC over all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from hypothesis import strategies as st

from autograder.checking.search import search
from autograder.checking.seeds import grading_seed
from autograder.checking.values import form

__all__ = [
    "auroc_of",
    "auroc_over",
    "check_auroc",
    "check_confusion",
]

KEYS = ("tp", "fp", "fn", "tn")


def auroc_of(result: Mapping[str, Any], data: Mapping[str, torch.Tensor], normal: int) -> float:
    """The AUROC of a result's scores of the test images, of which all but the digit `normal` are anomalies."""
    return auroc_over(result["scores"], data["test_labels"] != normal)


def auroc_over(scores: torch.Tensor, is_anomaly: torch.Tensor) -> float:
    """The share of pairs in which the anomaly has the larger score, a tie counting one half."""
    difference = scores[is_anomaly].double()[:, None] - scores[~is_anomaly].double()[None]
    return ((difference > 0).double() + 0.5 * (difference == 0).double()).mean().item()


def check_auroc(auroc: Callable) -> None:
    """`auroc(scores, is_anomaly)` is P(s_a > s_n) + ½ P(s_a = s_n) over all pairs of an anomaly and a normal one.

    Judged against the count over all pairs, with many ties and with constant scores; it is unchanged by
    an increasing map of the scores, and 1 − AUROC for −s.

    Args:
        auroc: The student's function.
    """

    def both(flags: list[bool]) -> list[bool]:
        return [True, False, *flags]

    pairs = (
        st.lists(st.booleans(), min_size=0, max_size=10)
        .map(both)
        .flatmap(
            lambda flags: st.tuples(
                st.lists(st.integers(0, 5), min_size=len(flags), max_size=len(flags)).map(
                    lambda values: torch.tensor(values, dtype=torch.float32) / 4
                ),
                st.just(torch.tensor(flags)),
            )
        )
    )
    generator = torch.Generator().manual_seed(grading_seed())
    scores, flags = torch.randn(60, generator=generator), torch.rand(60, generator=generator) < 0.3
    always = [
        (torch.tensor([0.0, 1.0]), torch.tensor([False, True])),
        (torch.tensor([1.0, 0.0]), torch.tensor([False, True])),
        (torch.tensor([1.0, 1.0]), torch.tensor([True, False])),
        (torch.zeros(7), torch.arange(7) < 3),
        (scores, flags),
        (-scores, flags),
        (scores.exp(), flags),
        ((scores * 2).round(), flags),
        ((scores * 2).round(), ~flags),
        (scores.repeat_interleave(20), flags.repeat_interleave(20)),
        (1 + torch.arange(12) * 2.0**-20, torch.arange(12) % 5 % 2 == 0),
        ((1 + torch.arange(12) * 2.0**-20) * 1e-6, torch.arange(12) % 5 % 2 == 1),
        (100 * (scores - 5), flags),
        (scores[:16], torch.arange(16) % 2 == 0),  # as many anomalies as normal images
    ]
    search(auroc, pairs, _auroc_problem, names=("scores", "is_anomaly"), always=always)


def _auroc_problem(scores: torch.Tensor, is_anomaly: torch.Tensor, value: Any) -> str | None:
    if type(value) is not float:
        return f"expected a Python float, got {form(value)}"
    right = auroc_over(scores, is_anomaly)
    if not abs(value - right) <= 1e-5:
        return f"got {value:.5g}, off by {abs(value - right):.3g}; which score should be the larger one, and what does a tie count?"
    return None


def check_confusion(confusion_at: Callable) -> None:
    """`confusion_at(scores, is_anomaly, threshold)` counts tp, fp, fn, tn; an anomaly is what exceeds the threshold.

    Args:
        confusion_at: The student's function.
    """
    rows = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=12)
    cases = st.tuples(rows, st.integers(-1, 7)).map(
        lambda case: (
            torch.tensor([score for score, _ in case[0]], dtype=torch.float32) / 4,
            torch.tensor([flag for _, flag in case[0]]),
            case[1] / 4,
        )
    )
    always = [
        (torch.tensor([0.5]), torch.tensor([True]), 0.25),
        (torch.tensor([0.5]), torch.tensor([True]), 0.5),
        (torch.tensor([0.5, 0.5, 0.5]), torch.tensor([False, False, True]), 0.5),
        (torch.arange(10) / 8, torch.arange(10) % 3 == 0, 0.5),
        (torch.tensor([0.0, 0.5, 0.0]), torch.tensor([True, False, False]), -0.25),
        (torch.tensor([20.0, 500.0, 3.0]), torch.tensor([True, False, False]), 15.0),
        (torch.tensor([-0.5, 0.25, -2.0, 1.0]), torch.tensor([True, True, False, False]), 0.5),
        (torch.arange(1, 7) / 2**30, torch.arange(6) % 2 == 0, 3 / 2**30),
        (1 + torch.arange(6) / 2**20, torch.arange(6) % 2 == 0, 1 + 2 / 2**20),
        (torch.arange(1600) % 7 / 8, torch.arange(1600) % 3 > 0, 0.5),
    ]
    search(
        confusion_at, cases, _confusion_problem, names=("scores", "is_anomaly", "threshold"), always=always
    )


def _confusion_problem(
    scores: torch.Tensor, is_anomaly: torch.Tensor, threshold: float, value: Any
) -> str | None:
    if type(value) is not dict or set(value) != set(KEYS):
        got = sorted(map(str, value)) if type(value) is dict else form(value)
        return f"expected a dict with the keys {list(KEYS)}, got {got}"
    for key in KEYS:
        if type(value[key]) is not int:
            return f"'{key}' must be a Python int, got {form(value[key])}"
    found = scores > threshold
    right = {
        "tp": found & is_anomaly,
        "fp": found & ~is_anomaly,
        "fn": ~found & is_anomaly,
        "tn": ~found & ~is_anomaly,
    }
    for key in KEYS:
        if value[key] != int(right[key].sum()):
            return (
                f"'{key}' is {value[key]}, off by {abs(value[key] - int(right[key].sum()))}. An anomaly is the positive "
                "class; found is what is strictly above the threshold"
            )
    return None
