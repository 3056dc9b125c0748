"""Checks for vector quantization: nearest centroids, centroids as means, inertia, size in bits.

Clusters have no natural order, so labels are never compared: distances are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from hypothesis import strategies as st

from autograder.checking.calls import call_many
from autograder.checking.inputs import rescaled, tensors
from autograder.checking.search import search
from autograder.checking.values import describe, number_problem, parts_problem, tensor_problem
from autograder.errors import CheckFailed

__all__ = [
    "check_inertia",
    "check_vector_quantizer",
    "check_vq_bits",
    "codebook_problem",
    "inertia",
    "means_problem",
    "nearest_problem",
]

PARTS = ("codebook", "indices")
MOVING_ROWS = 2
"""Of a cluster, where centroids creep: as many as scikit-learn's KMeans leaves by its default tolerance (25 seeds)."""


def codebook_problem(rows: torch.Tensor, k: int, value: Any) -> str | None:
    """The form of (codebook, indices): float32 (k, d), int64 (n,), every index within 0 … k − 1."""
    if problem := parts_problem(value, PARTS):
        return problem
    n, d = rows.shape
    codebook, indices = value
    if problem := (
        tensor_problem(codebook, "codebook", torch.float32, (k, d))
        or tensor_problem(indices, "indices", torch.int64, (n,))
    ):
        return problem
    low, high = int(indices.min()), int(indices.max())
    if low < 0 or high >= k:
        return f"indices has values from {low} to {high}, but the codebook has rows 0 to {k - 1}"
    return None


def nearest_problem(rows: torch.Tensor, codebook: torch.Tensor, indices: torch.Tensor) -> str | None:
    """Whether each row is assigned to a centroid at the least Euclidean distance (ties either way)."""
    rows, codebook = rows.double(), codebook.double()
    squared = (rows[:, None, :] - codebook[None, :, :]).square().sum(dim=2)
    own = squared.gather(1, indices[:, None])[:, 0]
    excess = own - squared.min(dim=1).values
    allowed = 1e-4 * float(rows.square().sum(dim=1).mean()) + 1e-9
    wrong = int((~(excess <= allowed)).sum())
    if wrong:
        return (
            f"{wrong} of {len(rows)} rows are assigned to a centroid although another one is nearer "
            "(Euclidean distance): are the indices those of the final codebook, are differences squared?"
        )
    return None


def means_problem(
    rows: torch.Tensor, codebook: torch.Tensor, indices: torch.Tensor, moving: int = 0
) -> str | None:
    """Whether each centroid that has rows is their mean; one without rows may be anywhere.

    Args:
        rows, codebook, indices: Tensors (n, d), (k, d) and (n,).
        moving: Rows of a cluster that may still go to another one.
    """
    rows, codebook = rows.double(), codebook.double()
    allowed = 2e-4 * float(rows.abs().max()) + 1e-9
    for j in indices.unique().tolist():
        members = rows[indices == j]
        mean = members.mean(dim=0)
        error = float((mean - codebook[j]).abs().max())
        if not (error <= allowed + moving * float((members - mean).abs().max()) / len(members)):
            return (
                f"centroid {j} is off the mean of its {len(members)} rows by {error:.4g}: are the centroids "
                "means, and do the two steps repeat until the indices no longer change?"
            )
    return None


def inertia(rows: torch.Tensor, codebook: torch.Tensor, indices: torch.Tensor) -> float:
    """The sum over rows of the squared distance to their centroids."""
    return float((rows.double() - codebook.double()[indices]).square().sum())


def _clustering_problem(rows: torch.Tensor, k: int, value: Any, moving: int = 0) -> str | None:
    return (
        codebook_problem(rows, k, value)
        or means_problem(rows, *value, moving)
        or nearest_problem(rows, *value)
    )


@st.composite
def _rows_and_k(draw: st.DrawFn) -> tuple[torch.Tensor, int]:
    n, d = draw(st.integers(1, 9)), draw(st.integers(1, 3))
    rows = draw(tensors((n, d)).map(lambda x: (x * 4).round() / 4))
    return rows, draw(st.integers(1, n))


def check_vector_quantizer(quantize: Callable) -> None:
    """`quantize(rows, k) -> (codebook, indices)` is a converged k-means clustering of the rows.

    Property: each row has a nearest centroid, each used centroid is the mean of its rows (so
    k = 1 gives the mean of all), nothing is NaN where a cluster is empty, rows are unchanged.
    Any start and any numbering of the clusters will do.
    """
    generator = torch.Generator().manual_seed(30)
    *clouds, large = (
        (torch.randn(n, d, generator=generator), k)
        for n, d, k in ((60, 2, 5), (80, 5, 8), (50, 3, 1), (40, 8, 6), (70, 1, 7), (700, 2, 9))
    )
    edge_cases = [
        (torch.tensor([[1.0, -2.0]]), 1),
        (torch.tensor([[1.0, 0.0], [2.0, 0.0], [6.0, 3.0]]), 1),
        (torch.tensor([[0.0], [0.0], [0.0], [8.0]]), 2),
        (torch.ones(4, 2), 3),
        (torch.tensor([[0.0, 1.0], [0.0, 1.0], [5.0, 5.0], [-3.0, 2.0]]), 4),
        *clouds,
        (torch.randn(3, 45, generator=generator).t().contiguous() * 5, 4),
        (_few_values(1500), 3),
        *(
            (x, 3)
            for x in rescaled(torch.tensor([[0.0, 1.0], [0.5, 1.0], [5.0, 5.0], [-3.0, 2.0], [-3.0, 2.5]]))[
                1:
            ]
        ),
        (torch.randn(300, 3, generator=torch.Generator().manual_seed(31)), 1),
    ]
    names = ("rows", "k")
    search(quantize, _rows_and_k(), _clustering_problem, names=names, always=edge_cases)
    creeping = partial(_clustering_problem, moving=MOVING_ROWS)
    search(quantize, st.nothing(), creeping, names=names, always=[large, *_slow_cases(generator)], examples=0)
    check_unused_centroids(quantize)


