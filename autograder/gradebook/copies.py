"""Copies of the gradebook, made before points in it are written over; the newest five stay."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

from sqlalchemy.engine import make_url

from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.gradebook.database import SQLITE

__all__ = ["keep_copy"]

COPIES = 5
FOLDER = "gradebook-copies"


def keep_copy(course: Course) -> Path | None:
    """Copy the gradebook as a whole, while others may be writing to it.

    SQLite copies its own files; of PostgreSQL, `pg_dump` makes an archive that `pg_restore` reads.

    Returns:
        The copy; None of a database of another kind, of which its own tools make copies.

    Raises:
        CourseError: There is no `pg_dump`, or it fails; then nothing should be written over.
    """
    url = course.directory.db_url
    kind = make_url(url).get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        return None
    folder = course.state / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    ending = ".db" if kind == "sqlite" else ".dump"
    target = folder / time.strftime(f"gradebook-%Y%m%d-%H%M%S{ending}")
    try:
        _copy_file(Path(url.removeprefix(SQLITE)), target) if kind == "sqlite" else _dump(url, target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    for path in sorted(folder.glob(f"gradebook-*{ending}"))[:-COPIES]:
        path.unlink()
    return target


def _copy_file(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(source)) as old,
        contextlib.closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)


def _dump(address: str, target: Path) -> None:
    program = shutil.which("pg_dump")
    if program is None:
        raise CourseError(
            "points in the gradebook would be written over, and no copy of it can be made: pg_dump is not installed "
            "(Debian, Ubuntu: apt-get install postgresql-client)"
        )
    url = make_url(address)
    plain = url.set(drivername="postgresql", password=None).render_as_string()
    environment = dict(os.environ)
    if url.password:  # everybody on this machine can read a command's arguments
        environment["PGPASSWORD"] = str(url.password)
    done = subprocess.run(
        [program, "--format=custom", f"--file={target}", f"--dbname={plain}"],
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise CourseError(
            f"points in the gradebook would be written over, and no copy of it can be made: {reason}"
        )
