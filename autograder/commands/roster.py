"""What `autograder roster` does, and what it prints: first what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from autograder.commands.console import say, say_attention, say_next
from autograder.commands.done import Done
from autograder.course import tables
from autograder.course.concern import Concern
from autograder.course.exceptions import LEFT, Agreement, write_exceptions
from autograder.course.folder import Course
from autograder.course.roster import Roster, number_key
from autograder.errors import CourseError
from autograder.gradebook import roster as people
from autograder.gradebook.roster import Changes
from autograder.gradebook.strays import strays
from autograder.text import counted, listed

__all__ = ["drop", "fill_gradebook", "restore", "unknown"]

MANY = 40
"""So many students are named; the rest is counted."""


def fill_gradebook(folder: Path, path: Path) -> Done:
    """Write a roster into the gradebook, and say who is new, gone or renamed."""
    course = Course(folder)
    roster = tables.read_roster(path)
    _refuse_rewritten_ids(course, path, roster)
    changes = people.fill(course, roster)
    attention = (
        *unknown(roster, people.from_gradebook(course)),
        *_gone(changes),
        *strays(course, course.assignments()),
    )
    status = say_attention("roster", attention)
    for before, after in changes.renamed:
        say(f"renamed: {before.shown} is {after.full_name} now")
    if 0 < len(changes.new) < len(roster):
        names = listed([person.shown for person in changes.new], MANY)
        say(f"new: {names}")
    new = f", {len(changes.new) or 'none'} of them new" if len(changes.new) < len(roster) else ""
    say(f"{counted(len(roster), 'student')} of {path} written to the gradebook{new}.")
    say_next("autograder deadline for due dates, autograder collect for what is handed in")
    return Done(
        status=status,
        data={
            "students": roster.ids,
            "new": [person.id for person in changes.new],
            "gone": [person.id for person in changes.gone],
            "renamed": [
                {"id": before.id, "before": before.full_name, "now": after.full_name}
                for before, after in changes.renamed
            ],
            "attention": attention,
        },
    )


def _refuse_rewritten_ids(course: Course, path: Path, roster: Roster) -> None:
    """Nobody gets a second id because a spreadsheet has taken the first for a number.

    Raises:
        CourseError: A new id is that of somebody who is not on the roster any more, written otherwise.
    """
    known = {person.id for person in people.from_gradebook(course).people} - course.exceptions.left
    gone = {number_key(student): student for student in sorted(known - set(roster.ids))}
    again = [
        (gone[number_key(one)], one) for one in roster.ids if one not in known and number_key(one) in gone
    ]
    if again:
        first, now = again[0]
        raise CourseError(
            f"{path} writes {counted(len(again), 'id')} otherwise than the gradebook, as spreadsheets do with numbers: "
            f"'{now}' for '{first}'; make the column text, and export it again (or, if '{first}' was wrong: "
            f"`autograder roster --drop {first}` first)"
        )


def _gone(changes: Changes) -> tuple[Concern, ...]:
    if not changes.gone:
        return ()
    first = changes.gone[0].id
    why = (
        f"{counted(len(changes.gone), 'student')} of the gradebook are not on this roster: "
        f"{listed([person.shown for person in changes.gone], MANY)}; `autograder roster --drop {first}` for who has left"
    )
    return (Concern("gone", why),)


def drop(folder: Path, students: Sequence[str]) -> Done:
    """Note that students have left: nothing is expected of them, counted or exported any more; nothing is deleted."""
    course = Course(folder)
    already = course.exceptions.left
    people.check_ids(course, [student for student in students if student not in already])
    agreed = course.exceptions.agreed(
        Agreement(student=student, assignment="", until=LEFT)
        for student in dict.fromkeys(students)
        if student not in already
    )
    path = write_exceptions(course.root, agreed)
    for student in dict.fromkeys(students):
        say(f"{student} {'had left already' if student in already else 'has left the course'}.")
    say(f"Noted in {path}; submissions and points are kept. `autograder roster --restore ID` takes it back.")
    say_next("autograder report, in which they are missing nowhere")
    return Done(data={"left": sorted(course.exceptions.left)})


def restore(folder: Path, students: Sequence[str]) -> Done:
    """Take back that students have left."""
    course = Course(folder)
    for student in students:
        if student not in course.exceptions.left:
            raise CourseError(f"'{student}' has not left the course; nothing was changed")
    write_exceptions(course.root, course.exceptions.without((student, "") for student in students))
    say(f"{listed(students)}: back in the course.")
    say_next("autograder grade takes what they have handed in, too")
    return Done(data={"left": sorted(course.exceptions.left)})


def unknown(roster: Roster, known: Roster) -> tuple[Concern, ...]:
    """Whom `collect` will not find by what a learning management system calls them.

    Args:
        roster: Who is in the course.
        known: Who has a name, an address or a number in the gradebook.
    """
    nameless = [student for student in roster.ids if student not in set(known.ids)]
    if not nameless:
        return ()
    why = (
        f"no name, e-mail address or Canvas number is known of {counted(len(nameless), 'student')}; `autograder "
        "collect` finds students by these, and may make new students instead; add the columns name and email: "
        f"{listed(nameless)}"
    )
    return (Concern("gradebook", why),)
