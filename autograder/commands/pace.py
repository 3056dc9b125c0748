"""How long some work will go on, as far as what was seen of it tells."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable

__all__ = ["Costs", "Pace"]

ENOUGH = 3
"""So many are to be done after the first one before anything is said of the rest."""
ENOUGH_SECONDS = 5.0
"""And so long is to be watched: what comes out of a cache comes at once, and says nothing of the rest."""
LATER = 0.5
"""The part of the time, the later one, whose pace counts."""


class Pace:
    """Told now and then how much of some work is done, it says how long the rest will take, or None.

    What comes before the first update is the start of the work (files that are read once, workers), and so is the
    time of the first item. What was quick at the beginning, as it was done already, is forgotten.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()
        self._began = 0.0
        self._updates = 0
        self._left = 0.0

    def note(self, done: float, left: float, now: float) -> None:
        """Take in how far the work is.

        Args:
            done: How much is done, in any unit.
            left: How much is left, in the same.
            now: The time, in seconds.
        """
        self._left = left
        if self._seen and done <= self._seen[-1][1]:
            return
        if done > 0:
            self._began = self._began if self._seen else now
            self._updates += bool(self._seen)
            self._seen.append((now, done))
        since = now - LATER * (now - self._began)
        while len(self._seen) > ENOUGH + 1 and self._seen[1][0] <= since:
            self._seen.popleft()

    def seconds_left(self, now: float) -> float | None:
        """How long the rest takes if it goes on like this; None where too little was seen to say so."""
        if self._updates < ENOUGH or now - self._began < ENOUGH_SECONDS:
            return None
        (first, before), (last, done) = self._seen[0], self._seen[-1]
        if last <= first:
            return None
        rest = self._left * (last - first) / (done - before) - (now - last)
        return rest if rest > 0 else None


class Costs:
    """What items of several kinds take; one that has not been done is taken for one like those of its kind.

    Args:
        kinds: The kind of each item that is to be done.
    """

    def __init__(self, kinds: Iterable[str]) -> None:
        self._waiting = Counter(kinds)
        self._spent: defaultdict[str, float] = defaultdict(float)
        self._done: Counter[str] = Counter()

    def note(self, kind: str, seconds: float | None) -> tuple[float, float]:
        """Take in that one is done.

        Args:
            seconds: What it took; None where it was there already, which says nothing of the others.

        Returns:
            The seconds that all took until now, and what the rest will; both 0 before the first is known.
        """
        self._waiting[kind] -= 1
        if seconds is not None:
            self._spent[kind] += seconds
            self._done[kind] += 1
        spent, done = sum(self._spent.values()), sum(self._done.values())
        left = sum(
            number * (self._spent[name] / self._done[name] if self._done[name] else spent / max(done, 1))
            for name, number in self._waiting.items()
        )
        return (spent, left) if spent else (0.0, 0.0)
