"""Commands that grade, by machine and by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import (
    Assignments,
    CourseOption,
    Jobs,
    Json,
    JsonLines,
    Quiet,
    RequireSandbox,
    Scheduler,
    end,
    flag,
    one_assignment,
    one_student,
)
from autograder.collecting.naming import System
from autograder.errors import CourseError
from autograder.stopping import is_how_it_ends

__all__ = ["cache", "grade", "mark", "similarity", "watch"]


def grade(
    assignments: Assignments = None,
    student: Annotated[
        list[str] | None,
        typer.Option(help="Grade only this student; may be given several times.", autocompletion=one_student),
    ] = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    jobs: Jobs = 0,
    force: Annotated[bool, flag("--force", "Execute submissions again even if nothing has changed.")] = False,
    everything: Annotated[
        bool, flag("--everything", "Execute also given cells that decide nothing.")
    ] = False,
    require_sandbox: RequireSandbox = False,
    scheduler: Scheduler = None,
    json: Json = None,
) -> None:
    """Grade what is in submitted/; what has not changed is not executed again.

    Example: autograder grade lesson1

    One student again: autograder grade lesson1 --student ito --force

    Exit status: 0 all graded; 1 some need attention, or there was nothing to grade; 2 wrong usage; 130 interrupted:
    run it again, and it goes on.
    """
    from autograder.grading import preload

    if scheduler is None:
        preload.start_with(course, force)

    from autograder.commands import grade as command

    end(
        command.grade(
            course, assignments or [], student or [], jobs, force, everything, require_sandbox, scheduler
        ),
        json,
    )


def watch(
    assignments: Assignments = None,
    archives: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Collect each archive that lands in this folder.")
    ] = None,
    system: Annotated[
        System | None, typer.Option("--from", help="With --archives: the learning management system.")
    ] = None,
    roster: Annotated[
        list[Path] | None, typer.Option(help="With --archives: as for `autograder collect`.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(help="With --archives: as for `autograder collect`.")
    ] = None,
    replace: Annotated[bool, flag("--replace", "With --archives: as for `autograder collect`.")] = False,
    exchange: Annotated[
        bool, flag("--exchange", "Collect from nbgrader's exchange, and release feedback there.")
    ] = False,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    jobs: Jobs = 0,
    require_sandbox: RequireSandbox = False,
    scheduler: Scheduler = None,
    json: JsonLines = None,
) -> None:
    """Grade what arrives in submitted/ and write its feedback, within seconds, until Ctrl-C.

    Example: autograder watch lesson1 --exchange

    From Moodle, whose archives tell no times: autograder watch --archives ~/Downloads/moodle --from moodle --replace

    CourseSettings has `attempts_per_day`, and what feedback tells `before_deadline`. Exit status: 0 it was told to
    stop; 2 wrong usage.
    """
    is_how_it_ends(
        "Stopped; everything that was graded is kept, and `autograder watch` goes on where this ended."
    )
    from autograder.grading import preload

    if scheduler is None:
        preload.start()

    from autograder.commands import watch as command

    command.watch(
        course,
        assignments or [],
        archives=archives,
        system=system,
        rosters=roster or [],
        timezone=timezone,
        replace=replace,
        exchange=exchange,
        jobs=jobs,
        require_sandbox=require_sandbox,
        scheduler=scheduler,
        json=json,
    )


def mark(
    assignment: Annotated[
        str | None,
        typer.Argument(
            help="Whose first open question is shown; the list of questions where none is named.",
            autocompletion=one_assignment,
        ),
    ] = None,
    port: Annotated[
        int, typer.Option(help="Of the page's server; the next free one where it is taken.")
    ] = 8889,
    browser: Annotated[bool, typer.Option(metavar="", help="Open a browser.")] = True,
    write: Annotated[
        Path | None,
        typer.Option(help="Write the answers and marks of the assignment to this CSV file instead."),
    ] = None,
    read: Annotated[
        Path | None,
        typer.Option(help="Take the marks of a CSV file that --write made and you have filled in."),
    ] = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    json: Json = None,
) -> None:
    """Mark written answers, one question at a time, on a page of this machine's until Ctrl-C.

    Example: autograder mark lesson1

    In a spreadsheet: autograder mark lesson1 --write marks.csv, and then autograder mark --read marks.csv

    JupyterLab in the course folder has the same page at /autograder/mark; formgrader shows the same marks.
    Exit status: 0 done; 1 lines of a table were not taken; 2 wrong usage.
    """
    from autograder.commands import mark as command

    if read is not None:
        end(command.read_table(course, read), json)
    if write is not None:
        if assignment is None:
            raise CourseError("--write writes one assignment: name it")
        end(command.write_table(course, assignment, write), json)
    if json is not None:
        raise CourseError("--json goes with --write or --read")
    is_how_it_ends("The marking page is closed; all marks that were given are kept.")
    command.mark(course, assignment, port, browser)


def similarity(
    assignment: Annotated[
        str,
        typer.Argument(help="The assignment whose answers are compared.", autocompletion=one_assignment),
    ],
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="List pairs from this score on, from 0 to 1.")
    ] = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    json: Json = None,
) -> None:
    """List pairs of submissions with unusually similar answers, for you to look at; no score changes.

    Example: autograder similarity lesson1

    Exit status: 0 compared; 2 wrong usage.
    """
    from autograder.commands import similarity as command

    end(command.similarity(course, assignment, threshold), json)


def cache(
    prune: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="DAYS", help="Remove results that have not been used for this many days."
        ),
    ] = None,
    json: Json = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
) -> None:
    """List the kept results: their number, size and age for each assignment.

    Example: autograder cache --prune 180

    Exit status: 0 done; 2 wrong usage.
    """
    from autograder.commands import cache as command

    end(command.cache(course, prune), json)
