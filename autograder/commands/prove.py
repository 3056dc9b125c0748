"""What `autograder prove` does and prints: first what does not hold, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from autograder.commands.console import progress, say, say_attention, say_next
from autograder.commands.done import Done
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading.pool import cores
from autograder.mistakes.proofs import Proof, ProofKind
from autograder.mistakes.proving import Proving
from autograder.text import counted, listed

__all__ = ["prove"]


def prove(folder: Path, assignments: Sequence[str], quick: bool, variants: int, jobs: int) -> Done:
    """Prove the tests of assignments by their known answers."""
    course = Course(folder)
    known = course.root / "mistakes"
    with_answers = sorted(
        path.relative_to(known).with_suffix("").as_posix() for path in known.rglob("*.yaml")
    )
    names = [name for wanted in assignments for name in _notebooks(course, wanted)] or with_answers
    if not names:
        raise CourseError(
            f"there is nothing to prove with: {known} holds no known answers; write "
            "mistakes/<assignment>.yaml"
        )
    failing: list[Concern] = []
    every: list[dict[str, object]] = []
    for name in names:
        proving = Proving(course, name, quick, variants)
        found: Counter[ProofKind] = Counter()
        with progress(name, len(proving)) as update:
            for done, verdict in enumerate(proving.verdicts(jobs or cores()), 1):
                found[verdict.proof.kind] += verdict.holds
                every.append(
                    {
                        "assignment": name,
                        "cell": verdict.proof.cell,
                        "kind": verdict.proof.kind,
                        "name": verdict.proof.name,
                        "holds": verdict.holds,
                        "problems": verdict.problems,
                    }
                )
                if not verdict.holds:
                    what = f"{name}: {_named(verdict.proof)}"
                    failing.append(Concern(what, "\n".join(verdict.problems)))
                update(done, len(proving), f"{len(failing)} do not hold")
        say(f"{name}: {_summary(proving, found)}")
        if proving.unproved:
            say(f"  no known wrong answer for {listed(proving.unproved)}")
        for same in proving.same():
            say(f"  no test tells them apart: {' | '.join(same)}")
    status = say_attention("answer", failing, "Does not hold")
    say_next("mend the test or the answer, and prove again" if failing else "hand the release out")
    return Done(status=status, data=every)


def _notebooks(course: Course, wanted: str) -> list[str]:
    """The names of an assignment's notebooks, or the one that was named."""
    return [wanted] if wanted in course.all_notebooks() else course.notebooks(wanted)


def _named(proof: Proof) -> str:
    return f"{proof.cell}, {proof.name}" if proof.name else f"the {proof.kind} notebook"


def _summary(proving: Proving, found: Counter[ProofKind]) -> str:
    total = proving.total
    reference = "passes" if found[ProofKind.REFERENCE] == total[ProofKind.REFERENCE] else "FAILS"
    blank = "earns nothing" if found[ProofKind.BLANK] == total[ProofKind.BLANK] else "EARNS points"
    return (
        f"the reference {reference}, a blank notebook {blank}; {found[ProofKind.RIGHT]} of {counted(total[ProofKind.RIGHT], 'right answer')} pass, "
        f"{found[ProofKind.WRONG]} of {counted(total[ProofKind.WRONG], 'wrong answer')} fail what they must and nothing else"
    )
