"""Words in code are found without parsing it, and in little time."""

from __future__ import annotations

import time

import pytest

from autograder.submission.prose import has_sentences


@pytest.mark.parametrize(
    "line", ['"' * 10**6, '"""\n' * 10**5, "'''a" * 10**5, "#" * 10**6, "print( " * 10**5, '"a" ' * 10**5, "x = \n" * 10**5,
     "x = 'a'" + " " * 90_000 + "b", "print('a'" + ") " * 40_000 + "b", "x" + " " * 90_000 + "= b"]
)  # fmt: skip
def test_a_text_that_nobody_writes_takes_no_time(line):
    began = time.process_time()
    has_sentences(line)
    assert time.process_time() - began < 1


def test_lines_that_were_released_are_nobodys_sentences():
    line = "# Change this number and run the cell again."
    assert has_sentences(line)
    assert not has_sentences(line, {line})
