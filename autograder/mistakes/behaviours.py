"""What the known wrong answers of an assignment do in the tests that they fail, kept in the course's state."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Sequence

from autograder.files import write_whole
from autograder.grading.results import alike
from autograder.mistakes.known import WrongAnswer
from autograder.mistakes.proofs import Proof
from autograder.mistakes.trials import Trials

__all__ = ["Behaviours"]


class Behaviours:
    """The behaviours for one variant of the hidden inputs; those of other tests or another reference are forgotten."""

    def __init__(self, trials: Trials, seed: int) -> None:
        self.trials = trials
        self.seed = seed
        self._path = trials.course.state / "behaviours" / trials.name / f"{seed}.json"
        self._kept: dict[str, dict[str, list[str]]] = {}
        self._changed = False
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            data = json.loads(self._path.read_text(encoding="utf-8"))
            if data["decided_by"] == trials.decided_by(seed):
                self._kept = dict(data["behaviours"])
        self._trying: dict[str, list[tuple[WrongAnswer, Proof]]] = {}
        for answer, proof in trials.wrong:
            for test in proof.fails:
                self._trying.setdefault(test, []).append((answer, proof))

    def known_by(self, test: str, behaviour: Sequence[str]) -> tuple[WrongAnswer, ...]:
        """The wrong answers that do the same in a test, in the order of their file."""
        return tuple(
            answer
            for answer, proof in self._trying.get(test, ())
            if alike(self._kept.get(_key(proof), {}).get(test, ()), behaviour)
        )

    def missing(self, test: str) -> Iterator[Proof]:
        """The wrong answers of which nothing is kept for a test yet."""
        for _, proof in self._trying.get(test, ()):
            if test not in self._kept.get(_key(proof), {}):
                yield proof

    def keep(self, proof: Proof, test: str, behaviour: Sequence[str]) -> None:
        """Keep what a wrong answer did in a test; what could not be executed did nothing."""
        kept = self._kept.setdefault(_key(proof), {})
        if kept.get(test) != list(behaviour):
            kept[test] = list(behaviour)
            self._changed = True

    def save(self) -> None:
        """Write what is new."""
        if self._changed:
            data = {"decided_by": self.trials.decided_by(self.seed), "behaviours": self._kept}
            write_whole(self._path, json.dumps(data))
            self._changed = False

    def same(self) -> tuple[tuple[str, ...], ...]:
        """The wrong answers to a cell that do the same in all tests that they fail, group by group, as 'cell: name'."""
        groups: list[list[Proof]] = []
        for _, proof in self.trials.wrong:
            group = next((group for group in groups if self._same(group[0], proof)), None)
            if group is None:
                groups.append([proof])
            else:
                group.append(proof)
        return tuple(
            tuple(f"{proof.cell}: {proof.name}" for proof in group) for group in groups if len(group) > 1
        )

    def _same(self, first: Proof, second: Proof) -> bool:
        one, other = (self._kept.get(_key(proof), {}) for proof in (first, second))
        return (first.cell, first.fails) == (second.cell, second.fails) and all(
            alike(one.get(test, ()), other.get(test, ())) for test in first.fails
        )


def _key(proof: Proof) -> str:
    """Of a wrong answer: its code, wherever it stands and whatever it is called."""
    return hashlib.sha256(f"{proof.cell}\0{proof.answers[proof.cell]}".encode()).hexdigest()[:24]
