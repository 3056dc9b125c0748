"""Checks for low-rank approximation: best error for its rank, shapes of factors, rank for an energy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from hypothesis import strategies as st

from autograder.checking.inputs import matrices, rescaled
from autograder.checking.search import search
from autograder.checking.values import number_problem, parts_problem, tensor_problem

__all__ = [
    "check_low_rank",
    "check_low_rank_parameters",
    "check_rank_for_energy",
    "energies",
    "factors_problem",
    "matrix_with_singular_values",
]


def energies(w: torch.Tensor) -> torch.Tensor:
    """The squared singular values of a matrix, descending, in float64."""
    return torch.linalg.svdvals(w.detach().double()).square()


def matrix_with_singular_values(values: list[float], m: int, n: int, seed: int) -> torch.Tensor:
    """A float32 m x n matrix with these singular values (at most min(m, n) of them) and random directions."""
    generator = torch.Generator().manual_seed(seed)
    left, _ = torch.linalg.qr(torch.randn(m, len(values), generator=generator, dtype=torch.float64))
    right, _ = torch.linalg.qr(torch.randn(n, len(values), generator=generator, dtype=torch.float64))
    return ((left * torch.tensor(values, dtype=torch.float64)) @ right.T).float()


def factors_problem(w: torch.Tensor, k: int, value: Any) -> str | None:
    """Whether (a, b) are m x k and k x n and a·b is a best approximation of w of rank k.

    The best squared error is the sum of the squared singular values after the k-th
    (Eckart–Young); how the singular values are shared between the factors is free.
    """
    if problem := parts_problem(value, ("a", "b")):
        return problem
    a, b = value
    m, n = w.shape
    if problem := tensor_problem(a, "a", torch.float32, (m, k)) or tensor_problem(
        b, "b", torch.float32, (k, n)
    ):
        return problem
    w = w.detach().double()
    error = float((w - a.double() @ b.double()).square().sum())
    total = float(w.square().sum())
    best = float(energies(w)[k:].sum())
    # What float32 decompositions leave, also of wᵀw; with all directions kept nothing is left over.
    if not (error <= best + (1e-6 if best > 1e-6 * total else 1e-8) * total + 1e-30):
        return (
            f"‖w − ab‖² is {error:.4g} (‖w‖² = {total:.4g}), more than the best one of rank {k} has: "
            "are the singular values used once, and are the k largest directions of both sides kept?"
        )
    return None


def check_low_rank(low_rank: Callable) -> None:
    """`low_rank(w, k) -> (a, b)` is a truncated singular value decomposition.

    Tall, wide and square matrices, ranks below k, the zero matrix, k = 1 and k = min(m, n);
    w is unchanged.
    """
    generator = torch.Generator().manual_seed(50)
    edge_cases = [
        (torch.tensor([[2.0]]), 1),
        (torch.tensor([[0.0, 1.0], [-2.0, 0.0]]), 1),
        (
            torch.tensor([[-3.0, 1.0], [1.0, 0.0]]),
            1,
        ),  # symmetric; the greater eigenvalue is the smaller by size
        (torch.zeros(2, 3), 1),
        (torch.outer(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1.0, -1.0])), 2),
        *(
            (torch.randint(-48, 49, (m, n), generator=generator) / 16, k)
            for m, n, k in (
                *((3, 7, 2), (7, 3, 2), (5, 5, 3), (6, 6, 6), (4, 9, 4), (9, 4, 1), (5, 12, 1), (26, 30, 5)),
                *((3, 130, 2), (130, 3, 1)),
            )
        ),
        (torch.randn(6, 4, generator=generator), 3),
        (matrix_with_singular_values([64.0, 1 / 32, 1 / 64], 3, 5, 8), 3),
        *((x, 2) for x in rescaled(torch.randint(-48, 49, (4, 5), generator=generator) / 16)[:2]),
    ]
    arguments = matrices(1, 6).flatmap(
        lambda w: st.tuples(st.just((w * 16).round() / 16), st.integers(1, min(w.shape)))
    )
    search(low_rank, arguments, factors_problem, names=("w", "k"), always=edge_cases)


def _parameters_problem(m: int, n: int, k: int, value: Any) -> str | None:
    if problem := number_problem(value, "the count", int):
        return problem
    got, right = value, k * (m + n)
    if got == right:
        return None
    saves = "" if (got < m * n) == (right < m * n) else " (and whether it saves anything comes out wrong)"
    return f"{got} is not the number of elements of an m x k and a k x n matrix together{saves}"


def check_low_rank_parameters(low_rank_parameters: Callable) -> None:
    """`low_rank_parameters(m, n, k)` is k(m + n): fewer than mn exactly where factors save anything."""
    edge_cases = [
        (1, 1, 1),
        (2, 5, 1),
        (3, 5, 9),
        (4, 4, 2),
        (3, 6, 2),
        (64, 784, 59),
        (64, 784, 60),
        (100, 10, 10),
        (4096, 12_289, 1025),  # odd, and more than float32 counts
    ]
    arguments = st.tuples(st.integers(1, 2000), st.integers(1, 2000), st.integers(1, 300))
    names = ("m", "n", "k")
    search(low_rank_parameters, arguments, _parameters_problem, names=names, always=edge_cases)


def _energy_problem(w: torch.Tensor, energy: float, value: Any) -> str | None:
    if problem := number_problem(value, "the rank", int):
        return problem
    squares = energies(w)
    if not (1 <= value <= len(squares)):
        return f"{value} is not a rank from 1 to min(m, n) = {len(squares)}"
    share = (squares.cumsum(0) / squares.sum()).tolist()
    if not (share[value - 1] >= energy - 1e-5):
        return (
            f"rank {value} is too small: it keeps {share[value - 1]:.4f} of the energy, asked for {energy}: "
            "is the energy the sum of the squared singular values, and is an index counted from 0?"
        )
    if value > 1 and not (share[value - 2] < energy + 1e-5):
        return (
            f"rank {value} is too large: rank {value - 1} keeps {share[value - 2]:.4f} of the energy, "
            f"asked for {energy}: are the singular values squared, is the first rank that suffices returned?"
        )
    return None


def check_rank_for_energy(rank_for_energy: Callable) -> None:
    """`rank_for_energy(w, energy)` is the least k whose σ₁² + … + σ_k² reach that share of the total.

    Shares that fall within 1e-5 of a border may go either way.
    """
    spectra = ([5.0, 3.0, 1.0], [4.0, 4.0, 4.0, 4.0], [9.0, 1.0, 1.0, 1.0, 1.0], [3.0], [20.0, 2.0, 1.0, 0.5])
    uneven = [1.87, 1.13, 0.71]
    share = uneven[0] ** 2 / sum(value**2 for value in uneven)
    edge_cases = [
        (torch.tensor([[2.0]]), 0.5),
        (torch.tensor([[3.0, 0.0], [0.0, 1.0]]), 0.95),
        *(
            (x, energy)
            for x in rescaled(torch.tensor([[3.0, 0.0], [0.0, 1.0]]))[:2]
            for energy in (0.5, 0.95)
        ),
        (matrix_with_singular_values([3.0] + [1.0] * 13, 14, 16, 11), 0.9),
        (matrix_with_singular_values([1.0] * 40, 45, 40, 12), 0.94),
        # The first rank keeps a little more than asked for, then a little less.
        *((matrix_with_singular_values([2.0, 1.0, 0.5], 4, 6, 9), 16 / 21 + off) for off in (-5e-5, 5e-5)),
        *((matrix_with_singular_values(uneven, 4, 6, 10), share + off) for off in (-5e-5, 5e-5)),
        *(
            (matrix_with_singular_values(values, m, n, seed), energy)
            for seed, values in enumerate(spectra)
            for m, n in ((6, 6), (5, 8), (8, 5))
            for energy in (0.003, 0.1, 0.6, 0.9, 0.99, 0.999)
        ),
    ]
    weights = matrices(1, 6).map(lambda w: (w * 16).round() / 16).filter(lambda w: bool((w != 0).any()))
    arguments = st.tuples(weights, st.integers(1, 99).map(lambda percent: percent / 100))
    search(rank_for_energy, arguments, _energy_problem, names=("w", "energy"), always=edge_cases)
