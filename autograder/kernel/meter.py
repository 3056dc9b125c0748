"""What a submission has used, asked for as rarely as its limits allow."""

from __future__ import annotations

import time

from autograder.kernel.server import ForkServer, Spent

__all__ = ["LOOK_SECONDS", "Meter"]

LOOK_SECONDS = 1.0
"""How often a submission that takes long is asked for its time."""


class Meter:
    """What a submission has used since its time was last limited.

    Asking costs a round trip to the fork server, so what is quick is never asked.

    Attributes:
        waited: How long its processes had nothing to do although the grader waited for them, as far as that is known.
    """

    def __init__(self, server: ForkServer) -> None:
        self._server = server
        self._began = time.monotonic()
        self._listened = 0.0  # how long the grader has waited for the submission
        self._next = LOOK_SECONDS
        self.waited = 0.0

    def is_due(self, more: float) -> bool:
        """Whether it is time to look, after so many more seconds of waiting for the submission."""
        self._listened += more
        return self._listened >= self._next

    def look(self) -> Spent:
        """Ask the fork server.

        Raises:
            KernelDied, TimeoutError: It does not answer.
        """
        self._next = self._listened + LOOK_SECONDS
        spent = self._server.spent()
        busy_elsewhere = (
            time.monotonic() - self._began - self._listened
        )  # with the grader's own part of a test
        self.waited = max(0.0, min(self._listened, spent.waiting_seconds - busy_elsewhere))
        return spent
