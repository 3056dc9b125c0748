"""Tests for `autograder request`: what it lists, and what it says to do next."""

from __future__ import annotations

from autograder.gradebook import database

TEXT = "assignment: small\nstudent: s2\nexercise: scale\nwhy: It is right.\n"


def test_an_answer_is_asked_for_only_where_a_request_waits(run, registered, tmp_path):
    with database.opened(registered) as gradebook:
        gradebook.add_student("s2")
    course = ("--course", registered.root)
    status, out, _ = run("request", *course)
    assert status == 0
    assert "--answer" not in out
    assert "autograder request FILE" in out
    text = tmp_path / "request.txt"
    text.write_text(TEXT)
    assert run("request", text, *course)[0] == 0
    status, out, _ = run("request", *course)
    assert "--answer NUMBER" in out
    assert run("request", "--answer", "1", "It stays.", *course)[0] == 0
    status, out, _ = run("request", *course)
    assert "--answer" not in out
