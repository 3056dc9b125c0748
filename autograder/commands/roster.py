"""What `autograder roster` does, and what it prints: first what needs attention."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from autograder.commands.console import attention_table, width_console
from autograder.course import tables
from autograder.course.concern import Concern
from autograder.course.folder import Course
from autograder.course.roster import Roster
from autograder.gradebook import roster as people
from autograder.text import counted, listed

__all__ = ["fill_gradebook", "unknown"]


def fill_gradebook(folder: Path, path: Path) -> None:
    """Write a roster into the gradebook, and say how many students there are."""
    course = Course(folder)
    roster = tables.read_roster(path)
    number = people.fill(course, roster)
    console = width_console()
    if attention := unknown(roster, people.from_gradebook(course)):
        console.print("[bold]Needs attention[/]")
        console.print(attention_table("roster", attention))
    console.print(
        f"{counted(number, 'student')} of {escape(str(path))} written to the gradebook.", soft_wrap=True
    )


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
