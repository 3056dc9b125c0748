"""Answers that a student defines again in another cell: what counts is what a run from top to bottom leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nbformat import NotebookNode

from autograder.course import cells
from autograder.submission.matching import normal

__all__ = ["defined_again"]

_DEFINES = re.compile(r"^(?:async[ \t]+def|def|class)[ \t]+(\w{1,100})", re.MULTILINE)


def defined_again(notebook: Sequence[NotebookNode]) -> list[str]:
    """Functions and classes of answers that other cells of the student's define otherwise, one sentence each.

    Args:
        notebook: The cells of a rebuilt notebook.
    """
    said = []
    for place, answer in enumerate(notebook):
        if not (cells.is_answer(answer) and answer.cell_type == "code"):
            continue
        below = notebook[place + 1 :]
        for name in dict.fromkeys(_DEFINES.findall(answer.source)):
            test = next((at for at, cell in enumerate(below) if _asks_for(cell, name)), None)
            if test is None:
                continue
            for at, cell in enumerate(below):
                if _defines_otherwise(cell, name, answer):
                    where, counts = ("before", "this one") if at < test else ("after", "the one before it")
                    said.append(
                        f"'{name}' is defined once more {where} its test, in {cells.called(cell)}: the test gets {counts}"
                    )
    return said


def _asks_for(cell: NotebookNode, name: str) -> bool:
    return cells.is_test(cell) and name in cells.used_names(cell.source)


def _defines_otherwise(cell: NotebookNode, name: str, answer: NotebookNode) -> bool:
    return (
        cells.is_own_code(cell)
        and name in _DEFINES.findall(cell.source)
        and normal(cell.source) != normal(answer.source)
    )
