"""Text made fit to be shown."""

from __future__ import annotations

import pytest

from autograder.text import points


@pytest.mark.parametrize(
    ("number", "language", "shown"),
    [
        (1.0, "en", "1 point"),
        (0.0, "en", "0 points"),
        (2.5, "en", "2.5 points"),
        (0.999, "en", "1 point"),
        (1.0, "ja", "1 点"),
    ],
)
def test_one_point_is_not_said_in_the_plural(number, language, shown):
    assert points(number, language) == shown
