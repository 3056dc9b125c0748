"""Commands about who is in a class and what they hand in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import CourseOption, Json, Quiet, end, flag, one_assignment, one_student
from autograder.collecting.naming import System
from autograder.commands.done import Done
from autograder.errors import CourseError

__all__ = ["collect", "deadline", "roster", "themes"]


def roster(
    path: Annotated[
        Path | None, typer.Argument(metavar="ROSTER", help="A CSV file: id, name, email, lms_user_id.")
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="This student has left: expected, counted and exported no more.",
            autocompletion=one_student,
        ),
    ] = None,
    restore: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Take --drop back.", autocompletion=one_student)
    ] = None,
    json: Json = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
) -> None:
    """Write the students of a roster into the gradebook, and say who is new, gone or renamed.

    Example: autograder roster roster.csv

    A student who has left: autograder roster --drop tanaka

    Exit status: 0 written; 1 written, and something needs attention; 2 wrong usage.
    """
    from autograder.commands import roster as command

    if path is None and not drop and not restore:
        raise CourseError("name a roster, or a student with --drop or --restore")
    parts = [
        *([command.drop(course, drop)] if drop else []),
        *([command.restore(course, restore)] if restore else []),
        *([command.fill_gradebook(course, path)] if path is not None else []),
    ]
    data = {name: value for part in parts for name, value in part.data.items()}
    end(Done(status=max(part.status for part in parts), data=data), json)


def deadline(
    assignment: Annotated[
        str | None,
        typer.Argument(
            help="The assignment; without a time, its deadline is shown.", autocompletion=one_assignment
        ),
    ] = None,
    time: Annotated[
        str | None,
        typer.Argument(
            help="When it is due, such as '2026-12-01 23:59'; a day alone means its end; or none."
        ),
    ] = None,
    student: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="Only for this student; may be given several times.",
            autocompletion=one_student,
        ),
    ] = None,
    excuse: Annotated[
        bool, flag("--excuse", "With --student: neither missing nor zero, in place of a time.")
    ] = False,
    json: Json = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
) -> None:
    """Say when an assignment is due, give a student more time, or excuse one.

    Example: autograder deadline lesson1 "2026-12-01 23:59 JST"

    More time: autograder deadline lesson1 2026-12-08 --student ito

    A time that names no zone is of CourseSettings.timezone, or of this machine. Due dates and extensions are
    nbgrader's own; what was agreed with students is in exceptions.csv, too. Exit status: 0 done; 2 wrong usage.
    """
    from autograder.commands import deadline as command

    if excuse:
        if assignment is None or not student or time is not None:
            raise CourseError("--excuse needs an assignment and --student, and no time")
        end(command.excuse(course, assignment, student), json)
    elif assignment is None or time is None:
        if student:
            raise CourseError("--student needs an assignment and a time, or --excuse")
        end(command.overview(course, assignment), json)
    else:
        end(command.deadline(course, assignment, time, student or []), json)


def themes(
    roster: Annotated[Path, typer.Argument(help="A CSV file with a column 'id'.")],
    preferences: Annotated[
        Path | None,
        typer.Option(
            help="A CSV file with the column id, then each student's themes, the first choice first."
        ),
    ] = None,
    capacity: Annotated[
        int | None, typer.Option(min=1, help="Largest number of students for a theme.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed that decides between equally good allocations.")] = 0,
    keep: Annotated[
        bool, flag("--keep", "Keep the lines of themes.csv, and allocate themes to the other students.")
    ] = False,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    json: Json = None,
) -> None:
    """Allocate research themes to students, and write themes.csv into the course folder.

    Example: autograder themes roster.csv --preferences wishes.csv --capacity 5

    Exit status: 0 written; 2 wrong usage.
    """
    from autograder.commands import themes as command

    end(command.themes(course, roster, preferences, capacity, seed, keep), json)


def collect(
    archive: Annotated[Path, typer.Argument(help="The zip archive that the system gave, or its folder.")],
    system: Annotated[System, typer.Option("--from", help="The learning management system.")],
    assignment: Annotated[
        str | None,
        typer.Option(
            help="The assignment that the archive belongs to; by default each file's name or cells say it.",
            autocompletion=one_assignment,
        ),
    ] = None,
    roster: Annotated[
        list[Path] | None,
        typer.Option(
            help="A CSV file with the columns id, name, email; Moodle's grading worksheet can be given as a second one."
        ),
    ] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            help="Time zone of the times in Moodle's worksheet, such as Asia/Tokyo; by default that of the course."
        ),
    ] = None,
    dry_run: Annotated[bool, flag("--dry-run", "Print what would be done, and change nothing.")] = False,
    replace: Annotated[
        bool,
        flag(
            "--replace",
            "Take the archive's notebook where nothing says which of two is later; the other one is kept.",
        ),
    ] = False,
    json: Json = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
) -> None:
    """Put an archive's notebooks into submitted/; a notebook that is replaced is kept.

    Example: autograder collect lesson1.zip --from moodle --assignment lesson1

    Resubmissions without times: autograder collect second/ --from plain --replace

    Exit status: 0 all; 1 some need attention, or there was nothing to collect; 2 wrong usage.
    """
    from autograder.commands import collect as command

    end(
        command.collect_archive(
            course, archive, system, assignment, roster or [], timezone, dry_run, replace
        ),
        json,
    )
