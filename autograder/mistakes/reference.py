"""What the source notebook of an assignment says that its known answers refer to."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.course import cells, names
from autograder.course.regions import Regions

__all__ = ["Reference", "needed_cells"]


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
    def of(cls, source: NotebookNode, regions: Regions) -> Reference:
        """Read the instructor's notebook."""
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
            direct = [test for test in used_by[name] if defined & cells.used_names(code[tests[test]].source)]
            if used_by[name]:
                own_test[name] = (direct or used_by[name])[0]
        return cls(
            answers={name: regions.answered(code[place].source).rstrip() for name, place in answers.items()},
            solutions={
                name: regions.solution_of(code[place].source) or code[place].source
                for name, place in answers.items()
            },
            public="\n".join(
                regions.public(cell.source)
                for cell in source.cells
                if not cells.is_test(cell) and not cells.is_written(cell)
                if not cells.is_answer(cell) or regions.solution_of(cell.source)
            ),
            tests=tuple(tests),
            used_by=used_by,
            own_test=own_test,
            languages=tuple(dict.fromkeys(filter(None, map(cells.language, source.cells)))),
        )


def needed_cells(before: Sequence[NotebookNode], test: NotebookNode) -> set[int]:
    """Which cells define or fill what a test uses, and what those use, and so on.

    Args:
        before: The code cells above the test.

    Returns:
        Their positions in `before`.
    """
    wanted = set(cells.used_names(test.source))
    found: set[int] = set()
    while True:
        more = [
            place
            for place, cell in enumerate(before)
            if place not in found and not cells.is_test(cell) and _made_by(cell.source) & wanted
        ]
        if not more:
            return found
        for place in more:
            found.add(place)
            wanted |= cells.used_names(before[place].source)


@functools.lru_cache(maxsize=4096)
def _made_by(source: str) -> frozenset[str]:
    """The names that a cell defines, and those of which it changes parts."""
    try:
        return cells.defined_names(source) | names.filled(source)
    except names.UNREADABLE:
        return cells.defined_names(source)
