"""What `autograder mark` does: opens the marking page, or writes and reads a table of marks."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import quote

from autograder.commands.console import say, say_attention, say_next
from autograder.commands.done import Done
from autograder.course import tables
from autograder.course.folder import Course
from autograder.files import write_whole
from autograder.gradebook import marking
from autograder.marking import sheets
from autograder.text import counted

__all__ = ["mark", "read_table", "write_table"]


def write_table(folder: Path, assignment: str, path: Path) -> Done:
    """Write an assignment's answers and marks to a CSV file."""
    course = Course(folder)
    write_whole(path, sheets.text(course, assignment))
    say(f"{path}: the columns level (or points) and comment are for you.")
    say_next(f"fill it in, then autograder mark --read {path} takes the marks")
    return Done(data={"file": path})


def read_table(folder: Path, path: Path) -> Done:
    """Take the marks of such a file; the exit status is 1 where a line was not taken."""
    taken = sheets.take(Course(folder), tables.read_table(path))
    status = say_attention("line", taken.attention)
    say(f"{counted(taken.written, 'mark')} written, {taken.unchanged} as they were.")
    say_next("autograder feedback shows students their marks")
    return Done(status=status, data=taken)


def mark(folder: Path, assignment: str | None, port: int, browser: bool) -> None:
    """Start a Jupyter server on this machine with the marking page, until it is stopped by Ctrl-C.

    Raises:
        CourseError: There is no such assignment, or nothing that a person marks.
    """
    course = Course(folder)
    address = "autograder/mark"
    if assignment is not None:
        found = marking.questions_of(course, assignment)
        first = max(found, key=lambda one: one.waiting > 0)
        address += f"/{quote(first.notebook)}/{quote(first.cell, safe='')}"
    # imported here, because no other command needs a server
    from jupyter_server.serverapp import ServerApp

    class MarkingPage(ServerApp):
        """Says in one sentence where the page is, in place of a server's own lines."""

        def start_app(self) -> None:
            super().start_app()
            place = f"http://{self.ip}:{self.port}{self.base_url}{address}"
            say(f"The marking page is {place}?token={self.identity_provider.token}", loud=True)
            say_next("mark there; Ctrl-C closes it. autograder feedback shows students their marks")

    arguments = [
        f"--ServerApp.root_dir={course.file.parent}",
        "--ServerApp.jpserver_extensions=autograder.marking=True",
        f"--ServerApp.default_url=/{address}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
        # a token that is given is not printed by the server, which would print a file's name and two addresses with it
        f"--IdentityProvider.token={secrets.token_hex(24)}",
        "--ServerApp.answer_yes=True",  # Ctrl-C asks nothing
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    MarkingPage.launch_instance(argv=arguments)
