"""What the source notebook of an assignment says that its known answers refer to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.course import cells

__all__ = ["Reference", "needed_cells"]

DELIMITERS = ("BEGIN SOLUTION", "END SOLUTION")
"""nbgrader's, unless `ClearSolutions` is configured otherwise."""


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The instructor's answers, and which tests look at them.

    Attributes:
        answers: For each answer cell's grade_id, the reference's source without the marks of the solution region.
        solutions: For each answer cell's grade_id, the text that students do not get.
        public: All text that students get: without solutions, and without test cells.
        tests: The grade_ids of the test cells, in the order of the notebook.
        used_by: For each answer cell's grade_id, the tests that use what it defines, directly or through other cells.
        own_test: For each answer cell's grade_id, the first test below it that uses a name which it defines,
            or else the first below it that uses it through other cells; cells without one are left out.
        languages: The languages of the markdown cells.
    """

    answers: Mapping[str, str]
    solutions: Mapping[str, str]
    public: str
    tests: tuple[str, ...]
    used_by: Mapping[str, tuple[str, ...]]
    own_test: Mapping[str, str]
    languages: tuple[str, ...]

    @classmethod
    def of(cls, source: NotebookNode, delimiters: tuple[str, str] = DELIMITERS) -> Reference:
        """Read the instructor's notebook.

        Args:
            source: The notebook.
            delimiters: What marks the beginning and the end of a solution region.
        """
        begin, end = map(re.escape, delimiters)
        region = re.compile(rf"^[^\n]*{begin}[^\n]*\n(.*?)^[^\n]*{end}[^\n]*\n?", re.MULTILINE | re.DOTALL)
        code = [cell for cell in source.cells if cell.cell_type == "code"]
        answers = {cells.grade_id(cell): place for place, cell in enumerate(code) if cells.is_answer(cell)}
        tests = {cells.grade_id(cell): place for place, cell in enumerate(code) if cells.is_test(cell)}
        needed = {name: needed_cells(code[:place], code[place]) for name, place in tests.items()}
        used_by = {
            name: tuple(test for test, through in needed.items() if place in through)
            for name, place in answers.items()
        }
        own_test = {}
        for name, place in answers.items():
            defined = cells.defined_names(code[place].source)
            direct = [test for test in used_by[name] if defined & _names_used(code[tests[test]].source)]
            if used_by[name]:
                own_test[name] = (direct or used_by[name])[0]
        return cls(
            answers={name: region.sub(r"\1", code[place].source).rstrip() for name, place in answers.items()},
            solutions={
                name: "".join(region.findall(code[place].source)) or code[place].source
                for name, place in answers.items()
            },
            public="\n".join(
                region.sub("", cell.source) if region.search(cell.source) or not cells.is_answer(cell) else ""
                for cell in source.cells
                if not cells.is_test(cell) and not cells.is_written(cell)
            ),
            tests=tuple(tests),
            used_by=used_by,
            own_test=own_test,
            languages=tuple(dict.fromkeys(filter(None, map(cells.language, source.cells)))),
        )


def needed_cells(before: Sequence[NotebookNode], test: NotebookNode) -> set[int]:
    """Which cells define what a test uses, and what those use, and so on.

    Args:
        before: The code cells above the test.
        test: A test cell.

    Returns:
        Their positions in `before`.
    """
    names = set(_names_used(test.source))
    found: set[int] = set()
    while True:
        more = [
            place
            for place, cell in enumerate(before)
            if place not in found and not cells.is_test(cell) and cells.defined_names(cell.source) & names
        ]
        if not more:
            return found
        for place in more:
            found.add(place)
            names |= _names_used(before[place].source)


def _names_used(source: str) -> frozenset[str]:
    """Names that a cell needs from others; all words of one that does not parse."""
    try:
        return cells.free_names(source)
    except SyntaxError:
        return frozenset(re.findall(r"[^\W\d]\w*", source))
