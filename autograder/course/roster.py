"""Who is in the course: students as rosters describe them, found by what they are called."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from rapidfuzz import fuzz, process

__all__ = [
    "Person",
    "Roster",
    "matching_key",
    "number_key",
    "split_name",
    "why_not_an_id",
    "word_key",
]

MAX_ID = 128
"""Letters of a student's id in nbgrader's gradebook."""
MAX_NAME = 255
"""Bytes of a folder's name."""
_BREAKS_NBGRADER = '/\\*?[]+,{}:"<>|'
"""Letters of paths, file patterns, lists of students and names in the exchange."""
ALIKE = 75.0
"""From this similarity on, of 100, a name is suggested."""
_FAMILY_NAME_FIRST = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, kw_only=True)
class Person:
    """One student as a roster describes them; what it does not say is empty.

    Attributes:
        id: nbgrader's id of the student: the name of their folder in submitted/.
        first_name: The given name.
        last_name: The family name.
        name: The full name as it was written.
        email: The e-mail address.
        username: The name with which they log in to the learning management system.
        lms_user_id: Their number in Canvas.
        participant: Their number in one Moodle assignment, another one in each.
        submitted: When they handed that assignment in, as Moodle writes it.
    """

    id: str
    first_name: str = ""
    last_name: str = ""
    name: str = ""
    email: str = ""
    username: str = ""
    lms_user_id: str = ""
    participant: str = ""
    submitted: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The ways in which systems write the name: as it is, and in both orders of its parts."""
        first, last = self.first_name, self.last_name
        if not first and not last:
            first, last = split_name(self.name)
        written = (self.name, f"{first} {last}", f"{last} {first}")
        return tuple(dict.fromkeys(name for name in written if name.strip()))

    @property
    def is_described(self) -> bool:
        """Whether anything is known but the id: a name, an address or a number."""
        return any((self.first_name, self.last_name, self.name, self.email, self.lms_user_id))

    @property
    def full_name(self) -> str:
        """The name in the order of its script; "" where there is none."""
        parts = [self.first_name, self.last_name]
        if _FAMILY_NAME_FIRST.search(self.last_name):
            parts.reverse()
        return self.name or " ".join(filter(None, parts))

    @property
    def shown(self) -> str:
        """The name and the id, for messages."""
        return f"{self.full_name} ({self.id})" if self.full_name else self.id


class Roster:
    """All students of a course, found by what a system calls them."""

    def __init__(self, people: Iterable[Person]) -> None:
        self.people = tuple(people)
        self._called: dict[str, list[Person]] = {}
        self._called_in_words: dict[str, list[Person]] = {}
        for person in self.people:
            texts = (person.id, person.email, person.username, *person.names)
            for key in {matching_key(text) for text in texts} - {""}:
                self._called.setdefault(key, []).append(person)
            for key in {word_key(name) for name in person.names} - {""}:
                self._called_in_words.setdefault(key, []).append(person)

    def __len__(self) -> int:
        return len(self.people)

    @property
    def ids(self) -> list[str]:
        """All ids, in the order of the roster."""
        return [person.id for person in self.people]

    def called(self, text: str) -> list[Person]:
        """Whose id, e-mail address, user name or name this is, exactly but for width, case and spaces."""
        return self._called.get(matching_key(text), [])

    def called_in_words(self, text: str) -> list[Person]:
        """Whose name this is where a system has left out all but letters and digits, as Canvas does."""
        return self._called_in_words.get(word_key(text), [])

    def numbered(self, number: str, in_canvas: bool) -> list[Person]:
        """Who has this number in Canvas, or otherwise in the Moodle assignment whose worksheet was read."""
        return [
            person
            for person in self.people
            if number and number == (person.lms_user_id if in_canvas else person.participant)
        ]

    def like(self, text: str) -> str:
        """Who may have been meant, for a message only; empty where nobody is near."""
        near = process.extract(
            matching_key(text), list(self._called), scorer=fuzz.ratio, score_cutoff=ALIKE, limit=2
        )
        people = dict.fromkeys(person.shown for key, _, _ in near for person in self._called[key])
        return " or ".join(list(people)[:2])

    def with_worksheet(self, worksheet: Roster) -> Roster:
        """Add the participants' numbers and times that a Moodle grading worksheet knows.

        Lines of people who are not on this roster, or who may be two people of it, add nothing.
        """
        added: dict[str, Person] = {}
        for row in worksheet.people:
            for text in (row.id, row.email, row.username, row.name):
                found = self.called(text)
                if len(found) == 1:
                    added[found[0].id] = replace(
                        found[0], participant=row.participant, submitted=row.submitted
                    )
                    break
        return Roster(added.get(person.id, person) for person in self.people)


def matching_key(text: str) -> str:
    """What is compared of a name: Unicode NFKC, without regard to case, without spaces."""
    return "".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def number_key(text: str) -> str:
    """`matching_key`, without what spreadsheets add to numbers and take from them: '0012', '12.0', '１２' and "'12"."""
    return matching_key(text).lstrip("'0").removesuffix(".0")


def word_key(text: str) -> str:
    """`matching_key`, and only letters, digits and underscores of it."""
    return re.sub(r"\W", "", matching_key(text))


def why_not_an_id(student: str) -> str | None:
    """Why nbgrader cannot use this as a student's id, in one sentence; None where it can.

    An id is the name of a folder, part of file patterns, and part of names in nbgrader's exchange.
    """
    if not student.strip():
        return "a student's id may not be empty"
    sentence = f"{ascii(student[:40]) if not student.isprintable() else repr(student[:40])} cannot be a student's id in nbgrader"
    if student != student.strip() or student.startswith("."):
        return f"{sentence}: it starts or ends with a space, or starts with a dot"
    bad = sorted({letter for letter in student if letter in _BREAKS_NBGRADER or not letter.isprintable()})
    if bad:
        return (
            f"{sentence}: it contains {' '.join(map(ascii, bad))}; use letters, digits, '-', '_', '.' and '@'"
        )
    if len(student) > MAX_ID or len(student.encode("utf-8", "replace")) > MAX_NAME:
        return f"{sentence}: it is too long"
    return None


def split_name(name: str) -> tuple[str, str]:
    """The given and the family name of a full name: after a comma, or by the order of the script."""
    family, comma, given = name.partition(",")
    if comma:
        return given.strip(), family.strip()
    words = name.split()
    if len(words) < 2:
        return "", name.strip()
    if _FAMILY_NAME_FIRST.search(name):
        return " ".join(words[1:]), words[0]
    return " ".join(words[:-1]), words[-1]
