"""Commands that tell results: of the class, to students, to other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import (
    Assignments,
    CourseOption,
    Destination,
    Jobs,
    Json,
    Quiet,
    Target,
    end,
    flag,
)
from autograder.collecting.naming import System

__all__ = ["export", "feedback", "report", "request"]


def request(
    texts: Annotated[
        list[str] | None,
        typer.Argument(help="Files that students have sent; with --answer, what you have decided."),
    ] = None,
    answer: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", help="Answer this request; its old and new score are kept."),
    ] = None,
    json: Json = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
) -> None:
    """Keep students' questions about a score, list them, and answer them; `collect` takes them from archives, too.

    Example: autograder request mail.txt

    The answer: autograder request --answer 3 "You are right: the text did not say it."

    Exit status: 0 done; 1 a text does not say who asks about what; 2 wrong usage.
    """
    from autograder.commands import request as command

    if answer is not None:
        end(command.answer(course, answer, " ".join(texts or [])), json)
    elif texts:
        end(command.take(course, [Path(text) for text in texts]), json)
    else:
        end(command.overview(course), json)


def report(
    assignments: Assignments = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="The page to write; by default report/report.html in the course folder."
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="Of the page, en or ja; by default CourseSettings.language.")
    ] = None,
    formgrader: Annotated[
        str,
        typer.Option(metavar="URL", help="Address at which you open JupyterLab, for links into formgrader."),
    ] = "http://localhost:8888",
    json: Json = None,
) -> None:
    """Write one page about the class: what needs attention, scores, grade cells, time, students, themes.

    Example: autograder report

    Nothing is executed. Exit status: 0 written; 2 wrong usage, or nothing has been submitted.
    """
    from autograder.commands import report as command

    end(command.report(course, assignments or [], output, language, formgrader), json)


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
        bool, flag("--mail-merge", "Write a table: address, score and page of each student.")
    ] = False,
    jobs: Jobs = 0,
    json: Json = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
) -> None:
    """Write a page for each student and graded assignment, and one for the term, in feedback/STUDENT/.

    Example: autograder feedback

    To upload: autograder feedback lesson1 --zip moodle --names ~/Downloads/lesson1.zip

    Only what has changed is written again. Exit status: 0 all; 1 some need attention; 2 wrong usage.
    """
    from autograder.commands import feedback as command

    end(
        command.feedback(course, assignments or [], jobs, System(to) if to else None, names, mail_merge), json
    )


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
        bool | None,
        flag("--scale", "Convert points to the maximum that the template says."),
    ] = None,
    json: Json = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
) -> None:
    """Write the points as Moodle, Canvas or Gradescope imports them, or as CSV, and warn of what is unfinished.

    Example: autograder export --to canvas --template gradebook.csv

    Exit status: 0 written; 1 written, and something needs attention; 2 wrong usage.
    """
    from autograder.commands import export as command

    settings = {
        "template": str(template) if template else None,
        "missing": missing,
        "unfinished": unfinished,
        "identifier": identifier,
        "scale": scale,
    }
    end(command.export(course, to, assignments or [], output, column or [], settings), json)
