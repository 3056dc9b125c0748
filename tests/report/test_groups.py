"""Those who failed a test are grouped by what their code did."""

from __future__ import annotations

import re

from autograder.grading.results import CellResult
from autograder.report.groups import groups
from autograder.report.outcomes import Outcome, State
from autograder.verdict.verdict import Status
from tests.report.classes import classroom, items_of, score
from tests.report.pages import rendered

ITEMS = {"one": items_of("one", a=1.0, b=1.0)}


def did(student: str, behaviour: str, mistake: str = "", cell: str = "a", assignment: str = "one") -> Outcome:
    result = CellResult(
        cell=cell,
        status=Status.FAILED,
        points=0.0,
        max_points=1.0,
        message=f"{student} got 3",
        behaviour=tuple(behaviour.split()),
        mistake=(f"area: {mistake}",) if mistake else (),
        hint={"en": "Look again."} if mistake else {},
    )
    return Outcome(student=student, assignment=assignment, state=State.KNOWN, cells=(result,))


def test_known_mistakes_come_first_and_the_most_frequent_first_of_all():
    [found] = groups(
        classroom(
            ITEMS,
            outcomes=[
                did("ada", "1 2 3", "squared"),
                did("bob", "4 5 6", "halved"),
                did("cyd", "7 8 9", "halved"),
                did("dan", "a b c"),
                did("eve", "a x y"),
                did("fay", "z z z"),
                did("gus", ""),
            ],
        ),
        "one",
    )
    assert [(one.mistake[0], one.students) for one in found.known] == [
        ("area: halved", ("bob", "cyd")),
        ("area: squared", ("ada",)),
    ]
    assert [one.students for one in found.unknown] == [("dan", "eve")]
    assert found.alone == ("fay",)
    assert found.students == 6


def test_tests_are_in_the_order_of_the_notebook_and_those_that_all_passed_are_left_out():
    made = classroom(ITEMS, outcomes=[did("ada", "1 2 3", cell="b"), did("bob", "1 2 3", cell="b")])
    assert [one.cell for one in groups(made, "one")] == ["b"]


def test_a_theme_that_does_not_count_is_in_no_group():
    made = classroom(
        {"theme_a": items_of("theme_a", a=1.0)},
        outcomes=[did("ada", "1 2 3", assignment="theme_a")],
        allocated={"ada": "theme_b"},
    )
    assert groups(made, "theme_a") == ()


def test_the_line_of_a_test_says_what_was_done_before_it_is_opened():
    made = classroom(
        ITEMS,
        {(name, "one"): score(a=0.0) for name in ("ada", "bob", "cyd", "dan")},
        [
            did("ada", "1 2 3", "squared"),
            did("bob", "1 2 3", "squared"),
            did("cyd", "z z z"),
            did("dan", "z z z"),
        ],
    )
    html = rendered(made, {})
    [line] = re.findall(r"<summary><b>4×</b>.*?</summary>", html, re.DOTALL)
    assert "2× squared" in line
    assert "not known yet: 2" in line
