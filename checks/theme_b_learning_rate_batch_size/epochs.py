"""A check that the order of an epoch says nothing of the orders of the next ones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch

from autograder.checking.calls import call_many
from autograder.checking.seeds import derived_seed
from autograder.checking.values import form
from autograder.errors import CheckFailed

__all__ = ["check_epochs_are_independent"]

SIGMAS = 5.0
"""A correct random answer is further than this from its expectation about once in a million."""

N, SIZE = 6, 2
LAGS = (1, 2, 3)


def check_epochs_are_independent(batches: Callable, epochs: int = 600) -> None:
    """In an epoch and in the first, second and third one after it, places of samples, and who is together, are unrelated.

    An order turned round, rolled or little changed is a fair order each time, looked at on its own. Of 6 samples in
    batches of 2, 0.6 of the 3 pairs (standard deviation 0.8) meet again in an order that is drawn anew, and the
    correlation of the batches' numbers is 0 (standard deviation 1/√5).

    Args:
        batches: The student's function, called as batches(n, batch_size, epochs, seed).
        epochs: How many epochs to look at.

    Raises:
        CheckFailed: Two epochs are alike, or opposite, too often.
    """
    [call] = call_many(batches, [(N, SIZE, epochs, derived_seed("orders of epochs") % 10**6)])
    orders = call.result()
    try:
        samples = torch.stack([torch.cat(list(epoch)) for epoch in orders])
    except (TypeError, RuntimeError, ValueError):
        samples = torch.empty(0)
    if samples.shape != (epochs, N):
        where = f"for batches(n={N}, batch_size={SIZE}, epochs={epochs})"
        raise CheckFailed(f"{where}: expected a list with {epochs} epochs, got {form(orders)}")
    numbers = samples.argsort(dim=1) // SIZE
    places = numbers - numbers.double().mean(dim=1, keepdim=True)
    places /= places.norm(dim=1, keepdim=True)
    pairs = [numbers[:, i] == numbers[:, j] for i, j in itertools.combinations(range(N), 2)]
    together = torch.stack(pairs, dim=1).double()
    for lag in LAGS:
        seen = epochs - lag
        again = float((together[lag:] * together[:-lag]).sum(dim=1).mean())
        related = float((places[lag:] * places[:-lag]).sum(dim=1).mean())
        usual = abs(again - 0.6) <= SIGMAS * 0.8 / math.sqrt(seen)
        if not (usual and abs(related) <= SIGMAS / math.sqrt((N - 1) * seen)):
            raise CheckFailed(
                f"with n={N}, batch_size={SIZE} the orders of epochs e and e + {lag} are related: "
                f"{again:.2f} of 3 pairs are together again (0.6 in orders drawn anew), the numbers of the batches "
                f"have the correlation {related:.2f} (0): is the whole order drawn anew in each epoch?"
            )
