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
from autograder.mistakes.likeness import Text
from autograder.mistakes.proofs import Proof

__all__ = ["Failure", "Place", "Ranking"]


@dataclass(frozen=True)
class Place:
    """A test with one variant of its hidden inputs."""

    behaviours: Behaviours
    test: str

    @property
    def name(self) -> tuple[str, str]:
        """The notebook and the test, whatever the variant."""
        return self.behaviours.trials.name, self.test


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A test that a submission failed.

    Attributes:
        place: Which.
        behaviour: What the submission did there.
        record: The submission's.
        seconds: How long the test took.
    """

    place: Place
    behaviour: tuple[str, ...]
    record: Record
    seconds: float

    @property
    def is_named(self) -> bool:
        """Whether a known wrong answer does the same, as far as it is known what they do."""
        return bool(self.place.behaviours.known_by(self.place.test, self.behaviour))


class Ranking:
    """The order for some failures; it reads what the submissions say, and executes nothing."""

    def __init__(self, course: Course, failures: Iterable[Failure]) -> None:
        self._course = course
        self._text = functools.cache(Text)
        self._answers = functools.cache(self._read_answers)
        self._at: dict[Place, list[Failure]] = defaultdict(list)
        for failure in failures:
            self._at[failure.place].append(failure)

    def places(self) -> list[Place]:
        """Tests with failures that have no name yet come first, and of them those that most submissions failed.

        All variants count together: what many did comes before what a single submission did everywhere. A
        submission counts for as much as its code is like a known wrong answer's.
        """
        unnamed: dict[Place, float] = {}
        of_test: dict[tuple[str, str], float] = defaultdict(float)
        for place, failures in self._at.items():
            unnamed[place] = sum(self._likeness(one) for one in failures if not one.is_named)
            of_test[place.name] += unnamed[place]

        def weight(place: Place) -> tuple[float, ...]:
            return bool(unnamed[place]), of_test[place.name], unnamed[place]

        return sorted(self._at, key=weight, reverse=True)

    def seconds(self, place: Place) -> float:
        """How long the test takes, as far as submissions show it."""
        return max(failure.seconds for failure in self._at[place])

    def missing(self, place: Place, most: int | None = None) -> list[Proof]:
        """Wrong answers of which nothing is kept for a test, the most alike to a failure without a name first.

        Args:
            most: How many for each such failure; None for all that there are, and of all failures.
        """
        missing = list(place.behaviours.missing(place.test))
        ranks = dict.fromkeys(range(len(missing)), len(missing))
        for failure in {one.behaviour: one for one in self._at[place] if not one.is_named}.values():
            nearness = [self._nearness(failure, proof) for proof in missing]
            for rank, number in enumerate(sorted(ranks, key=lambda one: -nearness[one])):
                ranks[number] = min(ranks[number], rank)
        order = sorted(ranks, key=lambda number: ranks[number])
        return [missing[number] for number in order if most is None or ranks[number] < most]

    def _nearness(self, failure: Failure, proof: Proof) -> float:
        """By how much a wrong answer is more like the student's than the reference is."""
        text = self._answer(failure, proof.cell)
        reference = failure.place.behaviours.trials.reference.answers[proof.cell]
        return text.likeness(self._text(proof.answers[proof.cell])) - text.likeness(self._text(reference))

    def _likeness(self, failure: Failure) -> float:
        """How much an answer is like the known wrong one that it is most like."""
        missing = failure.place.behaviours.missing(failure.place.test)
        return max(
            (self._answer(failure, one.cell).likeness(self._text(one.answers[one.cell])) for one in missing),
            default=0.0,
        )

    def _answer(self, failure: Failure, cell: str) -> Text:
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
