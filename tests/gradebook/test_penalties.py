"""Late penalties as nbgrader's plugin gives them."""

from __future__ import annotations

import math

import pytest

from autograder.gradebook.penalties import LatePerDay

HOUR = 3600


@pytest.mark.parametrize(
    ("settings", "hours", "expected"),
    [
        ({"share": 0.1}, 1, 1.0),
        ({"share": 0.1}, 24, 1.0),
        ({"share": 0.1}, 25, 2.0),
        ({"share": 0.1}, 24 * 30, 10.0),
        ({"share": 0.1, "most": 0.5}, 24 * 30, 5.0),
        ({"share": 0.1, "grace": 15}, 0.25, None),
        ({"share": 0.1, "grace": 15}, 0.26, 1.0),
        ({"share": 0.1, "grace": 15}, 24.25, 1.0),
        ({"share": 0.1, "grace": 15}, 24.26, 2.0),
        ({"share": 0.1, "grace": 15, "days": 7}, 24 * 7 + 0.25, 7.0),
        ({"share": 0.1, "most": 0.5, "days": 7}, 24 * 7 + 1, 10.0),
    ],
)
def test_each_day_that_has_begun_costs_its_share_of_what_was_earned(settings, hours, expected):
    found = LatePerDay(**settings).late_submission_penalty("ada", 10.0, hours * HOUR)
    assert found == (None if expected is None else pytest.approx(expected))


def test_without_settings_nothing_is_cut_off_but_by_days():
    assert LatePerDay().days == math.inf
