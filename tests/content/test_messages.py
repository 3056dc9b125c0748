"""Each visible test says what is wrong, in Japanese first."""

from __future__ import annotations

import ast
import re

import pytest

from autograder.course import cells
from tests.content.answers import ASSIGNMENTS, reference, source

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
HIDDEN = "### BEGIN HIDDEN TESTS"
FUNCTIONS = [
    (name, cell.id, node.name)
    for name in ASSIGNMENTS
    for cell in source(name).cells
    if cells.is_answer(cell) and cell.cell_type == "code"
    for node in ast.parse(cell.source).body
    if isinstance(node, ast.FunctionDef)
]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_each_visible_assert_has_a_message_with_japanese_first(assignment):
    """`build` sees that it is in both languages, with the same numbers: tests/release/test_messages.py."""
    for cell in source(assignment).cells:
        if cells.is_test(cell):
            for statement in ast.walk(ast.parse(cell.source.partition(HIDDEN)[0])):
                if isinstance(statement, ast.Assert):
                    assert statement.msg is not None, cell.id
                    said = ast.unparse(statement.msg)
                    assert JAPANESE.search(said.partition(" / ")[0]), f"{cell.id}: {said}"


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
