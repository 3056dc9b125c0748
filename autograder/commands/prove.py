"""What `autograder prove` does and prints: first what does not hold, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.commands.console import attention_table, width_console
from autograder.course.attention import Attention
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.grading.pool import cores
from autograder.mistakes.proofs import Kind, Proof
from autograder.mistakes.proving import Proving
from autograder.text import counted, listed

__all__ = ["prove"]


def prove(folder: Path, assignments: Sequence[str], quick: bool, jobs: int) -> int:
    """Prove the tests of assignments by their known answers; returns the exit status."""
    course = Course(folder)
    with_answers = sorted(path.stem for path in (course.root / "mistakes").glob("*.yaml"))
    if not with_answers and not assignments:
        raise CourseError(
            f"there is nothing to prove with: {course.root / 'mistakes'} holds no known answers; write "
            "mistakes/<assignment>.yaml"
        )
    console = width_console()
    failing: list[Attention] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    for assignment in assignments or with_answers:
        proving = Proving(course, assignment, quick)
        found: Counter[Kind] = Counter()
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            bar = progress.add_task(assignment, total=len(proving))
            for verdict in proving.verdicts(jobs or cores()):
                found[verdict.proof.kind] += verdict.holds
                if not verdict.holds:
                    what = f"{assignment}: {_named(verdict.proof)}"
                    failing.append(Attention(what, "\n".join(verdict.problems)))
                progress.update(bar, advance=1)
        console.print(f"{assignment}: {_summary(proving, found)}", soft_wrap=True)
        if proving.unproved:
            console.print(f"  no known wrong answer for {listed(proving.unproved)}", soft_wrap=True)
    if failing:
        console.print("[bold]Does not hold[/]")
        console.print(attention_table("answer", failing))
    return int(bool(failing))


def _named(proof: Proof) -> str:
    return f"{proof.cell}, {proof.name}" if proof.name else f"the {proof.kind} notebook"


def _summary(proving: Proving, found: Counter[Kind]) -> str:
    total = Counter(proof.kind for proof in proving.proofs)
    reference = "the reference passes" if found[Kind.REFERENCE] else "the reference FAILS"
    blank = "a blank notebook earns nothing" if found[Kind.BLANK] else "a blank notebook EARNS points"
    return (
        f"{reference}, {blank}; {found[Kind.RIGHT]} of {counted(total[Kind.RIGHT], 'right answer')} pass, "
        f"{found[Kind.WRONG]} of {counted(total[Kind.WRONG], 'wrong answer')} fail what they must and nothing else"
    )
