"""What `autograder request` does and prints: students' questions about scores, and the answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.markup import escape

from autograder.commands.console import columns, loud_console, say, say_attention, say_next, width_console
from autograder.commands.done import Done
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.errors import CourseError
from autograder.gradebook import requests
from autograder.gradebook.requests import Request
from autograder.text import counted

__all__ = ["answer", "overview", "take"]


def overview(folder: Path) -> Done:
    """List all requests, those that wait first."""
    every = sorted(requests.read(Course(folder)), key=lambda one: (not one.waits, one.number))
    table = columns("", "student", "assignment", "exercise and reason", "score", "answer", show_lines=True)
    for one in every:
        score = one.was if one.waits else f"{one.was} → {one.now}"
        row = (
            str(one.number),
            one.student,
            one.assignment,
            f"{one.exercise}\n{one.why}".strip(),
            score,
            one.answer,
        )
        table.add_row(*map(escape, row))
    waiting = sum(one.waits for one in every)
    console = loud_console() if waiting else width_console()
    if every:
        console.print(table)
    say(f"{counted(len(every), 'request')}, {waiting} without an answer.", loud=bool(waiting))
    say_next(
        'autograder request --answer NUMBER "what you decided", after changing the score where it was wrong'
        if waiting
        else "autograder request FILE keeps the text that a student has sent"
    )
    return Done(data=every)


def take(folder: Path, paths: Sequence[Path]) -> Done:
    """Keep requests that students have sent as text."""
    course = Course(folder)
    taken: list[Request] = []
    attention: list[Concern] = []
    for path in paths:
        try:
            taken += filter(None, [requests.take(course, requests.parse(_text(path)))])
        except CourseError as error:
            attention.append(Concern(str(path), str(error)))
    status = say_attention("file", attention)
    known = len(paths) - len(taken) - len(attention)
    had = f", {counted(known, 'text')} had been taken before" if known else ""
    say(f"{counted(len(taken), 'new request')}{had}.", loud=not taken)
    say_next("autograder request lists them, autograder report shows them")
    return Done(status=status, data={"taken": taken, "attention": attention})


def answer(folder: Path, number: int, text: str) -> Done:
    """Keep what was decided about a request."""
    if not text.strip():
        raise CourseError("say what you decided: autograder request --answer NUMBER TEXT")
    one = requests.answer(Course(folder), number, text)
    say(f"{one.number}, {one.student}, {one.assignment}: score {one.was or '-'} → {one.now or '-'}.")
    say_next(
        "autograder feedback shows the student the answer, with the old and the new score; the report does, too"
    )
    return Done(data=one)


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[:100_000].decode("utf-8-sig")
    except OSError as error:
        raise CourseError(f"it cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise CourseError("it is not text in UTF-8") from None
