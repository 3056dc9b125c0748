"""`autograder mark` opens the question that waits, also in an assignment of several notebooks."""

from __future__ import annotations

import pytest
from jupyter_server.serverapp import ServerApp

from autograder.commands import mark as command
from autograder.errors import CourseError
from autograder.gradebook import marking
from autograder.gradebook.marking import Question


def question(notebook: str, cell: str, waiting: int) -> Question:
    return Question(notebook=notebook, cell=cell, max_points=4.0, answers=3, waiting=waiting)


@pytest.fixture
def opened(course, monkeypatch):
    """Gives the address that is opened for an assignment with these questions."""

    def opens(assignment: str | None, *questions: Question) -> str:
        started: list[list[str]] = []
        monkeypatch.setattr(marking, "questions", lambda _: list(questions))
        monkeypatch.setattr(ServerApp, "launch_instance", lambda argv: started.append(argv))
        command.mark(course.root, assignment, 8889, browser=False)
        [address] = [one for one in started[0] if one.startswith("--ServerApp.default_url=")]
        return address.removeprefix("--ServerApp.default_url=")

    return opens


def test_the_first_question_that_waits_is_opened(opened):
    done, waits = question("small", "task", 0), question("small", "more", 2)
    assert opened("small", done, waits) == "/autograder/mark/small/more"


def test_one_of_several_notebooks_is_named(opened):
    assert opened("ps1", question("ps1/problem2", "task", 1)) == "/autograder/mark/ps1/problem2/task"


def test_without_an_assignment_the_list_is_opened(opened):
    assert opened(None) == "/autograder/mark"


def test_an_assignment_without_written_answers_is_refused(opened):
    with pytest.raises(CourseError, match="nothing in the gradebook that a person marks"):
        opened("small", question("ps1/problem2", "task", 1))
    with pytest.raises(CourseError, match="there is no assignment 'other'; there are small"):
        opened("other", question("small", "task", 1))
