"""The `autograder` command: declares options, then calls."""

from __future__ import annotations

import warnings
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SAWarning

from autograder.collecting.naming import System
from autograder.errors import TOLD_IN_ONE_SENTENCE, CourseError

app = typer.Typer(
    help="Build, release and grade the notebooks of a course; verdicts are never computed where student code runs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

INTERRUPTED = 130  # the exit status that typer makes of Ctrl-C


class Destination(StrEnum):
    """Which system takes an archive of feedback."""

    MOODLE = "moodle"
    CANVAS = "canvas"


class Target(StrEnum):
    """Where points are exported to."""

    MOODLE = "moodle"
    CANVAS = "canvas"
    GRADESCOPE = "gradescope"
    CSV = "csv"


CourseOption = Annotated[Path, typer.Option("--course", help="The course folder.")]
Jobs = Annotated[int, typer.Option(min=0, help="Worker processes; 0 means one for each core.")]
Assignments = Annotated[list[str] | None, typer.Argument(help="The assignments; by default all.")]


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="The folder to write the course to.")]) -> None:
    """Write a small course that works at once: one assignment with its checks, and the settings."""
    from autograder.commands import init as command

    command.init(folder)


@app.command()
def build(assignments: Assignments = None, course: CourseOption = Path(".")) -> None:
    """Build releases and solutions from source/, and register them in the gradebook."""
    from autograder.commands import build as command

    command.build(course, assignments or [])


@app.command()
def adopt(assignments: Assignments = None, course: CourseOption = Path(".")) -> None:
    """Say what would become of each graded cell of an existing nbgrader course; writes nothing."""
    from autograder.commands import adopt as command

    raise typer.Exit(command.adopt(course, assignments or []))


@app.command()
def prove(
    assignments: Assignments = None,
    course: CourseOption = Path("."),
    quick: Annotated[bool, typer.Option("--quick", help="Run only the tests that an answer is for.")] = False,
    jobs: Jobs = 0,
) -> None:
    """Show by the known answers in mistakes/ that tests pass what is right and fail what is wrong. Status 0: they do."""
    from autograder.commands import prove as command

    raise typer.Exit(command.prove(course, assignments or [], quick, jobs))


@app.command()
def collect(
    archive: Annotated[Path, typer.Argument(help="The zip archive that the system gave, or its folder.")],
    system: Annotated[System, typer.Option("--from", help="The learning management system.")],
    assignment: Annotated[
        str | None,
        typer.Option(
            help="The assignment that the archive belongs to; by default each file's name or cells say it."
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
            help="Time zone of the times in Moodle's worksheet, such as Asia/Tokyo; by default this machine's."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done, and change nothing.")
    ] = False,
    course: CourseOption = Path("."),
) -> None:
    """Put an archive's notebooks into submitted/. Exit status 0: all; 1: some need attention; 2: wrong usage."""
    from autograder.commands import collect as command

    raise typer.Exit(
        command.collect_archive(course, archive, system, assignment, roster or [], timezone, dry_run)
    )


@app.command()
def roster(
    path: Annotated[Path, typer.Argument(metavar="ROSTER", help="A CSV file: id, name, email, lms_user_id.")],
    course: CourseOption = Path("."),
) -> None:
    """Write the students of a roster, with names and addresses, into the gradebook."""
    from autograder.commands import roster as command

    command.fill_gradebook(course, path)


@app.command()
def grade(
    assignments: Assignments = None,
    student: Annotated[
        list[str] | None, typer.Option(help="Grade only this student; may be given several times.")
    ] = None,
    course: CourseOption = Path("."),
    jobs: Jobs = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Execute submissions again even if nothing has changed.")
    ] = False,
    everything: Annotated[
        bool, typer.Option("--everything", help="Execute also given cells that decide nothing.")
    ] = False,
    require_sandbox: Annotated[
        bool, typer.Option("--require-sandbox", help="Refuse to run student code without a sandbox.")
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler to grade on, such as tcp://host:8786.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write all results to this file as JSON.")] = None,
) -> None:
    """Grade what is in submitted/. Exit status 0: all graded; 1: some need attention; 2: wrong usage."""
    from autograder.grading import preload

    if scheduler is None:
        preload.start()

    from autograder.commands import grade as command

    chosen = (course, assignments or [], student or [])
    raise typer.Exit(command.grade(*chosen, jobs, force, everything, require_sandbox, scheduler, json))


@app.command()
def feedback(
    assignments: Assignments = None,
    to: Annotated[
        Destination | None,
        typer.Option("--zip", help="Pack one assignment's pages as this system takes them."),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(
            help="With --zip: the archive of submissions that the system gave, or Moodle's grading worksheet."
        ),
    ] = None,
    mail_merge: Annotated[
        bool, typer.Option("--mail-merge", help="Write a table: address, score and page of each student.")
    ] = False,
    jobs: Jobs = 0,
    course: CourseOption = Path("."),
) -> None:
    """Write a page for each student and graded assignment, and one for the term, in feedback/<student>/.

    Example: autograder feedback lesson1 --zip moodle --names ~/Downloads/lesson1.zip

    Only what has changed is written again. Exit status 0: all; 1: some need attention; 2: wrong usage.
    """
    from autograder.commands import feedback as command

    raise typer.Exit(
        command.feedback(course, assignments or [], jobs, System(to) if to else None, names, mail_merge)
    )


@app.command()
def mark(
    assignment: Annotated[
        str | None,
        typer.Argument(help="Whose first open question is shown; the list of questions where none is named."),
    ] = None,
    port: Annotated[
        int, typer.Option(help="Of the page's server; the next free one where it is taken.")
    ] = 8889,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    write: Annotated[
        Path | None,
        typer.Option(help="Write the answers and marks of the assignment to this CSV file instead."),
    ] = None,
    read: Annotated[
        Path | None,
        typer.Option(help="Take the marks of a CSV file that --write made and you have filled in."),
    ] = None,
    course: CourseOption = Path("."),
) -> None:
    """Mark written answers, one question at a time, on a page of this machine's until Ctrl-C.

    Example: autograder mark lesson1

    In a spreadsheet: autograder mark lesson1 --write marks.csv, and then autograder mark --read marks.csv

    JupyterLab in the course folder has the same page at /autograder/mark; formgrader shows the same marks.
    """
    from autograder.commands import mark as command

    if read is not None:
        raise typer.Exit(command.read_table(course, read))
    if write is not None:
        if assignment is None:
            raise CourseError("--write writes one assignment: name it")
        command.write_table(course, assignment, write)
    else:
        command.mark(course, assignment, port, browser)


@app.command()
def report(
    assignments: Assignments = None,
    course: CourseOption = Path("."),
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The page to write; by default report/report.html in the course folder."
        ),
    ] = None,
    language: Annotated[str, typer.Option(help="Language of the page (en or ja).")] = "en",
    formgrader: Annotated[
        str,
        typer.Option(metavar="URL", help="Address at which you open JupyterLab, for links into formgrader."),
    ] = "http://localhost:8888",
) -> None:
    """Write one page about the class: what needs attention, scores, grade cells, time, students, themes."""
    from autograder.commands import report as command

    command.report(course, assignments or [], output, language, formgrader)


