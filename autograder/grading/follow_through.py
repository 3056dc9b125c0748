"""Follow-through marks: what is wrong in an earlier answer costs its own test, and not the one that leans on it.

A test cell with the tag `follow-through` that a submission fails is made once more, in a notebook of its own: the
student's as far as this test, with the reference's answers behind those that failed an earlier test.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.boundary import held
from autograder.course import cells

__all__ = ["SecondTry", "copied", "second_try"]


@dataclass(frozen=True, kw_only=True)
class SecondTry:
    """A test that is made again.

    Attributes:
        notebook: What is executed: it has this test only.
        replaced: The names that are the reference's in it.
    """

    notebook: NotebookNode
    replaced: tuple[str, ...]


def second_try(
    notebook: NotebookNode,
    test: NotebookNode,
    failed: Collection[str],
    answers: Mapping[str, str],
    left: Mapping[str, str],
) -> SecondTry | None:
    """The notebook in which a test that failed is made again; None where no earlier answer is to blame.

    To blame are answers whose names a failed earlier test asks for. What the test itself asks for by name is
    always the student's.

    Args:
        failed: The grade_ids of the tests that the submission failed.
        answers: For each code answer's grade_id, the reference's source.
        left: For test cells' grade_ids, what they leave to the student's later cells.
    """
    before = notebook.cells[: notebook.cells.index(test)]
    tests = [cell for cell in before if cells.is_test(cell) and cells.grade_id(cell) in failed]
    wrong = frozenset().union(*(cells.used_names(cell.source) for cell in tests))
    own = cells.used_names(test.source)
    references: dict[str, str] = {}
    code = []
    for cell in before:
        name = cells.grade_id(cell)
        if cells.is_test(cell):
            if left.get(name):
                code.append(nbformat.v4.new_code_cell(left[name]))
            continue
        if cell.cell_type == "code":
            code.append(cell)
        defined = cells.defined_names(answers.get(name, ""))
        if defined & wrong and not defined & own:
            references |= dict.fromkeys(defined & wrong, answers[name])
            here = defined
        else:  # a cell of the student's may define an answer again
            here = cells.defined_names(cell.source) if cell.cell_type == "code" else frozenset()
        # behind the student's: other cells may use what else is defined there
        sources = dict.fromkeys(references[one] for one in references if one in here)
        code += map(nbformat.v4.new_code_cell, sources)
    if not references:
        return None
    again = NotebookNode({**notebook, "cells": [*code, test]})
    return SecondTry(notebook=again, replaced=tuple(sorted(references)))


def copied(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of names as they are now, whatever is made of them later; what cannot be copied is itself."""
    known: dict[int, Any] = {}
    copies = {}
    for name, value in values.items():
        try:
            copies[name] = held.copied(value, known)
        except Exception:  # of generators, files and the like
            copies[name] = value
    return copies
