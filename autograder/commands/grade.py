"""What `autograder grade` does and prints."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.commands.console import width_console
from autograder.commands.summary import summary, write_json
from autograder.course.folder import Course
from autograder.gradebook import assignments as registered
from autograder.gradebook.recorder import GradebookRecorder
from autograder.grading.grader import Graded, Grading, Options
from autograder.grading.pool import cores
from autograder.text import counted

__all__ = ["grade"]

SILENCE_SECONDS = 10.0


def grade(
    folder: Path,
    assignments: Sequence[str],
    students: Sequence[str],
    jobs: int,
    force: bool,
    everything: bool,
    require_sandbox: bool,
    scheduler: str | None,
    json: Path | None,
) -> int:
    """Grade; returns the exit status."""
    course = Course(folder)
    grading = Grading(
        course,
        Options(
            assignments=tuple(assignments),
            students=tuple(students),
            jobs=jobs or cores(),
            force=force,
            everything=everything,
            require_sandbox=require_sandbox,
            scheduler=scheduler,
        ),
        GradebookRecorder(course),
    )
    console = width_console()
    if grading.why_no_sandbox:
        console.print(
            f"[bold red]Student code will run WITHOUT a sandbox:[/] {escape(grading.why_no_sandbox)}. "
            "It cannot change its own grade, but it can read this machine's files and use its network. "
            "--require-sandbox refuses this."
        )
    if grading.course.secret.replaced:
        console.print(
            f"[bold yellow]The course's secret was lost:[/] {grading.course.state / 'secret'} was missing or damaged, "
            "and a new one was made. All submissions are graded again, with other hidden inputs. "
            "Where you have a copy of the old file, put it back."
        )
    if not len(grading):
        console.print(f"Nothing to grade in {grading.course.submitted}.")
        return 0
    results = sorted(
        _with_progress(grading, console), key=lambda graded: (graded.record.assignment, graded.record.student)
    )
    console.print(summary(results))
    executed = sum(graded.executed for graded in results)
    console.print(
        f"{counted(len(results), 'submission')}: {executed} executed, {len(results) - executed} taken from results."
    )
    if waiting := registered.written_answers_without_points(grading.course):
        console.print(
            f"Written answers without points: {waiting}. Mark them in JupyterLab, menu Nbgrader, Formgrader."
        )
    if json is not None:
        write_json(results, json)
    return int(any(graded.concerns for graded in results))


def _with_progress(grading: Grading, console: Console) -> list[Graded]:
    """A bar on a terminal; elsewhere a line now and then."""
    results: list[Graded] = []
    failing = 0
    if console.is_terminal:
        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failing]} need attention"),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            bar = progress.add_task("grading", total=len(grading), failing=0)
            for graded in _until_interrupted(grading):
                results.append(graded)
                failing += bool(graded.concerns)
                progress.update(bar, advance=1, failing=failing)
        return results
    last = time.monotonic()
    for graded in _until_interrupted(grading):
        results.append(graded)
        failing += bool(graded.concerns)
        if time.monotonic() - last > SILENCE_SECONDS:
            last = time.monotonic()
            console.print(f"{len(results)} of {len(grading)} graded, {failing} need attention")
    return results


def _until_interrupted(grading: Grading) -> Iterator[Graded]:
    """Its results; Ctrl-C counts even if it comes while a library's callback swallows every exception."""
    pressed: list[bool] = []

    def interrupt(*_: object) -> None:
        pressed.append(True)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        for graded in grading.graded():
            yield graded
            if pressed:
                raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)
