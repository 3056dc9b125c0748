"""Each grade cell: settled points only, the other autograded cells as the measure of strength."""

from __future__ import annotations

import pytest

from autograder.report.items import items
from tests.report.classes import classroom, items_of, known, score

ITEMS = {"one": items_of("one", manual=("w",), a=1.0, b=2.0, w=4.0), "theme_a": items_of("theme_a", t=1.0)}


def test_answers_that_wait_are_counted_apart():
    made = classroom(
        ITEMS,
        {
            ("ada", "one"): score(a=1.0, b=2.0, w=3.0),
            ("bob", "one"): score(a=0.0, b=2.0, waits=("w",)),
        },
    )
    a, b, w = items(made, "one")
    assert (a.statistics.n, a.statistics.success, a.statistics.share) == (2, 0.5, 0.5)
    assert (b.statistics.n, b.statistics.success, b.waiting) == (2, 1.0, 0)
    assert (w.statistics.n, w.statistics.share, w.waiting) == (1, 0.75, 1)


def test_strength_is_what_the_other_autograded_cells_gave():
    points = [(0.0, 0.0), (0.0, 2.0), (1.0, 1.0), (1.0, 2.0)]
    made = classroom(ITEMS, {(f"s{n}", "one"): score(a=a, b=b, w=4.0 - n) for n, (a, b) in enumerate(points)})
    a, b, w = items(made, "one")
    # a: 0 0 1 1 against b: 0 2 1 2 (mean 1.25): sum 0.5, squares 1 and 2.75
    assert a.statistics.discrimination == pytest.approx(0.5 / 2.75**0.5)
    assert b.statistics.discrimination == a.statistics.discrimination
    # w: 4 3 2 1 against a + b: 0 2 2 3 (mean 1.75): sum -4.5, squares 5 and 4.75
    assert w.statistics.discrimination == pytest.approx(-4.5 / (5 * 4.75) ** 0.5)


def test_the_most_frequent_messages_of_those_who_failed_are_there():
    made = classroom(
        ITEMS,
        {(name, "one"): score(a=0.0) for name in ("ada", "bob", "cyd")},
        [
            known("ada", "one", {"a": "got 1, expected 2"}),
            known("bob", "one", {"a": "got 3, expected 2"}),
            known("cyd", "one", {"a": "not answered yet"}),
            known("dan", "one", {"a": ""}),
        ],
    )
    assert items(made, "one")[0].messages == (("got 1, expected 2", 2), ("not answered yet", 1))


def test_a_theme_that_does_not_count_for_a_student_is_not_in_its_numbers():
    made = classroom(
        ITEMS,
        {("ada", "theme_a"): score(t=1.0), ("bob", "theme_a"): score(t=0.0)},
        [known("bob", "theme_a", {"t": "wrong"})],
        allocated={"ada": "theme_a", "bob": "theme_b"},
    )
    [t] = items(made, "theme_a")
    assert (t.statistics.n, t.statistics.success, t.messages) == (1, 1.0, ())
