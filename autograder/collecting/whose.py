"""Whose file it is: by the roster, or without one by what the system says itself."""

from __future__ import annotations

import unicodedata

from autograder.collecting.naming import Named
from autograder.course.roster import Person, Roster, why_not_an_id
from autograder.errors import UnclearName

__all__ = ["student_of"]


def student_of(named: Named, roster: Roster | None) -> str:
    """Whose file it is: the roster's id, or without a roster the system's own name or number.

    Raises:
        UnclearName: Nobody, or more than one person, is called so; near names are only suggested.
    """
    if roster is not None:
        return _person(named, roster).id
    if not named.certain:
        raise UnclearName(
            "its name does not say for certain whose it is; give a --roster with the students' names"
        )
    if named.number_stays:
        student = named.number
    elif named.names:
        student = "_".join(unicodedata.normalize("NFKC", named.names[0]).split())
    else:
        raise UnclearName(
            f"Moodle hides the name of participant {named.number}; give its grading worksheet with --roster"
        )
    if reason := why_not_an_id(student):
        raise UnclearName(reason)
    return student


def _person(named: Named, roster: Roster) -> Person:
    found: dict[str, Person] = {}
    for name in named.names:
        found.update((person.id, person) for person in _called(name, named, roster))
    for names in named.otherwise:
        for name in names if not found else ():
            found.update((person.id, person) for person in _called(name, named, roster))
    by_number = roster.numbered(named.number, named.number_stays)
    if len(by_number) == 1:
        [person] = by_number
        if found and person.id not in found:
            others = " or ".join(other.shown for other in found.values())
            raise UnclearName(
                f"its number is that of {person.shown} and its name that of {others}; check the roster"
            )
        return person
    if len(found) == 1:
        return next(iter(found.values()))
    called = " / ".join(named.names[:3]) or f"participant {named.number}"
    if found:
        people = ", ".join(person.shown for person in found.values())
        raise UnclearName(f"'{called}' may be any of {people}; {_how_to_tell(named)}")
    near = next(filter(None, (roster.like(name) for name in named.names)), "")
    raise UnclearName(f"nobody on the roster is called '{called}'" + (f"; is it {near}?" if near else ""))


def _called(name: str, named: Named, roster: Roster) -> list[Person]:
    return roster.called(name) or (roster.called_in_words(name) if named.only_words else [])


def _how_to_tell(named: Named) -> str:
    if named.number_stays:
        return f"put Canvas's number {named.number} into the roster's column lms_user_id"
    if named.number:
        return "give Moodle's grading worksheet with another --roster"
    return "rename the file after the student's id"
