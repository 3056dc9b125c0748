"""Every command explains itself, says what comes next, is silent when told to be, and speaks JSON where asked."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from autograder.cli.app import app
from autograder.cli.options import Destination, Target
from autograder.collecting.naming import System
from autograder.commands import watch as watching
from autograder.commands.export import WHERE_TO_IMPORT
from autograder.commands.feedback import HOW_TO_DELIVER
from autograder.errors import CourseError
from autograder.grading import grader, preload
from tests import small_course
from tests.commands.running import run
from tests.grading.pools import FakePool

COMMANDS = typer.main.get_command(app).commands
WITHOUT_JSON = {"init"}
"""It writes a folder: nothing is left to read."""


@pytest.fixture
def course(registered, monkeypatch):
    """Two students have handed in, and nothing has been graded."""
    monkeypatch.setattr(grader, "run_all", FakePool())
    monkeypatch.setattr(preload, "start", lambda: None)
    small_course.submit(registered, "ada")
    small_course.submit(registered, "bob", scale=small_course.WRONG_SCALE)
    (registered.root / "roster.csv").write_text("id,name\nada,Ada Lovelace\nbob,Bob Hoskins\n")
    return registered


@pytest.mark.parametrize("name", COMMANDS)
class TestHelp:
    def test_there_is_an_example_that_can_be_called(self, name):
        examples = re.findall(rf"autograder {name}\b.*", COMMANDS[name].help)
        assert examples
        for example in examples:
            for call in example.rstrip(".").split(", and then "):
                _, called, *arguments = shlex.split(call)
                COMMANDS[called].make_context(called, arguments)

    def test_exit_statuses_are_said(self, name):
        assert re.search(r"Exit status: 0 ", COMMANDS[name].help)

    def test_every_option_says_what_it_is_for(self, name):
        assert all(parameter.help for parameter in COMMANDS[name].params if parameter.name != "help")

    def test_quiet_and_json_are_where_they_are_expected(self, name):
        options = {option for parameter in COMMANDS[name].params for option in parameter.opts}
        assert {"--quiet", "-q"} <= options
        assert ("--json" in options) is (name not in WITHOUT_JSON)


WALK = [
    (["build"], 0),
    (["roster", "ROSTER"], 0),
    (["deadline", "small", "2026-12-01 23:59 JST"], 0),
    (["deadline"], 0),
    (["grade"], 0),
    (["similarity", "small"], 0),
    (["report"], 0),
    (["mark", "small", "--write", "MARKS"], 0),
    (["mark", "--read", "MARKS"], 0),
    (["request"], 0),
    (["feedback"], 0),
    (["feedback", "--mail-merge"], 1),  # the roster has no addresses
    (["export", "--unfinished", "partial"], 1),  # a written answer waits
    (["cache"], 0),
]


def steps(course):
    """The calls of a term, each with its exit status."""
    files = {"ROSTER": course.root / "roster.csv", "MARKS": course.root / "marks.csv"}
    for arguments, expected in WALK:
        yield [str(files.get(one, one)) for one in arguments], expected


def test_a_term_is_walked_through_and_every_step_names_the_next(course):
    for arguments, expected in steps(course):
        status, out, _ = run(course, *arguments)
        assert (arguments[0], status) == (arguments[0], expected)
        told = re.findall(r"^Next: (.+)", out, re.MULTILINE)
        assert told, arguments
        for name, options in re.findall(r"\bautograder (\w+)((?:[^,;]*? --[\w-]+)*)", " ".join(told)):
            there = {option for parameter in COMMANDS[name].params for option in parameter.opts}
            assert set(re.findall(r"--[\w-]+", options)) <= there, told


@pytest.mark.kernel  # without a sandbox even a quiet `grade` says so
def test_quiet_prints_nothing_but_what_needs_attention(course):
    for arguments, expected in steps(course):
        status, out, _ = run(course, *arguments, "--quiet")
        assert (arguments[0], status) == (arguments[0], expected)
        assert out.startswith("Needs attention") if expected else out == ""


def test_json_is_alone_on_the_standard_output(course):
    """Of every command of a term, in its order; what it prints for people goes to stderr."""
    for arguments, expected in steps(course):
        status, out, err = run(course, *arguments, "--json", "-")
        assert (arguments, status) == (arguments, expected)
        assert json.loads(out) or arguments == ["request"], arguments  # nobody asks anything
        assert "Next:" in err


def test_what_comes_next_is_done_in_the_course_of_this_command(course):
    _, out, _ = run(course, "grade")
    [told] = re.findall(r"^Next: (.+)", out, re.MULTILINE)
    assert told.count(f"--course {shlex.quote(str(course.root))}") == told.count("autograder ")


def test_where_a_file_is_uploaded_is_said_for_every_system():
    assert set(HOW_TO_DELIVER) == {*map(System, Destination), None}
    assert set(map(str, Target)) <= set(WHERE_TO_IMPORT)


class TestJson:
    """What another program reads, command by command."""

    @pytest.fixture
    def graded(self, course):
        run(course, "roster", str(course.root / "roster.csv"))
        run(course, "grade")
        return course

    def read(self, course, *arguments):
        status, out, _ = run(course, *arguments, "--json", "-")
        return status, json.loads(out)

    def test_a_roster_says_who_is_new_gone_renamed_or_has_left(self, graded):
        (graded.root / "later.csv").write_text("id,name\nada,Ada King\ncyd,Cyd Charisse\n")
        status, found = self.read(graded, "roster", str(graded.root / "later.csv"))
        assert status == 1
        assert (found["new"], found["gone"]) == (["cyd"], ["bob"])
        assert found["renamed"] == [{"id": "ada", "before": "Ada Lovelace", "now": "Ada King"}]
        assert [one["what"] for one in found["attention"]] == ["gone"]
        assert self.read(graded, "roster", "--drop", "bob") == (0, {"left": ["bob"]})
        assert self.read(graded, "roster", "--restore", "bob") == (0, {"left": []})

    def test_the_report_says_all_that_its_page_says(self, graded):
        status, found = self.read(graded, "report")
        assert status == 0
        assert found["page"] == str(graded.root / "report" / "report.html")
        assert found["attention"]["ungraded"] == [
            {"assignment": "small", "submissions": 2, "answers": 2, "points": 8.0}
        ]
        assert {one["student"]: one["total"] for one in found["students"]} == {"ada": 5.0, "bob": 3.0}
        assert found["items"]["small"][0]["statistics"]["n"] == 2

    def test_feedback_says_where_each_page_is_and_what_waits(self, graded):
        status, found = self.read(graded, "feedback", "--mail-merge")
        assert status == 1  # nobody has an address
        assert [one["what"] for one in found["attention"]] == ["ada", "bob"]
        page = graded.root / "feedback" / "ada" / "small" / "small.html"
        assert found["pages"][0] == {
            "student": "ada", "assignment": "small", "page": str(page), "new": True, "waits": True
        }  # fmt: skip
        assert found["files"] == [{"file": str(graded.root / "feedback" / "mail-merge.csv"), "pages": 2}]

    def test_an_export_names_its_files_and_what_to_look_at(self, graded):
        status, found = self.read(graded, "export", "--to", "gradescope")
        assert status == 1
        assert found["to"] == "gradescope"
        assert found["attention"]
        status, found = self.read(graded, "export", "--unfinished", "partial")
        assert found["written"] == [str(graded.root / "grades.csv"), str(graded.root / "grades-cells.csv")]

    def test_doctor_says_what_is_to_be_done(self, graded, tmp_path):
        _, found = self.read(graded, "doctor")
        assert found["course"]["assignments"] == ["small"]
        assert isinstance(found["sandbox"]["works"], bool)
        result = CliRunner().invoke(app, ["doctor", "--json", "-", "--course", str(tmp_path / "nowhere")])
        assert result.exit_code == 1
        assert json.loads(result.stdout)["course"] is None
        assert json.loads(result.stdout)["to_do"]

    def test_build_says_what_changed_and_what_is_graded_again(self, graded):
        path = graded.source / "small" / "small.ipynb"
        path.write_text(path.read_text().replace("# Small", "# Smaller"))
        status, [found] = self.read(graded, "build")
        assert (status, found["assignment"], found["not_counted"], found["left"]) == (0, "small", [], [])
        assert "small.ipynb" in {Path(one).name for one in found["changed"]}
        assert self.read(graded, "build")[1][0]["changed"] == []

    def test_answers_name_their_files(self, graded):
        status, found = self.read(graded, "answers", "small", "--no-execute")
        assert (status, found["problems"], found["last_deadline"]) == (0, [], None)
        assert all(Path(one).is_file() for one in found["files"])
        assert {Path(one).suffix for one in found["files"]} == {".ipynb", ".html"}

    def test_marks_say_how_many_were_taken_and_why_others_were_not(self, graded, tmp_path):
        table = tmp_path / "marks.csv"
        assert self.read(graded, "mark", "small", "--write", str(table)) == (0, {"file": str(table)})
        assert self.read(graded, "mark", "--read", str(table)) == (
            0,
            {"written": 0, "unchanged": 2, "attention": []},
        )
        with pytest.raises(CourseError, match="--json goes with --write or --read"):
            run(graded, "mark", "small", "--json", "-")

    def test_watching_writes_a_line_for_each_thing_that_happens(self, course, tmp_path, monkeypatch):
        looks = iter(range(2))

        def stop(_):
            if next(looks, None) is None:
                raise KeyboardInterrupt

        monkeypatch.setattr(watching, "time", SimpleNamespace(sleep=stop))
        with pytest.raises(KeyboardInterrupt):
            watching.watch(course.root, jobs=1, json=tmp_path / "events")
        events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
        assert [(one["event"], one.get("student")) for one in events] == [
            ("graded", "ada"), ("graded", "bob"), ("feedback", None)
        ]  # fmt: skip
        assert (events[0]["points"], events[0]["max_points"]) == (5.0, 5.0)

    def test_grading_nothing_is_an_empty_list_and_status_1(self, registered, monkeypatch):
        monkeypatch.setattr(preload, "start", lambda: None)
        nothing = {"cells": [], "not_as_expected": [], "submissions": []}
        assert self.read(registered, "grade") == (1, nothing)


def test_where_there_is_nothing_to_do_the_status_is_not_0_and_it_is_said(registered, tmp_path):
    (tmp_path / "empty").mkdir()
    for arguments in (
        ["grade", "--quiet"],
        ["collect", str(tmp_path / "empty"), "--from", "plain", "--quiet"],
    ):
        status, out, _ = run(registered, *arguments)
        assert status == 1
        assert "othing to" in out


@pytest.mark.parametrize(
    ("command", "parameter"),
    [
        (command, parameter)
        for command in COMMANDS.values()
        for parameter in command.params
        if parameter.name in {"assignment", "assignments", "student", "drop", "restore"}
    ],
    ids=lambda one: one.name,
)
def test_names_of_assignments_and_students_are_completed(course, command, parameter):
    context = command.make_context(command.name, [], resilient_parsing=True)
    context.params["course"] = course.root
    name = "small" if parameter.name.startswith("assignment") else "ada"
    assert [one.value for one in parameter.shell_complete(context, name[0])] == [name]
    assert parameter.shell_complete(context, "x") == []
