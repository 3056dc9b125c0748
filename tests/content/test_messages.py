"""Messages of visible tests say the same in Japanese, which stands first, and in English."""

from __future__ import annotations

import ast
import re

import pytest

from autograder.course import cells
from tests.content.answers import ASSIGNMENTS, languages, reference, source

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
NUMBER = re.compile(r"\d[\d,.]*\d|\d")
HIDDEN = "### BEGIN HIDDEN TESTS"
FUNCTIONS = [
    (name, cell.id, node.name)
    for name in ASSIGNMENTS
    for cell in source(name).cells
    if cells.is_answer(cell) and cell.cell_type == "code"
    for node in ast.parse(cell.source).body
    if isinstance(node, ast.FunctionDef)
]


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


def is_definition(node: ast.stmt) -> bool:
    """Whether a statement computes nothing: a function, a class, an import, or a name for a constant."""
    constant = isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom)


@pytest.mark.parametrize(("assignment", "answer", "function"), FUNCTIONS)
def test_a_function_that_returns_nothing_fails_with_a_message(assignment, answer, function):
    """Where the `return` was forgotten, a test says so: no TypeError of a line that the student has not written."""
    names = {}
    test = reference(assignment).own_test[answer]
    for cell in source(assignment).cells:
        if cell.id == test:
            break
        if cell.cell_type == "code" and not cells.is_test(cell):
            body = [node for node in ast.parse(cell.source).body if is_definition(node)]
            exec(compile(ast.Module(body, []), cell.id, "exec"), names)
    names[function] = lambda *arguments, **keywords: None
    with pytest.raises(AssertionError):
        exec(cell.source.partition(HIDDEN)[0], names)
