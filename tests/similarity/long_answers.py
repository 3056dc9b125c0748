"""Answers that nobody else would write."""

from __future__ import annotations

import random

__all__ = ["long_answer"]


METHODS = [
    "abs",
    "exp",
    "log",
    "sqrt",
    "sin",
    "cos",
    "tanh",
    "relu",
    "round",
    "floor",
    "square",
    "sum",
    "mean",
    "amax",
    "argsort",
    "cumsum",
]


LINES = [
    "{new} = {a}.{method}(dim={n}) {sign} {b}",
    "{new} = torch.{method}({a} {sign} {n} * {b})",
    "{new} = [{a} {sign} {n} for item in {b}.{method}()]",
    "{new} = {a} if {b}.{method}() < {n} else {n} {sign} {a}",
    "{new} = {a}[:{n}].{method}() {sign} {b}[{n}:]",
    "{new} = max({a}.{method}(), {n}, key=lambda item: item {sign} {b})",
    "{new} = {{{n}: {a}, {b}.{method}(): {n}}}",
    "{new} = {a}\n    while {a}.{method}() > {n}:\n        {a} = {a} {sign} {b}",
    "{new} = 0\n    for item in {a}.{method}():\n        {new} = {new} {sign} item * {n}",
]


def long_answer(seed: int) -> str:
    """About fifteen lines that nobody else would write."""
    choice = random.Random(seed)
    lines = ["def f(x):"]
    for number in range(14):
        a, b = choice.choices(["x", *(f"v{earlier}" for earlier in range(number))], k=2)
        words = {"sign": choice.choice("+-*/"), "n": choice.randint(1, 9), "method": choice.choice(METHODS)}
        lines.append("    " + choice.choice(LINES).format(new=f"v{number}", a=a, b=b, **words))
    return "\n".join([*lines, "    return v13"])
