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
        answers: For each answer cell's id, the reference's source without the marks of the solution region.
        solutions: For each answer cell's id, the text that students do not get.
        public: All text that students get: without solutions, and without test cells.
        tests: The ids of the test cells, in the order of the notebook.
        used_by: For each answer cell's id, the tests that use what it defines, directly or through other cells.
        own_test: For each answer cell's id, the first test below it that uses a name which it defines,
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
        answers = [cell for cell in code if cells.is_answer(cell)]
        tests = {position: cell for position, cell in enumerate(code) if cells.is_test(cell)}
        needed = {test.id: needed_cells(code[:position], test) for position, test in tests.items()}
        used_by = {
            answer.id: tuple(test for test, through in needed.items() if answer.id in through)
            for answer in answers
        }
        own_test = {}
        for answer in answers:
            names = cells.defined_names(answer.source)
            direct = [test.id for test in tests.values() if names & _names_used(test.source)]
            of_it = [test for test in direct if test in used_by[answer.id]] or used_by[answer.id]
            if of_it:
                own_test[answer.id] = of_it[0]
        return cls(
            answers={cell.id: region.sub(r"\1", cell.source).rstrip() for cell in answers},
            solutions={cell.id: "".join(region.findall(cell.source)) or cell.source for cell in answers},
            public="\n".join(
                region.sub("", cell.source) if region.search(cell.source) or not cells.is_answer(cell) else ""
                for cell in source.cells
                if not cells.is_test(cell) and not cells.is_written(cell)
            ),
            tests=tuple(test.id for test in tests.values()),
            used_by=used_by,
            own_test=own_test,
            languages=tuple(dict.fromkeys(filter(None, map(cells.language, source.cells)))),
        )


def needed_cells(before: Sequence[NotebookNode], test: NotebookNode) -> set[str]:
    """The ids of the cells that define what a test uses, and what those use, and so on.

    Args:
        before: The code cells above the test.
        test: A test cell.
    """
    names = set(_names_used(test.source))
    found: set[str] = set()
    while True:
        more = [
            cell
            for cell in before
            if cell.id not in found and not cells.is_test(cell) and cells.defined_names(cell.source) & names
        ]
        if not more:
            return found
        for cell in more:
            found.add(cell.id)
            names |= _names_used(cell.source)


def _names_used(source: str) -> frozenset[str]:
    """Names that a cell needs from others; all words of one that does not parse."""
    try:
        return cells.free_names(source)
    except SyntaxError:
        return frozenset(re.findall(r"[^\W\d]\w*", source))
