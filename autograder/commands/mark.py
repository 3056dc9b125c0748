"""What `autograder mark` does: opens the marking page."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.gradebook import marking

__all__ = ["mark"]


def mark(folder: Path, assignment: str | None, port: int, browser: bool) -> None:
    """Start a Jupyter server on this machine with the marking page, until it is stopped by Ctrl-C.

    Args:
        folder: The course folder.
        assignment: Whose first question that waits is opened; the list of questions where it is None.
        port: Of the server; the next free one where it is taken.
        browser: Whether to open a browser.

    Raises:
        CourseError: There is no such assignment, or nothing that a person marks.
    """
    course = Course(folder)
    address = "autograder/mark"
    if assignment is not None:
        found = [one for one in marking.questions(course) if one.assignment == assignment]
        if not found:
            raise CourseError(f"'{assignment}' has nothing in the gradebook that a person marks")
        first = max(found, key=lambda one: one.waiting > 0)
        address += f"/{quote(assignment, safe='')}/{quote(first.cell, safe='')}"
    # imported here, because no other command needs a server
    from jupyter_server.serverapp import ServerApp

    arguments = [
        f"--ServerApp.root_dir={course.root}",
        "--ServerApp.jpserver_extensions=autograder.marking=True",
        f"--ServerApp.default_url=/{address}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.log_level=WARN",
        *([] if browser else ["--no-browser"]),
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    ServerApp.launch_instance(argv=arguments)
