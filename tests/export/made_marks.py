"""Marks made by hand: a class in which every kind of name and score occurs."""

from __future__ import annotations

from autograder.course.roster import Person, Roster
from autograder.gradebook.marks import Mark, Marks
from autograder.gradebook.scores import Score

__all__ = ["PEOPLE", "made"]

PEOPLE = (
    Person(id="s1", first_name="花子", last_name="山田", email="hanako@example.ac.jp", lms_user_id="71"),
    Person(
        id="s2", first_name='Taro "T"', last_name="O'Brien, Jr.", email="taro@example.ac.jp", lms_user_id="72"
    ),
    Person(id="s3", first_name="Ann", last_name='=HYPERLINK("http://x")', email="ann@example.ac.jp"),
    Person(id="s4", first_name="健", last_name="佐藤"),
)


def made(scores: dict[tuple[str, str], float | None], points: dict[str, float] | None = None) -> Marks:
    """Marks of `PEOPLE`; a score that is not given, or None, is not exported."""
    points = points or {"small": 9.0}
    marks = {}
    for person in PEOPLE:
        for name, most in points.items():
            score = scores.get((person.id, name))
            submitted = (person.id, name) in scores
            graded = Score(points=score or 0.0, penalty=0.0, seconds_late=0.0)
            marks[person.id, name] = Mark(
                student=person.id,
                assignment=name,
                max_score=most,
                graded=graded if submitted else None,
                unfinished=submitted and score is None,
                score=score,
            )
    return Marks(
        roster=Roster(PEOPLE), assignments=points, by_name=marks, duedates=dict.fromkeys(points), attention=()
    )
