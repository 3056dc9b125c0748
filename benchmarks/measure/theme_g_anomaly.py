"""Theme G: AUROC for each width of the code, digit by digit, for each digit as the normal one."""

from __future__ import annotations

import statistics
from functools import cache

import torch

from benchmarks.measure.themes import SEEDS, also_as_student, session
from benchmarks.notebooks import Session

__all__ = ["SEEDS", "measure"]

WIDTHS = (1, 2, 4, 8, 16, 32, 128)
NORMAL = 8
"""Of which the mark scheme speaks; each student's own digit follows from the student number."""
OF_EACH_DIGIT = (1, 4, 32, 128)
"""The widths at which every digit is the normal one."""


def measure(index: int) -> dict:
    """One seed: the sweep of the notebook with 8 as the normal digit, and four of its widths with each digit."""
    notebook = session("theme_g_anomaly")
    data, labels = notebook["mnist"], notebook["mnist"]["test_labels"]
    ink = _ink(data["test_images"])
    numbers: dict = {}
    for width in WIDTHS:
        result = _result(notebook, NORMAL, width, index)
        numbers[f"width{width}"] = result["score"]
        numbers |= {
            f"width{width}.{name}": value for name, value in _digit_by_digit(notebook, result).items()
        }
    result = _result(notebook, NORMAL, 32, index)
    numbers |= _over_ink(notebook, result)
    numbers |= {f"found{digit}": (share, "%") for digit, share in _found(notebook, result).items()}
    numbers["fall_to_4"] = numbers["width1"] - numbers["width4"]
    numbers["width32_minus_128"] = numbers["width32"] - numbers["width128"]
    numbers |= _ink_or_shape(notebook, result)
    found = tuple(
        f"{what}{digit}" for what in ("found", "score", "unrestored") for digit in (0, 1, 3, 5, 8, 9)
    )
    numbers |= _seven_and_nine(notebook, index)
    numbers = also_as_student(numbers, index, single=(*found, f"threshold{NORMAL}"))
    numbers |= _by_normal_digit(notebook, index)
    if index == 0:
        numbers |= {f"single.normal{digit}.width32": numbers[f"normal{digit}.width32"] for digit in (1, 4)}
    numbers |= {f"ink{digit}": ink[labels == digit].mean().item() for digit in (1, 7, NORMAL)}
    numbers |= {f"outside{digit}": share for digit, share in _outside(notebook).items()}
    return numbers


@cache
def _result(notebook: Session, normal: int, width: int, index: int) -> dict:
    config = {**notebook["BASE_CONFIG"], "normal_digit": normal, "width": width}
    return notebook["run"](config, notebook["MY_SEED"] + index)


def _digit_by_digit(notebook: Session, result: dict) -> dict[str, float]:
    """Mean scores of 8, of 1 and of all anomalies; AUROC of 8 against 1 only, and the mean over the other digits."""
    labels, scores = notebook["mnist"]["test_labels"], result["scores"]
    alone = {}
    for digit in range(10):
        if digit != NORMAL:
            part = (labels == NORMAL) | (labels == digit)
            alone[digit] = notebook["roc_auc_score"]((labels[part] == digit).numpy(), scores[part].numpy())
    return {
        "error8": scores[labels == NORMAL].mean().item(),
        "error1": scores[labels == 1].mean().item(),
        "error_anomalies": scores[labels != NORMAL].mean().item(),
        "against1": float(alone[1]),
        "against_others": float(statistics.fmean(value for digit, value in alone.items() if digit != 1)),
    }


