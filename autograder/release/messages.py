"""Messages of visible tests in a source of two languages: both say the same."""

from __future__ import annotations

import ast
import re

from autograder.text import in_language

__all__ = ["faults_of_messages"]

NUMBER = re.compile(r"\d[\d,.]*\d|\d")
VALUE = re.compile("\0(\\d+)\0")
WORDING = {"{japanese}", "{english}"}
"""Parts of a message that are in one language each."""


def faults_of_messages(visible: str) -> list[str]:
    """What is wrong with the messages of `assert` statements, where students read Japanese or English.

    A message is 'Japanese / English' (or the other way round), with the same values in both, and no number that
    only the English part says. One that is no literal is left alone, as is an `assert` without a message.

    Args:
        visible: The source of a test cell without its hidden tests.
    """
    try:
        tree = ast.parse(visible)
    except SyntaxError:
        return []
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Assert) and node.msg is not None]
    return [fault for statement in statements if (fault := _fault(statement.msg)) is not None]


def _fault(message: ast.expr | None) -> str | None:
    parts = message.values if isinstance(message, ast.JoinedStr) else [message]
    text = ""
    values: list[str] = []
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            text += part.value
        elif isinstance(part, ast.FormattedValue):
            text += f"\0{len(values)}\0"
            values.append(ast.unparse(part))
        else:
            return None
    halves = [in_language(text, language) for language in ("ja", "en")]
    shown = VALUE.sub("…", text)
    if halves[0] == halves[1]:
        return f"the message of a visible test is read in both languages: expected 'Japanese / English', got {shown!r}"
    japanese, english = ({values[int(number)] for number in VALUE.findall(half)} for half in halves)
    numbers = [set(NUMBER.findall(VALUE.sub("", half))) for half in halves]
    if alone := sorted(((japanese ^ english) - WORDING) | (numbers[1] - numbers[0])):
        return f"in the message of a visible test one language alone says {', '.join(alone)}: {shown!r}"
    return None
