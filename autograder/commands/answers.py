"""What `autograder answers` does and prints: worked solutions, for after the deadline."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import nbformat
from rich.markup import escape

from autograder.commands.console import loud_console, say, say_next, width_console
from autograder.commands.done import Done
from autograder.course.folder import Course
from autograder.course.times import shown_time
from autograder.feedback import worked
from autograder.files import write_whole
from autograder.gradebook import deadlines

__all__ = ["answers"]

FOLDER = "answers"


def answers(folder: Path, assignment: str, languages: list[str], execute: bool) -> Done:
    """Write the worked solutions of an assignment as notebooks and pages.

    Raises:
        CourseError: There is no such assignment, or it is not in one of the languages.
    """
    course = Course(folder)
    course.chosen([assignment])
    files: list[Path] = []
    problems: list[str] = []
    for name in course.notebooks(assignment):
        written, problem = _write(course, name, languages, execute)
        files += written
        problems += filter(None, [problem])
    last = _say_when(course, assignment)
    data = {"assignment": assignment, "files": files, "problems": problems, "last_deadline": last}
    return Done(status=1 if problems else 0, data=data)


def _write(course: Course, name: str, languages: list[str], execute: bool) -> tuple[list[Path], str]:
    """Write those of one notebook; returns the files, and which cell raised an error, if any did."""
    console = width_console()
    files: list[Path] = []
    problem = ""
    outputs = None
    every: list[str | None] = [*(languages or course.template(name).languages)]
    for language in every or [None]:
        notebook = worked.worked(course, name, language)
        if execute and outputs is None:  # the code is the same in every language
            with console.status(f"running the cells of {name}"):
                notebook, problem = worked.executed(course, notebook)
            outputs = {cell.id: cell.get("outputs", []) for cell in notebook.cells}
            if problem:
                loud_console().print(f"[bold]Needs attention[/] {escape(problem)}", soft_wrap=True)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = (outputs or {}).get(cell.id, [])
        target = course.root / FOLDER / (language or "") / f"{name}.ipynb"
        write_whole(target, nbformat.writes(notebook) + "\n")
        write_whole(target.with_suffix(".html"), worked.html(course, notebook))
        say(f"{target} and {target.with_suffix('.html').name}")
        files += [target, target.with_suffix(".html")]
    return files, problem


def _say_when(course: Course, assignment: str) -> datetime | None:
    """Say from when on they may be handed out; returns when the last student has no time any more, if that is known."""
    due = deadlines.read(course).get(assignment)
    extended = [until for (_, name), until in course.exceptions.extended.items() if name == assignment]
    last = max([*extended, *([due] if due else [])], default=None)
    if last is None:
        say_next("hand them out when nobody can hand in any more; no deadline is known")
    elif last > datetime.now(UTC):
        loud_console().print(
            f"Not yet: the last deadline is {shown_time(last, course.zone)}.", style="bold", soft_wrap=True
        )
        say_next("hand them out after that")
    else:
        say_next(f"hand them out; the last deadline was {shown_time(last, course.zone)}")
    return last
