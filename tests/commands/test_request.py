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
    assert "FILE keeps the text that a student has sent" in out
    text = tmp_path / "request.txt"
    text.write_text(TEXT)
    assert run("request", text, *course)[0] == 0
    status, out, _ = run("request", *course)
    assert "--answer NUMBER" in out
    assert run("request", "--answer", "1", "It stays.", *course)[0] == 0
    status, out, _ = run("request", *course)
    assert "--answer" not in out


def test_a_long_text_without_spaces_is_not_cut_off(run, registered, tmp_path):
    with database.opened(registered) as gradebook:
        gradebook.add_student("s2")
    why, answer = (
        "問題文には、重みだけを数えると書いてありました。" * 4,
        "例の文が誤っていたので、満点にしました。" * 4,
    )
    text = tmp_path / "request.txt"
    text.write_text(f"課題：small\n学生：s2\n理由：{why}\n", encoding="utf-8")
    course = ("--course", registered.root)
    run("request", text, *course)
    run("request", "--answer", "1", answer, *course)
    _, out, _ = run("request", *course)
    assert "…" not in out
    assert sorted(why + answer) == sorted(sign for sign in out if sign in set(why + answer))
