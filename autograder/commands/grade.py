"""What `autograder grade` does and prints."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path

from rich.markup import escape

from autograder.collecting import beforehand
from autograder.commands.console import (
    NOT_KNOWN,
    loud_console,
    progress,
    say,
    say_attention,
    say_next,
    width_console,
)
from autograder.commands.done import Done
from autograder.commands.pace import Costs
from autograder.commands.summary import attention, named, records, summary
from autograder.course.folder import Course
from autograder.gradebook import assignments as registered
from autograder.gradebook.recorder import GradebookRecorder
from autograder.gradebook.strays import strays
from autograder.grading.graded import Graded
from autograder.grading.grader import Grading, Options
from autograder.grading.pool import cores, warm_workers
from autograder.mistakes.recognition import Recognised, recognise
from autograder.submission import submissions
from autograder.text import counted

__all__ = ["grade", "warn_of_the_secret", "warn_without_sandbox"]


def grade(
    folder: Path,
    assignments: Sequence[str],
    students: Sequence[str],
    jobs: int,
    force: bool,
    everything: bool,
    require_sandbox: bool,
    scheduler: str | None,
) -> Done:
    """Grade, and print the points and what needs attention."""
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
    warn_without_sandbox(grading.why_no_sandbox)
    warn_of_the_secret(course)
    known = course.assignments()
    left = [*submissions.elsewhere(course.submitted, known), *strays(course, assignments or known)]
    if not len(grading):
        say_attention("where", left)
        say(f"Nothing to grade in {grading.course.submitted}.", loud=True)
        say_next(
            "autograder collect ARCHIVE --from SYSTEM puts notebooks there; by hand: STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb"
        )
        return Done(status=1, data=records((), left))
    for student, assignment in sorted({(one.student, one.assignment) for one in grading.submissions}):
        beforehand.note_submitted(course, student, assignment)
    began = time.monotonic()
    # the same ones execute known wrong answers
    with nullcontext() if scheduler else warm_workers(grading.options.jobs) as grading.workers:
        graded = sorted(_with_progress(grading), key=lambda one: (one.record.assignment, one.record.student))
        seconds = time.monotonic() - began
        width_console().print(summary(graded))
        # at the end, where a terminal stands still: a class may be longer than a screen
        status = say_attention("where", left) | say_attention("submission", attention(graded))
        executed = sum(one.executed for one in graded)
        say(
            f"{counted(len(graded), 'submission')}: {executed} executed, {len(graded) - executed} taken from results."
        )
        with progress("naming mistakes") as tell:
            # it ends when its time is up, however many are left
            told = functools.partial(tell, work=NOT_KNOWN)
            found = recognise(
                course, graded, grading.options.jobs, seconds, grading.workers, grading.setup, told
            )
    results = found.graded
    for line in (*filter(None, [named(results)]), *_why_unnamed(found)):
        say(line)
    if waiting := registered.written_answers_without_points(grading.course):
        say(f"Written answers without points: {waiting}.")
        say_next("autograder mark for these, and autograder report for the class")
    else:
        say_next("autograder report for the class, autograder feedback for students")
    return Done(status=status, data=records(results, left))


def _why_unnamed(found: Recognised) -> Iterator[str]:
    """Why some mistakes may not be known."""
    yield from found.problems
    if found.unknown:
        yield (
            f"{counted(found.unknown, 'known wrong answer')} could not be compared with yet: the time for it was up. "
            "The next run goes on with them; `autograder prove --quick --variants 4` tries all of them beforehand."
        )


def warn_without_sandbox(why: str | None) -> None:
    """Say loudly that student code is not closed off, where it is not."""
    if why:
        loud_console().print(
            f"[bold red]Student code will run WITHOUT a sandbox:[/] {escape(why)}. "
            "It cannot change its own grade, but it can read this machine's files and use its network. "
            "--require-sandbox refuses this."
        )


def warn_of_the_secret(course: Course) -> None:
    """Say that hidden inputs are others than before, where a new secret had to be made."""
    if course.secret.replaced:
        loud_console().print(
            f"[bold yellow]The course's secret was lost:[/] {course.state / 'secret'} was missing or damaged, "
            "and a new one was made. All submissions are graded again, with other hidden inputs. "
            "Where you have a copy of the old file, put it back."
        )


def _with_progress(grading: Grading) -> list[Graded]:
    results: list[Graded] = []
    failing = 0
    costs = Costs(submission.notebook for submission in grading.submissions)
    with progress("grading", len(grading)) as update:
        for graded in grading.graded():
            results.append(graded)
            failing += bool(graded.concerns)
            seconds = graded.record.seconds if graded.executed else None
            work = costs.note(graded.record.notebook, seconds)
            update(len(results), len(grading), f"{failing} need attention", work)
    return results
