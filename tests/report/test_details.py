"""A student's row opens to all that is known about the student, and hundreds of students make a page of a megabyte."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from autograder.course.exceptions import EXCUSED, Agreement, Exceptions
from autograder.gradebook.requests import Request
from autograder.grading.results import CellResult
from autograder.report.classroom import Classroom
from autograder.report.details import details
from autograder.report.outcomes import Outcome, State
from autograder.report.rows import rows
from autograder.similarity.pairs import Pair, Similar
from autograder.text import in_language
from autograder.verdict.verdict import Status
from tests.report.classes import classroom, items_of, known, score

FAILED = CellResult(
    cell="t",
    status=Status.FAILED,
    points=0.0,
    max_points=2.0,
    message="scale adds",
    mistake=("t: adds", "t: adds one"),
)
ITEMS = {"one": items_of("one", manual=("w",), t=2.0, u=3.0, w=4.0), "two": items_of("two", t=1.0)}


def of_class(made: Classroom, similar: dict | None = None, said: Callable[[str], str] = str) -> dict:
    return details(made, rows(made), similar or {}, "http://lab/formgrader/submissions/", str, said)


def words(found: dict, numbers: list[int]) -> list[str]:
    return [found["texts"][number] for number in numbers]


def test_what_tests_and_grading_say_is_in_the_language_of_the_page():
    both = replace(FAILED, message="足しています / scale adds")
    outcome = known("ada", "one", repairs=("戻しました / a lost cell was put back",))
    made = classroom(ITEMS, {("ada", "one"): score(t=0.0)}, [replace(outcome, cells=(both,))])
    texts = of_class(made, said=lambda text: in_language(text, "ja"))["texts"]
    assert {"足しています", "戻しました"} <= set(texts)
    assert not any("scale adds" in text or "put back" in text for text in texts)


def test_points_messages_and_recognised_mistakes_are_there_by_cell():
    late = replace(
        score(t=0.0, u=3.0, waits=("w",), late=7200.0, penalty=1.5),
        notebook="0123abcd",
        submitted=datetime(2026, 11, 20, 14, 5, tzinfo=UTC),
    )
    outcome = known("ada", "one", repairs=("a lost cell was put back",), problems=("stopped after 30 s",))
    made = classroom(ITEMS, {("ada", "one"): late}, [replace(outcome, cells=(FAILED,))])
    found = of_class(made)
    [[[place, facts, cells, notes, notebook]]] = found["students"]
    assert found["assignments"][place] == ["one", [["t", 2.0], ["u", 3.0], ["w", 4.0]]]
    assert words(found, facts) == [
        "handed in 2026-11-20 14:05 +0000",
        "late by 2 h 0 min, penalty 1.5",
    ]
    assert cells[1:] == [3.0, None]
    assert [cells[0][0], *words(found, cells[0][1:])] == [0.0, "scale adds", "t: adds · t: adds one"]
    assert [words(found, note) for note in notes] == [
        ["stopped", "stopped after 30 s"],
        ["put right", "a lost cell was put back"],
    ]
    assert notebook == "0123abcd"


def test_questions_about_scores_and_similar_pairs_are_among_the_notes():
    asked = Request(
        number=3, received="", student="ada", assignment="one", exercise="2", why="why?", before="5"
    )
    answered = replace(asked, number=4, answer="you are right", after="6")
    made = replace(
        classroom(ITEMS, {("ada", "one"): score(t=2.0), ("bob", "one"): score(t=2.0)}),
        requests=(asked, answered),
    )
    pair = Pair(first="ada", second="bob", score=0.912, cells=())
    found = of_class(made, {"one": Similar((pair,))})
    ada, bob = ([words(found, note) for note in student[0][3]] for student in found["students"])
    assert ada == [
        ["question 3 about the score", "2: why?"],
        ["question 4 about the score", "2: why? → you are right (5 → 6)"],
        ["similar to", "bob: 0.91"],
    ]
    assert bob == [["similar to", "ada: 0.91"]]


def test_what_was_never_graded_or_cannot_be_is_said():
    broken = Outcome(student="ada", assignment="one", state=State.BROKEN, broken="it is no notebook")
    old = Outcome(student="ada", assignment="two", state=State.UNKNOWN)
    found = of_class(classroom(ITEMS, {}, [broken, old]))
    assert [[words(found, note) for note in one[3]] for one in found["students"][0]] == [
        [["cannot be graded", "it is no notebook"]],
        [["grade again", "its result does not fit any more"]],
    ]


def test_who_has_handed_in_nothing_has_nothing_but_exceptions():
    made = classroom(ITEMS, {("ada", "one"): score(t=2.0)}, roster=("zoe",))
    given = Exceptions(
        agreements=(
            Agreement(student="zoe", assignment="two", until="2026-12-01 15:00 +0000"),
            Agreement(student="zoe", assignment="one", until=EXCUSED),
        )
    )
    made = replace(made, groups=replace(made.groups, exceptions=given))
    made = replace(made, assignments=("one", "two"))
    found = of_class(made)
    assert [words(found, one[1]) for one in found["students"][1]] == [
        ["excused"],
        ["more time until 2026-12-01 15:00 +0000"],
    ]


def test_a_text_is_kept_once_however_many_students_have_it():
    outcomes = [replace(known(f"s{number}", "one"), cells=(FAILED,)) for number in range(200)]
    scores = {(f"s{number}", "one"): score(t=0.0, u=1.0) for number in range(200)}
    found = of_class(classroom(ITEMS, scores, outcomes))
    assert found["texts"].count("scale adds") == 1
    assert len(found["students"]) == 200
