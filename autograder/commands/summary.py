"""The summary of a grading run: the table of points, what has changed, and what needs attention."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from autograder.commands.console import title
from autograder.course.concern import Concern
from autograder.grading.graded import Graded
from autograder.text import counted

__all__ = ["attention", "named", "records", "summary"]


def records(results: Sequence[Graded], left: Sequence[Concern]) -> dict[str, list]:
    """Plain data: a record for each grade cell, for each submission, and for what is no submission of the class.

    Args:
        results: What was graded.
        left: What of submitted/ and the gradebook is not as expected.
    """
    return {
        "cells": [
            {
                "student": graded.record.student,
                "assignment": graded.record.assignment,
                "notebook": graded.record.notebook,
                "cell": cell.cell,
                "points": cell.points,
                "max_points": cell.max_points,
                "status": str(cell.status),
                "message": cell.message,
                "mistake": list(cell.mistake),
                "hint": cell.hint,
                "replaced": list(cell.replaced),
            }
            for graded in results
            for cell in graded.record.cells
        ],
        "submissions": [
            {
                "student": graded.record.student,
                "assignment": graded.record.assignment,
                "notebook": graded.record.notebook,
                "points": graded.record.points,
                "max_points": graded.record.max_points,
                "seconds": round(graded.record.seconds, 3),
                "sandboxed": graded.record.sandboxed,
                "graded": graded.recorded,
                "kept_points": graded.kept,
                "executed": graded.executed,
                "not_executed": list(graded.record.not_executed),
                "repairs": list(graded.record.repairs),
                "problems": list(graded.concerns),
            }
            for graded in results
        ],
        "not_as_expected": list(left),
    }


def attention(results: Sequence[Graded]) -> list[Concern]:
    """What is to be looked at after grading."""
    return [
        Concern(f"{graded.record.student}/{graded.record.assignment}", "\n".join(graded.concerns))
        for graded in results
        if graded.concerns
    ]


def summary(results: Sequence[Graded]) -> RenderableType:
    """What `autograder grade` prints before what needs attention."""
    parts: list[RenderableType] = [title("Points from the autograder"), _points(results)]
    changed = [graded for graded in results if graded.score_before is not None]
    if changed:
        table = Table()
        for heading in ("submission", "before", "now"):
            table.add_column(heading, no_wrap=True)
        for graded in changed:
            name = escape(f"{graded.record.student}/{graded.record.notebook}")
            table.add_row(name, f"{graded.score_before:g}", f"{graded.score_now:g}")
        parts += [title("Scores that changed"), table]
        parts += [Text("A copy of the gradebook as it was is in .autograder/gradebook-copies.")]
    kept = [f"{one.record.student}/{one.record.notebook} (+{one.kept:g})" for one in results if one.kept]
    if kept:
        parts.append(Text(f"Points of an earlier submission, which was better, stay: {', '.join(kept)}."))
    repaired = [graded for graded in results if graded.record.repairs]
    if repaired:
        were = "was" if len(repaired) == 1 else "were"
        parts.append(
            Text(
                f"{counted(len(repaired), 'submission')} {were} repaired; feedback and --json say what was done."
            )
        )
    unsandboxed = [graded for graded in results if not graded.record.sandboxed]
    if unsandboxed:
        parts.append(Text("Student code ran WITHOUT a sandbox; see `autograder doctor`.", style="bold red"))
    return Group(*parts)


def named(results: Sequence[Graded]) -> str:
    """How many failed tests show a known mistake, in one sentence; nothing where none does."""
    did = [cell for graded in results for cell in graded.record.cells if cell.behaviour]
    known = sum(bool(cell.mistake) for cell in did)
    if not known:
        return ""
    return f"{known} of {counted(len(did), 'failed test')} show a known mistake; the report says which."


def _points(results: Sequence[Graded]) -> Table:
    notebooks = sorted({graded.record.notebook for graded in results})
    by_name = {(graded.record.student, graded.record.notebook): graded for graded in results}
    table = Table()
    table.add_column("student", no_wrap=True)
    for notebook in notebooks:
        table.add_column(notebook, justify="right")
    for student in sorted({graded.record.student for graded in results}):
        row = [escape(student)]
        for notebook in notebooks:
            graded = by_name.get((student, notebook))
            if graded is None:
                row.append("")
                continue
            mark = " [bold red]![/]" if graded.concerns else ""
            points = (
                f"{graded.record.points:g} / {graded.record.max_points:g}"
                if graded.recorded
                else "not graded"
            )
            row.append(points + mark)
        table.add_row(*row)
    return table
