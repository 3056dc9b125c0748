"""What `autograder similarity` prints and writes; it asks people to look, and accuses nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from autograder.commands.console import loud_console, progress, say, say_next, width_console, write_json
from autograder.commands.done import Done
from autograder.course.folder import Course
from autograder.course.notebooks import chosen
from autograder.similarity.answers import AnswerReader, LeftOut, read_class
from autograder.similarity.comparison import Comparison, compare
from autograder.similarity.pairs import AlikeCells, Pair, kept_in
from autograder.text import counted

__all__ = ["records", "similarity", "summary"]

PRINTED = 20
CELLS_PRINTED = 3

CAUTION = (
    "A high score is a reason to read both answers, not a proof: a short exercise, a book that both used "
    "or work in a group leads to similar answers too. No score was changed."
)


def similarity(folder: Path, assignment: str, threshold: float | None = None) -> Done:
    """Compare the submissions of an assignment, print the pairs to look at, and keep them for the report.

    Raises:
        CourseError: There is no such assignment.
    """
    course = Course(folder)
    chosen([assignment], course.all_notebooks())
    source = course.source_notebook(assignment)
    reader = AnswerReader(course.template(assignment), source)
    with progress("reading") as update:
        everybody, left_out = read_class(course, assignment, reader, update)
    console = width_console()
    with progress(f"comparing {counted(len(everybody), 'submission')}") as update:
        comparison = compare(everybody, reader.expected, threshold, update)
    found = records(assignment, comparison, left_out)
    write_json(kept_in(course.state, assignment), found)
    (loud_console() if comparison.pairs else console).print(summary(assignment, comparison, left_out))
    if comparison.pairs:
        say(f"Both sources of each pair: {kept_in(course.state, assignment)}")
    say_next(
        "autograder report shows both sides of each pair"
        if comparison.pairs
        else "autograder report for the class"
    )
    return Done(data=found)


def records(assignment: str, comparison: Comparison, left_out: Sequence[LeftOut]) -> dict:
    """Plain data: the pairs with both sources, and the class that they were measured against."""
    return {
        "assignment": assignment,
        "threshold": comparison.threshold,
        "compared": comparison.compared,
        "typical": round(comparison.typical, 4),
        "high": round(comparison.high, 4),
        "more": comparison.more,
        "usual": comparison.usual,
        "left_out": [asdict(one) for one in left_out],
        "pairs": [asdict(pair) for pair in comparison.pairs],
    }


def summary(assignment: str, comparison: Comparison, left_out: Sequence[LeftOut]) -> RenderableType:
    """The table of pairs, how they compare with the class, and what could not be compared."""
    parts: list[RenderableType] = []
    if comparison.pairs:
        parts += [
            Text("Look at these pairs", style="bold"),
            _table(comparison.pairs[:PRINTED]),
            Text(CAUTION),
            Text(),
        ]
    hidden = max(len(comparison.pairs) - PRINTED, 0) + comparison.more
    if hidden:
        parts.append(Text(f"{counted(hidden, 'more pair')} {_listed(comparison)}: see the file below."))
    parts.append(Text(_class(assignment, comparison)))
    if left_out:
        parts.append(Text("Not compared:", style="bold"))
        parts += [Text(f"  {one.student}: {one.why}") for one in left_out]
    return Group(*parts)


def _table(pairs: Sequence[Pair]) -> Table:
    table = Table(show_lines=True)
    table.add_column("first", no_wrap=True)
    table.add_column("second", no_wrap=True)
    table.add_column("score", justify="right")
    table.add_column(
        "where they are alike, and in how many submissions such passages are found", overflow="fold"
    )
    for pair in pairs:
        lines = [_where(cell) for cell in pair.cells[:CELLS_PRINTED]]
        if len(pair.cells) > CELLS_PRINTED:
            lines.append(f"and {counted(len(pair.cells) - CELLS_PRINTED, 'more cell')}")
        table.add_row(escape(pair.first), escape(pair.second), f"{pair.score:.2f}", escape("\n".join(lines)))
    return table


def _where(cell: AlikeCells) -> str:
    moved = "" if cell.second_cell == cell.cell else f" (there in {cell.second_cell})"
    return f"{cell.cell}{moved}: {cell.score:.0%} alike, as found in {cell.found_in}"


def _listed(comparison: Comparison) -> str:
    """From which score on pairs are listed."""
    if comparison.usual is not None and comparison.usual >= comparison.threshold:
        return f"above {comparison.usual:.2f}"
    return f"at {comparison.threshold:.2f} or above"


def _class(assignment: str, comparison: Comparison) -> str:
    if comparison.closest is None:
        return (
            f"{counted(comparison.compared, 'submission')} of {assignment}: no two have an answer in common."
        )
    number = comparison.compared * (comparison.compared - 1) // 2
    text = (
        f"{comparison.compared} submissions of {assignment}, {counted(number, 'pair')}: the typical pair scores "
        f"{comparison.typical:.2f}, and 99 of 100 score {comparison.high:.2f} or less."
    )
    if comparison.usual is not None and comparison.usual >= comparison.threshold:
        text += (
            " The whole class is alike, as in an exercise with one natural answer, so a pair is listed only "
            f"where it stands out with more than {comparison.usual:.2f}; "
            f"--threshold {comparison.threshold:.2f} lists all from there on."
        )
    if not comparison.pairs:
        closest = comparison.closest
        text += (
            f" None is {_listed(comparison)}; the closest are {closest.first} and "
            f"{closest.second} with {closest.score:.2f}."
        )
    return text
