"""Messages of visible tests say the same in Japanese, which stands first, and in English."""

from __future__ import annotations

import ast
import re

import pytest

from autograder.course import cells
from tests.content.answers import ASSIGNMENTS, languages, source

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
HIDDEN = "### BEGIN HIDDEN TESTS"


def problem(statement: ast.Assert) -> str | None:
    """What is wrong with the message of an assert statement; None where it is as it should be."""
    if statement.msg is None:
        return "it has no message"
    parts = statement.msg.values if isinstance(statement.msg, ast.JoinedStr) else [statement.msg]
    text, values = "", []
    for part in parts:
        if isinstance(part, ast.Constant):
            text += part.value
        else:
            text += f"\0{len(values)}\0"
            values.append(ast.unparse(part))
    languages = [
        (text[: mark.start()], text[mark.end() :])
        for mark in re.finditer(" / ", text)
        if JAPANESE.search(text[: mark.start()]) and not JAPANESE.search(text[mark.end() :])
    ]
    if not languages:
        return f"expected 'Japanese / English', got {text!r}"
    japanese, english = (
        {values[int(number)] for number in re.findall("\0(\\d+)\0", half)} for half in languages[0]
    )
    numbers = [set(NUMBER.findall(re.sub("\0\\d+\0", "", half))) for half in languages[0]]
    wording = {"{japanese}", "{english}"}  # a part of the message in either language
    if alone := sorted(((japanese ^ english) - wording) | (numbers[1] - numbers[0])):
        return f"one language alone says {', '.join(alone)}: {text!r}"
    return None


@pytest.mark.parametrize("assignment", [name for name in ASSIGNMENTS if len(languages(name)) == 2])
def test_each_message_is_in_both_languages_with_the_same_numbers(assignment):
    problems = [
        f"{cell.id}: {found}"
        for cell in source(assignment).cells
        if cells.is_test(cell)
        for statement in ast.walk(ast.parse(cell.source.partition(HIDDEN)[0]))
        if isinstance(statement, ast.Assert) and (found := problem(statement))
    ]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    ("source_line", "expected"),
    [
        ("assert x == 1", "no message"),
        ("assert x == 1, 'wrong'", "expected 'Japanese / English'"),
        ("assert x == 1, 'it is wrong / 違います'", "expected 'Japanese / English'"),
        ("assert x == 1, f'違います / it is {x}'", "one language alone says"),
        ("assert x == 1, f'{y} です / it is {x}'", "one language alone says {x}, {y}"),
        ("assert x == 1, f'今は {x} です / expected 1, it is {x}'", "one language alone says 1"),
        ("assert x == 1, f'今は {x} です / it is {x}'", None),
    ],
)
def test_what_is_wrong_with_a_message_is_said(source_line, expected):
    [statement] = ast.parse(source_line).body
    found = problem(statement)
    assert (found is None) if expected is None else (expected in found)
