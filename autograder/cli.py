"""The `autograder` command: declares options, then calls."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Optional

import typer
from sqlalchemy.exc import SAWarning

from autograder.errors import CourseError, GraderBusy, ReleaseError, SandboxUnavailable, SourceError

app = typer.Typer(
    help="Build, release and grade the notebooks of a course; verdicts are never computed where student code runs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

INTERRUPTED = 130
"""The exit status that typer makes of Ctrl-C."""

CourseOption = Annotated[Path, typer.Option("--course", help="The course folder.")]
Assignments = Annotated[list[str] | None, typer.Argument(help="Which assignments; all where none is named.")]


@app.command()
def build(assignments: Assignments = None, course: CourseOption = Path(".")) -> None:
    """Build releases and solutions from source/, and register them in the gradebook."""
    from autograder import commands

    commands.build(course, assignments or [])


@app.command()
def grade(
    assignments: Assignments = None,
    student: Annotated[Optional[list[str]], typer.Option(help="Only this student; may be repeated.")] = None,  # noqa: UP045
    course: CourseOption = Path("."),
    jobs: Annotated[int, typer.Option(min=0, help="Worker processes; 0 means one for each core.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Execute again what has not changed.")] = False,
    require_sandbox: Annotated[
        bool, typer.Option("--require-sandbox", help="Refuse to run student code without a sandbox.")
    ] = False,
    scheduler: Annotated[
        Optional[str], typer.Option(help="A Dask scheduler, such as tcp://host:8786.")  # noqa: UP045
    ] = None,
    json: Annotated[Optional[Path], typer.Option(help="Write all results to this file.")] = None,  # noqa: UP045
) -> None:
    """Grade what is in submitted/. Exit status 0: all graded; 1: some need attention; 2: wrong usage."""
    from autograder import commands

    raise typer.Exit(
        commands.grade(
            course, assignments or [], student or [], jobs, force, require_sandbox, scheduler, json
        )
    )


@app.command()
def feedback(assignments: Assignments = None, course: CourseOption = Path(".")) -> None:
    """Write feedback/<student>/<assignment>/ for everything that has been graded."""
    from autograder import commands

    commands.feedback(course, assignments or [])


@app.command()
def themes(
    roster: Annotated[Path, typer.Argument(help="A CSV file with a column 'id'.")],
    preferences: Annotated[
        Optional[Path], typer.Option(help="A CSV file: id, then themes, the first choice first.")  # noqa: UP045
    ] = None,
    capacity: Annotated[Optional[int], typer.Option(min=1, help="Students per theme at most.")] = None,  # noqa: UP045
    seed: Annotated[int, typer.Option(help="Decides between equally good allocations.")] = 0,
    course: CourseOption = Path("."),
) -> None:
    """Allocate research themes to students, and write themes.csv into the course folder."""
    from autograder import commands

    commands.themes(course, roster, preferences, capacity, seed)


@app.command()
def cache(
    prune: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=0, metavar="DAYS", help="Remove results that have not been used for so many days."),
    ] = None,
    course: CourseOption = Path("."),
) -> None:
    """List the kept results: their number, size and age for each assignment."""
    from autograder.report import results

    results.cache(course, prune)


@app.command()
def similarity(
    assignment: Annotated[str, typer.Argument(help="Which assignment.")],
    threshold: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(min=0.0, max=1.0, help="List pairs from this score on, from 0 to 1."),
    ] = None,
    course: CourseOption = Path("."),
    json: Annotated[Optional[Path], typer.Option(help="Write the pairs to this file too.")] = None,  # noqa: UP045
) -> None:
    """List pairs of submissions with unusually similar answers, for you to look at; no score changes."""
    from autograder.report import similarity_report

    similarity_report.similarity(course, assignment, threshold, json)


@app.command()
def doctor(course: CourseOption = Path(".")) -> None:
    """Say what is installed, whether the sandbox works, and which digits are in use."""
    from autograder import commands

    raise typer.Exit(commands.doctor(course))


@app.command()
def mnist(
    path: Annotated[Optional[Path], typer.Argument(help="A folder with the four official .gz files.")] = None,  # noqa: UP045
    download: Annotated[bool, typer.Option("--download", help="Download the official files.")] = False,
    course: CourseOption = Path("."),
) -> None:
    """Choose the digits that student code finds while it is graded."""
    from autograder import commands

    raise typer.Exit(commands.mnist(course, path, download))


def main() -> None:
    """Run the command; a wrong call ends with one sentence and status 2."""
    # nbgrader 0.9 meets SQLAlchemy 2.1 with a warning at each submission, which says nothing to the user.
    warnings.filterwarnings("ignore", category=SAWarning)
    try:
        app()
    except (
        ConnectionError,
        CourseError,
        GraderBusy,
        ReleaseError,
        SandboxUnavailable,
        SourceError,
    ) as error:
        typer.secho(f"autograder: {error}", err=True, fg=typer.colors.RED)
        raise SystemExit(2) from None
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            typer.echo("autograder: interrupted; run the same command again, nothing is done twice", err=True)
        raise