@app.command()
def export(
    assignments: Assignments = None,
    to: Annotated[Target, typer.Option(help="The system that imports the points.")] = Target.CSV,
    output: Annotated[
        Path | None,
        typer.Option(help="The file, or for Gradescope the folder; by default in the course folder."),
    ] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            help="The file to fill in: the gradebook exported from Canvas, or a grading worksheet from Moodle."
        ),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ASSIGNMENT=TITLE",
            help="Column of an assignment in Canvas, where it does not have the assignment's name; "
            "may be given several times.",
        ),
    ] = None,
    missing: Annotated[
        str | None,
        typer.Option(
            metavar="empty|zero",
            help="Score of students who have handed in nothing; by default empty, in csv zero.",
        ),
    ] = None,
    unfinished: Annotated[
        str | None,
        typer.Option(
            metavar="empty|partial",
            help="Score of submissions that still have to be marked by hand; by default empty, in csv partial.",
        ),
    ] = None,
    identifier: Annotated[
        str | None,
        typer.Option(metavar="id|email", help="How Moodle finds students: by id (the default) or by email."),
    ] = None,
    scale: Annotated[
        bool | None, typer.Option("--scale", help="Convert points to the maximum that the template says.")
    ] = None,
    course: CourseOption = Path("."),
) -> None:
    """Write the points in the form that Moodle, Canvas or Gradescope imports, or as CSV, and warn of what is unfinished."""
    from autograder.commands import export as command

    settings = {
        "template": str(template) if template else None,
        "missing": missing,
        "unfinished": unfinished,
        "identifier": identifier,
        "scale": scale,
    }
    command.export(course, to, assignments or [], output, column or [], settings)


@app.command()
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
        bool,
        typer.Option(
            "--keep", help="Keep the lines of themes.csv, and allocate themes to the other students."
        ),
    ] = False,
    course: CourseOption = Path("."),
) -> None:
    """Allocate research themes to students, and write themes.csv into the course folder."""
    from autograder.commands import themes as command

    command.themes(course, roster, preferences, capacity, seed, keep)


@app.command()
def cache(
    prune: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="DAYS", help="Remove results that have not been used for this many days."
        ),
    ] = None,
    course: CourseOption = Path("."),
) -> None:
    """List the kept results: their number, size and age for each assignment."""
    from autograder.commands import cache as command

    command.cache(course, prune)


@app.command()
def similarity(
    assignment: Annotated[str, typer.Argument(help="The assignment whose answers are compared.")],
    threshold: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="List pairs from this score on, from 0 to 1.")
    ] = None,
    course: CourseOption = Path("."),
    json: Annotated[Path | None, typer.Option(help="Write the pairs to this file, too, as JSON.")] = None,
) -> None:
    """List pairs of submissions with unusually similar answers, for you to look at; no score changes."""
    from autograder.commands import similarity as command

    command.similarity(course, assignment, threshold, json)


@app.command()
def doctor(course: CourseOption = Path(".")) -> None:
    """Show what is installed, whether the sandbox works, and which data student code may read."""

    from autograder.commands import doctor as command

    raise typer.Exit(command.doctor(course))


def main() -> None:
    """Run the command; a wrong call ends with one sentence and status 2."""
    # nbgrader 0.9 meets SQLAlchemy 2.1 with a warning at each submission, which says nothing to the user.
    warnings.filterwarnings("ignore", category=SAWarning)
    try:
        app()
    except TOLD_IN_ONE_SENTENCE as error:
        typer.secho(f"autograder: {error}", err=True, fg=typer.colors.RED)
        raise SystemExit(2) from None
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            typer.echo("autograder: interrupted; run the same command again, nothing is done twice", err=True)
        raise
