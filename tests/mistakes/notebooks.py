"""A small assignment, as its instructor wrote it, to have known answers to."""

from __future__ import annotations

from textwrap import dedent

from nbformat import NotebookNode, v4

__all__ = ["AREA", "assignment"]

AREA = """
    import math


    def area(radius, half=False):
        '''The area of a disk; half of it on request.'''
        ### BEGIN SOLUTION
        square = radius * radius
        if half:
            return math.pi * square / 2
        return math.pi * square
        ### END SOLUTION
"""

VOLUME = """
    def volume(radius, height):
        ### BEGIN SOLUTION
        base = area(radius)
        return base * height
        ### END SOLUTION
"""


def assignment() -> NotebookNode:
    """Two answer cells, each with its test; the second uses the first, and `test_both` uses both."""
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("円の面積", id="text_ja", metadata={"tags": ["lang-ja"]}),
            v4.new_markdown_cell(
                "The area is pi times r squared.", id="text_en", metadata={"tags": ["lang-en"]}
            ),
            _graded("area", AREA, solution=True),
            _graded(
                "test_area",
                "assert area(1.0) > 3\n### BEGIN HIDDEN TESTS\nassert area(2.0) > 12\n### END HIDDEN TESTS",
            ),
            _graded("volume", VOLUME, solution=True),
            _graded("test_volume", "assert volume(1.0, 2.0) > 6"),
            _graded("test_both", "assert volume(1.0, 1.0) == area(1.0)"),
        ]
    )


def _graded(name: str, source: str, *, solution: bool = False) -> NotebookNode:
    nbgrader = {
        "grade_id": name,
        "schema_version": 3,
        "grade": not solution,
        "solution": solution,
        "task": False,
    }
    nbgrader |= {"locked": not solution} | ({} if solution else {"points": 1})
    return v4.new_code_cell(dedent(source).strip(), id=f"cell-{name}", metadata={"nbgrader": nbgrader})