def _over_ink(notebook: Session, result: dict) -> dict:
    """The follow-up that divides the score by the ink: AUROC, that against 1 only, the share of the 1s that is found."""
    data, labels = notebook["mnist"], notebook["mnist"]["test_labels"]
    normal = data["train_images"][data["train_labels"] == NORMAL]
    held_back = normal[len(normal) - len(normal) // 5 :]
    threshold = torch.quantile(
        notebook["anomaly_score"](result["model"], held_back) / _ink(held_back), notebook["BASE_CONFIG"]["q"]
    )
    divided = {**result, "scores": result["scores"] / _ink(data["test_images"]), "threshold": threshold}
    against_all = notebook["roc_auc_score"]((labels != NORMAL).numpy(), divided["scores"].numpy())
    return {
        "over_ink": float(against_all),
        "over_ink.against1": _digit_by_digit(notebook, divided)["against1"],
        "over_ink.found1": (_found(notebook, divided)[1], "%"),
    }


def _ink_or_shape(notebook: Session, result: dict) -> dict:
    """Mean score of each digit, what share of its ink is not restored, and how much of the low score of 1 is its ink."""
    data, labels = notebook["mnist"], notebook["mnist"]["test_labels"]
    ink = _ink(data["test_images"])
    numbers = {f"threshold{NORMAL}": result["threshold"]}
    for digit in range(10):
        numbers[f"score{digit}"] = result["scores"][labels == digit].mean().item()
        numbers[f"unrestored{digit}"] = numbers[f"score{digit}"] / ink[labels == digit].mean().item()
    others = (labels != NORMAL) & (labels != 1)
    score, ink_of_others = result["scores"][others].mean().item(), ink[others].mean().item()
    with_their_ink = ink_of_others * numbers["unrestored1"]
    gap = score - numbers["score1"]
    return numbers | {
        "others.score": score,
        "others.ink": ink_of_others,
        "others.unrestored": score / ink_of_others,
        "score1.with_ink_of_others": with_their_ink,
        "gap1.of_ink": (100 * (with_their_ink - numbers["score1"]) / gap, "%"),
    }


def _outside(notebook: Session) -> dict[int, float]:
    """For each digit, the share of its ink that lies where the mean normal image is dark."""
    data, labels = notebook["mnist"], notebook["mnist"]["test_labels"]
    mean = data["train_images"][data["train_labels"] == NORMAL].mean(dim=0)
    squares = data["test_images"].square()
    outside = squares * (1 - mean / mean.max())
    return {
        digit: (outside[labels == digit].sum() / squares[labels == digit].sum()).item() for digit in range(10)
    }


def _ink(images: torch.Tensor) -> torch.Tensor:
    return images.square().flatten(1).mean(dim=1)


def _found(notebook: Session, result: dict) -> dict[int, float]:
    """For each digit the share of its images, in percent, that is called an anomaly."""
    labels, found = notebook["mnist"]["test_labels"], result["scores"] > result["threshold"]
    return {digit: 100 * torch.mean(found[labels == digit].float()).item() for digit in range(10)}


def _seven_and_nine(notebook: Session, index: int) -> dict:
    """Where the mark scheme says something else: 7, whose AUROC hardly changes, and 9, of which two digits are missed."""
    labels = notebook["mnist"]["test_labels"]
    numbers: dict = {}
    errors = {}
    for width in (1, 32):
        result = _result(notebook, 7, width, index)
        numbers[f"of7.width{width}"] = result["score"]
        errors[width] = [result["scores"][part].mean().item() for part in (labels == 7, labels != 7)]
    numbers["of7.gain"] = numbers["of7.width32"] - numbers["of7.width1"]
    for name, narrow, wide in zip(("normal", "anomalies"), errors[1], errors[32], strict=True):
        numbers[f"of7.fall_{name}"] = narrow - wide
    result = _result(notebook, 9, 32, index)
    found = _found(notebook, result)
    numbers |= {f"of9.found{digit}": (found[digit], "%") for digit in (1, 4, 7)}
    numbers["of9.error7"] = result["scores"][labels == 7].mean().item()
    return numbers | {"of9.threshold": result["threshold"]}


def _by_normal_digit(notebook: Session, index: int) -> dict:
    """With each digit as the normal one: AUROC and mean scores at four widths, and the digit missed most at width 32."""
    labels, test_images = notebook["mnist"]["test_labels"], notebook["mnist"]["test_images"]
    numbers: dict = {}
    for normal in range(10):
        key = f"normal{normal}"
        for width in OF_EACH_DIGIT:
            result = _result(notebook, normal, width, index)
            numbers |= {
                f"{key}.width{width}": result["score"],
                f"{key}.width{width}.error": result["scores"][labels == normal].mean().item(),
                f"{key}.width{width}.error_anomalies": result["scores"][labels != normal].mean().item(),
            }
        numbers[f"{key}.width32_minus_128"] = numbers[f"{key}.width32"] - numbers[f"{key}.width128"]
        result = _result(notebook, normal, 32, index)
        share, missed = min((share, d) for d, share in _found(notebook, result).items() if d != normal)
        score = result["scores"][labels == missed].mean().item()
        numbers |= {
            f"{key}.threshold": result["threshold"],
            f"{key}.missed": missed,
            f"{key}.missed.found": (share, "%"),
            f"{key}.missed.score": score,
            f"{key}.missed.unrestored": score / _ink(test_images)[labels == missed].mean().item(),
        }
    return numbers
