"""Messages of visible tests say the same in both languages."""

from __future__ import annotations

import pytest

from autograder.release.messages import faults_of_messages


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("assert x == 1, 'wrong'", "expected 'Japanese / English'"),
        ("assert x == 1, '違います'", "expected 'Japanese / English'"),
        ("assert x == 1, f'違います / it is {x}'", "one language alone says {x}"),
        ("assert x == 1, f'{y} です / it is {x}'", "one language alone says {x}, {y}"),
        ("assert x == 1, f'今は {x} です / expected 1, it is {x}'", "one language alone says 1"),
        ("if x:\n    for y in x:\n        assert y, 'wrong'", "expected 'Japanese / English'"),
    ],
)
def test_what_one_language_alone_says_is_named(line, expected):
    [fault] = faults_of_messages(line)
    assert expected in fault


@pytest.mark.parametrize(
    "line",
    [
        "assert x == 1, f'今は {x} です / it is {x}'",
        "assert x == 1, f'it is {x} / 今は {x} です'",
        "assert x == 1, f'値は {a / b} です / the value is {a / b}'",
        "assert x == 1, f'{japanese}が違います / {english} is wrong'",
        "assert x == 1",
        "assert x == 1, message(x)",
        "assert x == 1, 7",
        "assert x ==",
    ],
)
def test_the_same_in_both_and_what_is_no_text_is_left_alone(line):
    assert faults_of_messages(line) == []
