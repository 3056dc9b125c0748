"""In which order known wrong answers are tried: first, for each test that failed, those most like the student's code."""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.course.folder import Course
from autograder.grading.record import Record
from autograder.mistakes.behaviours import Behaviours
from autograder.mistakes.likeness import TokenPairs
from autograder.mistakes.proofs import Proof

__all__ = ["FailedTest", "Failure", "Ranking"]


ALIKE = 0.3
"""What an answer shares at least with one that makes the same mistake: of 95 unseen ones none less than 0.45."""


@dataclass(frozen=True)
class FailedTest:
    """A test that submissions failed with one variant of its hidden inputs."""

    behaviours: Behaviours
    name: str

    @property
    def whatever_variant(self) -> tuple[str, str]:
        """The notebook's name and the test's."""
        return self.behaviours.trials.name, self.name


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One submission that failed it.

    Attributes:
        test: Which.
        behaviour: What the submission did there.
        record: The submission's.
        seconds: How long the test took.
    """

    test: FailedTest
    behaviour: tuple[str, ...]
    record: Record
    seconds: float

    @property
    def is_named(self) -> bool:
        """Whether a known wrong answer does the same, as far as it is known what they do."""
        return bool(self.test.behaviours.known_by(self.test.name, self.behaviour))


class Ranking:
    """The order for some failures; it reads what the submissions say, and executes nothing."""

    def __init__(self, course: Course, failures: Iterable[Failure]) -> None:
        self._course = course
        self._text = functools.cache(TokenPairs)
        self._answers = functools.cache(self._read_answers)
        self._at: dict[FailedTest, list[Failure]] = defaultdict(list)
        for failure in failures:
            self._at[failure.test].append(failure)

    def left(self) -> int:
        """How many wrong answers could give a name to a failure that has none."""
        return sum(len(self.missing(test)) for test in self.tests())

    def tests(self) -> list[FailedTest]:
        """The tests with failures that have no name yet, those that most submissions failed first.

        All variants count together: what many did comes before what a single submission did everywhere. A
        submission counts for as much as its code is like a known wrong answer's, and one that is like none not at all.
        """
        weights = {test: sum(map(self._likeness, self._unnamed(test))) for test in self._at}
        of_test: dict[tuple[str, str], float] = defaultdict(float)
        for test, weight in weights.items():
            of_test[test.whatever_variant] += weight
        wanted = [test for test in self._at if weights[test]]
        return sorted(wanted, key=lambda test: (of_test[test.whatever_variant], weights[test]), reverse=True)

    def seconds(self, test: FailedTest) -> float:
        """How long the test takes, as far as submissions show it."""
        return max(failure.seconds for failure in self._at[test])

    def missing(self, test: FailedTest, most: int | None = None) -> list[Proof]:
        """Wrong answers of which nothing is kept for a test, the most alike to a failure without a name first.

        Args:
            most: How many for each such failure; None for all that there are.
        """
        missing = list(test.behaviours.missing(test.name))
        ranks = dict.fromkeys(range(len(missing)), len(missing))
        for failure in {one.behaviour: one for one in self._unnamed(test)}.values():
            nearness = [self._nearness(failure, proof) for proof in missing]
            for rank, number in enumerate(sorted(ranks, key=lambda one: -nearness[one])):
                ranks[number] = min(ranks[number], rank)
        order = sorted(ranks, key=lambda number: ranks[number])
        return [missing[number] for number in order if most is None or ranks[number] < most]

    def _unnamed(self, test: FailedTest) -> list[Failure]:
        return [one for one in self._at[test] if not one.is_named and self._likeness(one)]

    def _nearness(self, failure: Failure, proof: Proof) -> float:
        """By how much a wrong answer is more like the student's than the reference is."""
        text = self._answer(failure, proof.cell)
        reference = failure.test.behaviours.trials.reference.answers[proof.cell]
        return text.likeness(self._text(proof.answers[proof.cell])) - text.likeness(self._text(reference))

    def _likeness(self, failure: Failure) -> float:
        """How much an answer is like the untried wrong one that it is most like; 0 where it is like none."""
        missing = failure.test.behaviours.missing(failure.test.name)
        found = [
            self._answer(failure, one.cell).likeness(self._text(one.answers[one.cell])) for one in missing
        ]
        return max((one for one in found if one >= ALIKE), default=0.0)

    def _answer(self, failure: Failure, cell: str) -> TokenPairs:
        answers = self._answers(failure.record.student, failure.record.notebook)
        return self._text(answers.get(cell, ""))

    def _read_answers(self, student: str, notebook: str) -> Mapping[str, str]:
        """The sources of a graded submission's cells by their grade_id; none where it cannot be read."""
        try:
            graded = json.loads(self._course.autograded(student, notebook).read_text(encoding="utf-8"))
            return {
                str(cell["metadata"]["nbgrader"]["grade_id"]): "".join(cell["source"])
                for cell in graded["cells"]
                if "nbgrader" in cell["metadata"]
            }
        except (OSError, ValueError, KeyError, TypeError):
            return {}