def _few_values(n: int) -> torch.Tensor:
    """So many rows with five values: however many they are, a few rounds are enough."""
    generator = torch.Generator().manual_seed(32)
    return torch.tensor([[0.0], [1.0], [3.0], [7.0], [15.0]])[torch.randint(5, (n,), generator=generator)]


def _slow_cases(generator: torch.Generator) -> list[tuple[torch.Tensor, int]]:
    """Rows evenly spaced on a line, in random order, where centroids creep for many rounds.

    None of 1500 random starts took more than 55 rounds, so 100 are enough. In 40 tries a cap of 20 rounds was seen
    39 times, one of 25 rounds 38 times, one of 30 rounds 19 times, one of 50 never, a stop at a movement of 1e-3
    always, at one of 1e-4 36 times, scikit-learn's default tolerance never. More rows would show more; an answer
    in loops over rows needs seconds for these.
    """
    return [
        (scale * torch.linspace(-1, 1, 500)[torch.randperm(500, generator=generator), None], 6)
        for _ in range(2)  # other starts: one is lucky now and then
        for scale in (1.0, 1 / 64, 1.0, 50.0)
    ]


def check_unused_centroids(quantize: Callable) -> None:
    """A centroid without rows stays where it was.

    With fewer different rows than centroids that is, from every start, at the position of a row.
    """
    cases = [(torch.full((4, 2), 3.0), 3), (torch.tensor([[1.0], [1.0], [1.0], [9.0]]), 3)]
    for done in call_many(quantize, cases):
        rows, k = done.arguments
        codebook, indices = done.result()
        unused = [j for j in range(k) if j not in indices.tolist()]
        if unused and not (torch.cdist(codebook[unused], rows).min(dim=1).values <= 1e-4).all():
            raise CheckFailed(
                f"for rows = {describe(rows)} and k = {k} a centroid without rows is at "
                f"{describe(codebook[unused[0]])}, where no row is: it must stay where it was"
            )


def check_inertia(quantize: Callable, reference: Callable, *, margin: float = 1.05) -> None:
    """The rows are described about as well as by the reference with the same k.

    The rows lie in an elongated box, where k-means ends at the same clusters whatever rows it
    starts from: all 1770 pairs of starting rows, and 4000 random triples, gave one inertia each
    (with four centroids it varies by half). With as many centroids as different rows the
    inertia is 0.

    Args:
        quantize: The student's function.
        reference: The grader's own, same signature.
        margin: The greatest allowed ratio of inertias.
    """
    generator = torch.Generator().manual_seed(0)
    long_axis = torch.tensor([8.0, 1.0, 0.5])
    elongated = torch.rand(60, 3, generator=generator) * long_axis
    distinct = torch.randn(6, 2, generator=generator)
    cases = [(elongated, 2), (elongated, 3), (distinct, 6)]
    for done in call_many(quantize, cases):
        rows, k = done.arguments
        value = done.result()
        if problem := codebook_problem(rows, k, value):
            raise CheckFailed(f"for {len(rows)} rows and k = {k}: {problem}")
        got, own = inertia(rows, *value), inertia(rows, *reference(rows, k))
        if not (got <= margin * own + 1e-6 * float(rows.double().square().sum())):
            raise CheckFailed(
                f"for {len(rows)} different rows and k = {k} the sum of squared distances is {got:.4g}, "
                "more than k centroids need: do they start at k different rows, and does each keep moving?"
            )


def _vq_bits_problem(n: int, d: int, k: int, value: Any) -> str | None:
    if problem := number_problem(value, "the size", int):
        return problem
    bits_per_index = (k - 1).bit_length()
    if value == n * bits_per_index + 32 * k * d:
        return None
    return (
        f"{value} bits is not right: n indices of whole bits each (how many tell k centroids apart?), "
        "and a codebook of k rows of d numbers of 32 bits"
    )


def check_vq_bits(vq_bits: Callable) -> None:
    """`vq_bits(n, d, k)` is n⌈log2 k⌉ + 32kd as an int."""
    edge_cases = [
        (1, 1, 1),
        (10, 3, 1),
        (10, 3, 2),
        (10, 3, 5),
        (100, 4, 8),
        (100, 4, 9),
        (12_544, 4, 256),
        (10**6, 4096, 65_536),
    ]
    k = st.integers(1, 4096) | st.integers(1, 12).map(lambda e: 2**e)
    arguments = st.tuples(st.integers(1, 100_000), st.integers(1, 512), k)
    search(vq_bits, arguments, _vq_bits_problem, names=("n", "d", "k"), always=edge_cases)
