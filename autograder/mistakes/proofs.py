"""What must hold of an assignment's tests, and whether it does, however notebooks are executed.

for proof in proofs(known, reference):
    verdict = judge(proof, execute(proof.submission(release)))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from enum import StrEnum

from nbformat import NotebookNode

from autograder.course import cells
from autograder.mistakes.known import KnownMistakes, WrongAnswer
from autograder.mistakes.reference import Reference

__all__ = ["Proof", "ProofKind", "ProofResult", "judge", "proofs", "unproved"]


class ProofKind(StrEnum):
    """What is handed in."""

    REFERENCE = "reference"
    BLANK = "blank"
    RIGHT = "right"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One submission, and which tests it must fail.

    Attributes:
        assignment: The notebook's name.
        kind: What is handed in.
        cell: The answer cell that differs from the reference; empty where none or all do.
        name: The known answer's name; empty where it is none.
        answers: For each answer cell's grade_id, its source; none for the release as it is.
        tests: The test cells that the difference can matter to; no other need be executed.
        fails: Those of them that it must fail; every other one must pass.
    """

    assignment: str
    kind: ProofKind
    cell: str = ""
    name: str = ""
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)
    tests: tuple[str, ...]
    fails: tuple[str, ...] = ()

    def submission(self, release: NotebookNode) -> NotebookNode:
        """What a student hands in who has answered like this.

        Args:
            release: The student's notebook; left as it is.
        """
        notebook = deepcopy(release)
        for cell in notebook.cells:
            source = self.answers.get(cells.grade_id(cell))
            if source is not None:
                cell.source = source
        return notebook


@dataclass(frozen=True, kw_only=True)
class ProofResult:
    """What became of one proof.

    Attributes:
        problems: Why it does not hold, one sentence each; none if it does.
    """

    proof: Proof
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether all is as it must be."""
        return not self.problems


def proofs(known: KnownMistakes, reference: Reference, *, quick: bool = False) -> Iterator[Proof]:
    """All proofs of an assignment: the reference, the blank release, each right and each wrong answer.

    Args:
        known: Its known answers, which fit the notebook (`validation.problems`).
        quick: Execute for a right answer its cell's own test only, for a wrong one those that it must fail.

    Raises:
        MistakesError: A change does not apply.
    """
    name, everything = known.assignment, reference.tests
    yield Proof(assignment=name, kind=ProofKind.REFERENCE, answers=reference.answers, tests=everything)
    yield Proof(assignment=name, kind=ProofKind.BLANK, tests=everything, fails=everything)
    for kind, answers in ((ProofKind.RIGHT, known.right), (ProofKind.WRONG, known.wrong)):
        for answer in answers:
            own = tuple(filter(None, [reference.own_test.get(answer.cell)]))
            fails = (answer.fails or own) if isinstance(answer, WrongAnswer) else ()
            can_tell = set(reference.used_by[answer.cell]) | set(fails)
            yield Proof(
                assignment=name,
                kind=kind,
                cell=answer.cell,
                name=answer.name,
                answers={**reference.answers, answer.cell: answer.answer(reference.answers[answer.cell])},
                tests=(fails or own) if quick else tuple(test for test in everything if test in can_tell),
                fails=fails,
            )


def judge(proof: Proof, executed: Mapping[str, str | None]) -> ProofResult:
    """Whether a submission fails what it must and nothing else, and says why where it fails.

    Args:
        executed: For each test cell that was executed, the message where it failed, None where it passed.
    """
    problems: list[str] = []
    for test in dict.fromkeys((*proof.tests, *executed)):
        must_fail = test in proof.fails
        if test not in executed:
            problems.append(f"{test} was not executed")
        elif executed[test] is None and must_fail:
            problems.append(f"passes {test}, which it must fail")
        elif executed[test] is not None and not must_fail:
            problems.append(f"fails {test}, which it must pass: {executed[test] or 'no message'}")
        elif executed[test] == "":
            problems.append(f"fails {test} without a message to the student")
    return ProofResult(proof=proof, problems=tuple(problems))


def unproved(known: KnownMistakes, reference: Reference) -> tuple[str, ...]:
    """The test cells that no known wrong answer must fail: nothing shows that they catch anything."""
    proved: set[str] = set()
    for answer in known.wrong:
        proved |= set(answer.fails) or {reference.own_test[answer.cell]}
    return tuple(test for test in reference.tests if test not in proved)
