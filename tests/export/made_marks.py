"""Marks made by hand: a class in which every kind of name and score occurs."""

from __future__ import annotations

from autograder.course.roster import Person, Roster
from autograder.gradebook.marks import Mark, Marks

__all__ = ["PEOPLE", "made"]

PEOPLE = (
    Person("s1", "花子", "山田", email="hanako@example.ac.jp", lms_user_id="71"),
    Person("s2", 'Taro "T"', "O'Brien, Jr.", email="taro@example.ac.jp", lms_user_id="72"),
    Person("s3", "Ann", '=HYPERLINK("http://x")', email="ann@example.ac.jp"),
    Person("s4", "健", "佐藤"),
)


def made(scores: dict[tuple[str, str], float | None], points: dict[str, float] | None = None) -> Marks:
    """Marks of `PEOPLE`; a score that is not given, or None, is not exported."""
    points = points or {"small": 9.0}
    marks = {}
    for person in PEOPLE:
        for name, most in points.items():
            score = scores.get((person.id, name))
            submitted = (person.id, name) in scores
            raw, unfinished = score or 0.0, submitted and score is None
            marks[person.id, name] = Mark(person.id, name, raw, 0.0, unfinished, None, most, submitted, score)
    return Marks(Roster(PEOPLE), points, marks, dict.fromkeys(points), ())
