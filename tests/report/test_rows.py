"""The table of students: what counts, and what is unusual."""

from __future__ import annotations

from autograder.report.outcomes import Outcome, State
from autograder.report.rows import Badge, Row, rows
from tests.report.classes import classroom, items_of, known, score

ITEMS = {
    "one": items_of("one", t=10.0),
    "theme_a": items_of("theme_a", t=20.0),
    "theme_b": items_of("theme_b", t=30.0),
}


def row(student: str, **made) -> Row:
    [found] = [one for one in rows(classroom(ITEMS, **made)) if one.student == student]
    return found


def test_only_the_allocated_theme_counts():
    found = row(
        "ada",
        scores={
            ("ada", "one"): score(t=5.0),
            ("ada", "theme_a"): score(t=7.0),
            ("ada", "theme_b"): score(t=30.0),
        },
        allocated={"ada": "theme_a"},
    )
    assert (found.total, found.max_points, found.share) == (12.0, 30.0, 0.4)
    assert [Badge.OTHER_THEME in entry.badges for entry in found.entries] == [False, False, True]


def test_an_allocated_theme_that_was_not_submitted_counts_as_nothing_of_its_points():
    found = row("ada", scores={("ada", "theme_b"): score(t=30.0)}, allocated={"ada": "theme_a"})
    assert (found.total, found.max_points) == (0.0, 30.0)


def test_without_an_allocation_what_was_submitted_counts():
    found = row("ada", scores={("ada", "one"): score(t=5.0), ("ada", "theme_b"): score(t=15.0)})
    assert (found.total, found.max_points, found.share) == (20.0, 40.0, 0.5)


def test_points_that_a_person_has_still_to_give_are_open_in_the_total():
    items = {"one": items_of("one", ("essay", "talk"), t=10.0, essay=4.0, talk=2.0)}
    made = classroom(items, {("ada", "one"): score(t=10.0, talk=2.0, waits=("essay",))})
    [found] = rows(made)
    assert (found.total, found.open, found.max_points) == (12.0, 4.0, 16.0)
    assert found.entries[0].badges == (Badge.WAITING,)


def test_a_penalty_is_taken_off_and_never_more_than_there_is():
    scores = {("ada", "one"): score(t=5.0, penalty=2.0, late=60.0), ("bob", "one"): score(t=1.0, penalty=2.0)}
    assert row("ada", scores=scores).total == 3.0
    assert row("ada", scores=scores).entries[0].badges == (Badge.LATE,)
    assert row("bob", scores=scores).total == 0.0


def test_somebody_who_has_nothing_to_do_has_no_share():
    made = classroom({"theme_a": ITEMS["theme_a"]}, {}, allocated={"ada": "theme_b"})
    assert rows(made)[0].share is None


def test_what_is_unusual_is_said():
    outcomes = [
        Outcome(student="broken", assignment="one", state=State.BROKEN, broken="empty"),
        Outcome(student="changed", assignment="one", state=State.UNKNOWN),
        known("slow", "one", {"t": ""}, problems=("stopped after 30 s",)),
    ]
    scores = {
        ("changed", "one"): score(t=1.0),
        ("slow", "one"): score(t=1.0),
        ("open", "one"): score(waits=("t",)),
    }
    badges = {one.student: one.entries[0].badges for one in rows(classroom(ITEMS, scores, outcomes))}
    assert badges == {
        "broken": (Badge.BROKEN,),
        "changed": (Badge.UNKNOWN,),
        "open": (Badge.WAITING,),
        "slow": (Badge.STOPPED,),
    }


def test_a_theme_that_does_not_count_need_not_be_graded():
    found = row(
        "ada",
        outcomes=[Outcome(student="ada", assignment="theme_b", state=State.UNKNOWN)],
        allocated={"ada": "theme_a"},
    )
    assert [entry.badges for entry in found.entries] == [(), (), (Badge.OTHER_THEME,)]
