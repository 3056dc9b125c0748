"""A term with the gradebook in a real PostgreSQL server: what SQLite does there, it does, copies included."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder import cli, stopping
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.gradebook.copies import keep_copy
from autograder.grading import grader, preload, reference
from tests import points, small_course
from tests.commands.running import run
from tests.grading.pools import FakePool

pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'psycopg[binary]'")

pytestmark = pytest.mark.e2e

SECONDS = 60


def programs() -> Path | None:
    """Where PostgreSQL's programs are: on the path, or where Debian puts them."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).resolve().parent if found else debian[-1].parent if debian else None


@pytest.fixture
def address() -> Iterator[str]:
    """The address of an empty database in a server of its own, which only a socket in its folder reaches."""
    binaries = programs()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed (Debian, Ubuntu: apt-get install postgresql)")
    # the server refuses to run as root
    owner = None
    if os.geteuid() == 0:
        try:
            owner = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("this is root, and there is no user postgres to run a server as")
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        data = Path(folder) / "data"
        if owner is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)

        def call(program: str, *arguments: str) -> None:
            user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
            subprocess.run(
                [str(binaries / program), *arguments],
                cwd=folder,
                check=True,
                timeout=SECONDS,
                stdout=subprocess.DEVNULL,
                **user,
            )

        call("initdb", "--auth=trust", "--username=course", f"--pgdata={data}", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        call("pg_ctl", "start", "--wait", f"--pgdata={data}", f"--log={folder}/log", f"--options={options}")
        try:
            call("createdb", f"--host={folder}", "--username=course", "gradebook")
            yield f"postgresql+psycopg://course@/gradebook?host={folder}"
        finally:
            call("pg_ctl", "stop", "--mode=immediate", f"--pgdata={data}")


@pytest.fixture
def course(address, tmp_path, monkeypatch) -> Course:
    monkeypatch.setattr(grader, "run_all", FakePool())
    monkeypatch.setattr(preload, "start_with", lambda *_: None)
    monkeypatch.setattr(reference, "check", lambda *_: None)
    made = small_course.make(tmp_path / "course")
    with (made.root / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.CourseDirectory.db_url = {address!r}\n")
    (made.root / "roster.csv").write_text("id,name\nada,Ada Lovelace\nbob,Bob Hoskins\n")
    return Course(made.root)


def test_a_term_is_walked_through_and_a_copy_is_there_before_points_are_written_over(course):
    small_course.submit(course, "ada")
    small_course.submit(course, "bob", scale=small_course.WRONG_SCALE)
    for arguments, status in (
        (["build"], 0),
        (["roster", str(course.root / "roster.csv")], 0),
        (["deadline", "small", "2020-12-01 23:59 JST"], 0),
        (["grade"], 0),
    ):
        assert (run(course, *arguments)[0], arguments) == (status, arguments)
    assert points.scores(course) == {("ada", "small"): 5.0, ("bob", "small"): 3.0}
    with Gradebook(course.directory.db_url, course.directory.course_id) as book:
        book.find_grade("task", "small", "small", "ada").manual_score = 3.0
        book.db.commit()

    small_course.submit(course, "bob")
    assert run(course, "grade")[0] == 0
    assert points.scores(course) == {("ada", "small"): 8.0, ("bob", "small"): 5.0}
    [copy] = (course.state / "gradebook-copies").glob("gradebook-*.dump")
    listed = subprocess.run(["pg_restore", "--list", copy], capture_output=True, text=True, check=True).stdout
    assert "TABLE DATA public grade" in listed

    assert run(course, "similarity", "small")[0] == 0
    assert run(course, "report")[0] == 0
    assert run(course, "feedback")[0] == 0
    assert run(course, "export", "--to", "csv", "--unfinished", "partial")[0] == 1
    assert "Ada Lovelace" in (course.root / "report" / "report.html").read_text()
    assert "bob" in (course.root / "grades.csv").read_text(encoding="utf-8-sig")
    assert not (course.root / "gradebook.db").exists()


def test_without_pg_dump_nothing_is_written_over(course, monkeypatch):
    monkeypatch.setattr("autograder.gradebook.copies.shutil.which", lambda name: None)
    with pytest.raises(CourseError, match="pg_dump is not installed"):
        keep_copy(course)
    assert list((course.state / "gradebook-copies").iterdir()) == []


@pytest.mark.parametrize("command", ["grade", "report", "feedback", "export", "deadline"])
def test_a_server_that_cannot_be_reached_is_one_sentence(command, course, tmp_path, monkeypatch, capsys):
    with (course.root / "nbgrader_config.py").open("a") as config:
        config.write(
            f"\nc.CourseDirectory.db_url = 'postgresql+psycopg://course@/gradebook?host={tmp_path}'\n"
        )
    small_course.submit(course, "ada")
    monkeypatch.setattr(stopping, "listening", contextlib.nullcontext)
    monkeypatch.setattr(sys, "argv", ["autograder", command, "--course", str(course.root)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert re.fullmatch(r"autograder: the gradebook .*cannot be (used|read).*\n", capsys.readouterr().err)
