"""Checks for `claims`: the numbers of a student's own results that the written answers lean on.

A notebook prints, below an experiment, its numbers with a code that belongs to them and to the
student number. Here the code is computed again from the numbers that were claimed: they are those
that the student's experiment gave, and that the submitted outputs show. Nothing is trained again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from autograder.errors import CheckFailed

__all__ = ["check_claims", "claims_problem", "code_of", "seed_of"]


def seed_of(student_number: str) -> int:
    """The seed from 0 to 9999 that a lesson's notebook shows as `my_seed` for a student number."""
    return int(hashlib.sha256(student_number.encode()).hexdigest(), 16) % 10_000


def code_of(numbers: Mapping[str, float], student_number: str, decimals: Mapping[str, int]) -> str:
    """The six letters that a notebook prints beside these numbers for this student.

    Args:
        numbers: What was measured, by name.
        student_number: As the student wrote it.
        decimals: How many decimals of each number count.
    """
    words = "".join(f" {name}={numbers[name]:.{decimals[name]}f}" for name in sorted(numbers))
    return hashlib.sha256((student_number + words).encode()).hexdigest()[:6]


def claims_problem(
    claims: Any, student_number: Any, decimals: Mapping[str, int], bounds: Mapping[str, tuple[float, float]]
) -> str | None:
    """What is wrong with the claims, in Japanese and English; None where they stand.

    Args:
        claims: A dict of one number for each name in `decimals`, and of the code under "code".
        student_number: A string that is not empty.
        decimals: How many decimals of each number count.
        bounds: Between which two values each number lies when the notebook runs on MNIST as given.
    """
    if type(student_number) is not str or not student_number.strip():
        return "student_number が空です / student_number is empty"
    if type(claims) is not dict or set(claims) != {*decimals, "code"}:
        names = ", ".join([*decimals, "code"])
        return f"claims は {names} をキーとする辞書です / claims is a dict with the keys {names}"
    for name in decimals:
        if type(claims[name]) not in (int, float):
            return f"claims['{name}'] は数ではありません / claims['{name}'] is not a number"
    numbers = {name: claims[name] for name in decimals}
    if claims["code"] != code_of(numbers, student_number, decimals):
        return (
            "code が、この数値と学籍番号のものではありません。実験の下に表示された行をそのまま写してください / "
            "the code does not belong to these numbers and this student number: copy the line below the experiment"
        )
    for name, (low, high) in bounds.items():
        if not low <= claims[name] <= high:
            return (
                f"claims['{name}'] = {claims[name]:g} は、MNIST でこのノートブックを実行した値としてはありえません"
                f"({low:g}〜{high:g}) / is not what this notebook gives on MNIST ({low:g} to {high:g})"
            )
    return None


def check_claims(
    claims: Any, student_number: Any, decimals: Mapping[str, int], bounds: Mapping[str, tuple[float, float]]
) -> None:
    """Refuse claims that are not the numbers of the student's own experiment; see `claims_problem`.

    Raises:
        CheckFailed: With what is wrong.
    """
    problem = claims_problem(claims, student_number, decimals, bounds)
    if problem is not None:
        raise CheckFailed(problem)
