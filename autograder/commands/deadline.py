"""What `autograder deadline` does and prints: due dates, more time for a student, excuses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from autograder.commands.console import columns, say, say_next, width_console
from autograder.commands.done import Done
from autograder.course.exceptions import EXCUSED, Agreement, write_exceptions
from autograder.course.folder import Course
from autograder.course.times import read_time, shown_time
from autograder.errors import CourseError
from autograder.gradebook import deadlines, late, roster
from autograder.text import clean_text, counted, duration, listed, points

__all__ = ["deadline", "excuse", "overview"]

NONE = "none"


def overview(folder: Path, assignment: str | None = None) -> Done:
    """Print when assignments are due, and what was agreed with single students."""
    course = Course(folder)
    if assignment is not None:
        course.chosen([assignment])
    table = columns("assignment", "due", "more time", "excused")
    found = _agreed(course, assignment)
    for one in found:
        times = "\n".join(f"{student}: {until}" for student, until in one["extended"].items())
        row = (one["assignment"], one["due"] or "-", times, "\n".join(one["excused"]))
        table.add_row(*(escape(clean_text(cell)) for cell in row))
    left = sorted(course.exceptions.left)
    console = width_console()
    console.print(table)
    if left:
        say(f"left the course: {listed(left)}")
    say_next('autograder deadline ASSIGNMENT "2026-12-01 23:59" sets one')
    return Done(data={"assignments": found, "left": left})


def deadline(folder: Path, assignment: str, when: str, students: Sequence[str]) -> Done:
    """Set when an assignment is due, for everybody or for some students, and say who is late by that.

    Raises:
        CourseError: No such assignment or student, or not a time.
    """
    course = Course(folder)
    course.chosen([assignment])
    time = None if when.strip().lower() == NONE else _time(when, course)
    if students:
        _of_students(course, assignment, time, students)
        has = f"has until {shown_time(time, course.zone)}" if time else "has the deadline of everybody else"
        say(f"{assignment}: {listed(students)} {has}.")
        due = deadlines.read(course)[assignment]
        if due is None:
            say("The assignment has no deadline yet; an extension counts when it has one.")
        elif time is not None and time <= due:
            say(f"That is not after the deadline of everybody, {shown_time(due, course.zone)}.")
    else:
        deadlines.set_due(course, assignment, time)
        due_text = f"is due on {shown_time(time, course.zone)}" if time else "has no deadline"
        say(f"{assignment} {due_text}.")
        if time is not None and time < datetime.now(UTC):
            say("That time is over.")
        [agreed] = _agreed(course, assignment)
        for student, until in agreed["extended"].items():
            say(f"  {student} has until {until}.")
        for (student, about), until in sorted(course.exceptions.extended.items()):
            if about == assignment and student not in agreed["extended"]:
                say(f"  {student} had until {shown_time(until, course.zone)}: that is not later any more.")
    late.refresh(course)
    ones = deadlines.late_ones(course, assignment)
    for one in ones:
        cost = f"costs {points(one.penalty)}" if one.penalty else "costs nothing"
        say(f"  {one.student} is late by {duration(one.seconds)}, which {cost}.")
    if ones and not any(one.penalty for one in ones):
        say("What lateness costs is set in nbgrader_config.py: c.AssignLatePenalties.plugin_class.")
    say(f"{counted(len(ones), 'submission')} late.")
    say_next("autograder report shows who is late, autograder feedback tells them what it cost")
    return Done(data={"assignments": _agreed(course, assignment), "late": ones})


def excuse(folder: Path, assignment: str, students: Sequence[str]) -> Done:
    """Note that students need not hand an assignment in: neither missing nor zero.

    Raises:
        CourseError: No such assignment or student.
    """
    course = Course(folder)
    course.chosen([assignment])
    roster.check_ids(course, students)
    agreed = [Agreement(student=student, assignment=assignment, until=EXCUSED) for student in students]
    path = write_exceptions(course.root, course.exceptions.agreed(agreed))
    say(f"{listed(students)}: excused from {assignment}, noted in {path}.")
    say_next("autograder report shows it, and autograder export leaves it out of the points")
    return Done(data={"assignments": _agreed(course, assignment)})


def _agreed(course: Course, assignment: str | None) -> list[dict[str, Any]]:
    """When an assignment is due, or each of them, and for whom otherwise."""
    exceptions, dues = course.exceptions, deadlines.read(course)
    later = exceptions.later(dues)
    return [
        {
            "assignment": name,
            "due": shown_time(due, course.zone) if due else None,
            "extended": {
                student: shown_time(until, course.zone)
                for (student, about), until in sorted(later.items())
                if about == name
            },
            "excused": sorted(student for student, about in exceptions.excused if about == name),
        }
        for name, due in dues.items()
        if assignment in (None, name)
    ]


def _of_students(course: Course, assignment: str, time: datetime | None, students: Sequence[str]) -> None:
    roster.check_ids(course, students)
    if time is None:
        names = [(student, assignment) for student in students]
        write_exceptions(course.root, course.exceptions.without(names))
        deadlines.end_extensions(course, assignment, tuple(students))
        return
    agreed = [
        Agreement(student=student, assignment=assignment, until=shown_time(time, course.zone))
        for student in students
    ]
    write_exceptions(course.root, course.exceptions.agreed(agreed))


def _time(text: str, course: Course) -> datetime:
    time = read_time(text, course.zone, end_of_day=True)
    if time is None:
        raise CourseError(
            f"'{text}' is not a time for certain; expected one such as '2026-12-01 23:59', "
            "'2026-12-01 23:59 +0900' or '2026-12-01' (the end of that day), or 'none'"
        )
    return time
