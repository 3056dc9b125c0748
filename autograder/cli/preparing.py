"""Commands before a term: a course, its releases, its proofs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.options import Assignments, CourseOption, Jobs, Json, Quiet, end, flag, one_assignment

__all__ = ["adopt", "answers", "build", "doctor", "init", "prove"]


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to write the course to.")],
    quiet: Quiet = False,
) -> None:
    """Write a small course that works at once: one assignment with its checks, and the settings.

    Example: autograder init my-course

    Exit status: 0 written; 2 a file of it is there already.
    """
    from autograder.commands import init as command

    command.init(folder)


def build(
    assignments: Assignments = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    json: Json = None,
) -> None:
    """Build releases and solutions from source/, and register them in the gradebook.

    Example: autograder build lesson1

    Refuses, with the cell and the reason, what would break. Exit status: 0 built; 2 refused.
    """
    from autograder.commands import build as command

    end(command.build(course, assignments or []), json)


def adopt(
    assignments: Assignments = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    json: Json = None,
) -> None:
    """Say what would become of each graded cell of an existing nbgrader course; writes nothing.

    Example: autograder adopt --course ~/my-course

    Exit status: 0 all work; 1 some are refused; 2 wrong usage.
    """
    from autograder.commands import adopt as command

    end(command.adopt(course, assignments or []), json)


def prove(
    assignments: Assignments = None,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    quick: Annotated[bool, flag("--quick", "Run only the tests that an answer is for.")] = False,
    variants: Annotated[int, typer.Option(min=1, max=4, help="How many variants of hidden inputs.")] = 1,
    jobs: Jobs = 0,
    json: Json = None,
) -> None:
    """Show by the known answers in mistakes/ that tests pass what is right and fail what is wrong.

    Example: autograder prove lesson1 --quick

    Exit status: 0 they do; 1 some do not; 2 wrong usage.
    """
    from autograder.commands import prove as command

    end(command.prove(course, assignments or [], quick, variants, jobs), json)


def answers(
    assignment: Annotated[
        str, typer.Argument(help="The assignment whose solutions are written.", autocompletion=one_assignment)
    ],
    language: Annotated[
        list[str] | None, typer.Option(help="Which language; by default all of the assignment.")
    ] = None,
    execute: Annotated[
        bool, typer.Option(metavar="", help="Run the cells on the course's data, so that outputs are there.")
    ] = True,
    course: CourseOption = Path("."),
    quiet: Quiet = False,
    json: Json = None,
) -> None:
    """Write worked solutions for after the deadline to answers/, as a notebook and a page; no hidden test is in them.

    Example: autograder answers lesson1 --language en

    Exit status: 0 written; 1 written, and a cell raised an error; 2 wrong usage.
    """
    from autograder.commands import answers as command

    end(command.answers(course, assignment, language or [], execute), json)


def doctor(course: CourseOption = Path("."), quiet: Quiet = False, json: Json = None) -> None:
    """Show what is installed, whether the sandbox works, and which data student code may read.

    Example: autograder doctor

    Exit status: 0 ready; 1 something is to be done.
    """

    from autograder.commands import doctor as command

    end(command.doctor(course), json)
