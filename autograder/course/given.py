"""What a test cell takes from the rest of its notebook that the grader itself can have.

In nbgrader all cells share one namespace. Here a test cell runs in the grader, and what it does not
define is the student's, who may have changed it. Of the instructor's own text the grader needs no
word of the student's: modules that given cells import, helper functions that need nothing of the
student's, and what earlier test cells define. A helper that is handed on to other code stays in the
student's process, where what it changes is changed for its caller, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from nbformat import NotebookNode

from autograder.course import cells
from autograder.course import names as python
from autograder.course.definitions import STAR, Definition, definitions, imports, needs
from autograder.course.helpers import helpers_that_stay
from autograder.course.rebinding import bound_by, left_behind, read_first, replaced
from autograder.course.regions import Regions
from autograder.course.writing import files_named, files_written, folders_searched, paths_by_name
from autograder.files import with_tuples

__all__ = ["Surroundings", "surroundings"]


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the grader gives to one test cell.

    Attributes:
        prelude: Imports and definitions from other cells, as source.
        replaced: Functions and classes of the student's that the test cell puts others in the place of.
        left: What the part of it that students see imports and defines, and no other cell does, as source:
            their later cells may use it.
        read: Names of the student's that the test cell reads before it gives them another value.
        carried: Names that it needs and that an earlier test cell was the last to give values to.
        kept: Those that later test cells so need.
        handed: Names to which test cells give values, and no answer does, and which functions of other cells
            read: what the test cell gives them is there for the student's code at once.
        left_values: Those to which only test cells do, and which other cells read: they are there behind it.
        named: Paths that it joins of what other cells give to names.
        written: Files that it names and that an answer writes: it sees what the student's code has made of them.
        folders: Those beside the notebook in which given cells have modules looked for.
        classes: Names of classes that cells define which are no tests.
        imported: Of its names those that only an answer imports, with the module and what they are called
            there (empty for the module itself): they exist for the test where the student's notebook has them, too.
    """

    prelude: str = ""
    replaced: tuple[str, ...] = ()
    left: str = ""
    read: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    handed: tuple[str, ...] = ()
    left_values: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    imported: tuple[tuple[str, str, str], ...] = ()

    def noted(self) -> dict[str, Any]:
        """As a rebuilt submission's metadata keep it."""
        return asdict(self)

    @classmethod
    def of_notes(cls, notes: dict[str, Any]) -> Surroundings:
        """Of what `noted` gave, which may have been JSON since."""
        return cls(**with_tuples(notes))


def surroundings(notebook: NotebookNode, regions: Regions) -> dict[str, Surroundings]:
    """What the grader gives to each test cell of a source notebook, by grade_id.

    Args:
        notebook: The instructor's notebook, with the reference's solutions.
    """
    reader = _Reader()
    for position, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            reader.read(cell, position)
    known = reader.trusted()
    result = {}
    by_tests: set[str] = set()
    latest: set[str] = set()  # of these the names to which no other cell has given another value since
    for position, cell in enumerate(notebook.cells):
        if not cells.is_test(cell):
            latest -= cells.defined_names(cell.source) if cell.cell_type == "code" else set()
            continue
        source = python.of_test(cell.source)
        wanted = needs(source)
        own = cells.defined_names(source)
        handed = (own | by_tests - reader.bound) & reader.needed_inside - reader.by_answers
        staying = helpers_that_stay(source, known, reader.functions)
        usable = reader.needing_nothing([item for item in known if item.name not in staying])
        prelude = _prelude(wanted, usable, position, reader)
        wanted |= needs(prelude)
        result[str(cells.grade_id(cell))] = Surroundings(
            prelude=prelude,
            replaced=tuple(sorted(replaced(source, reader.functions | reader.imports.keys()))),
            left=left_behind(regions.released(source), reader.bound),
            read=tuple(sorted(read_first(source) & reader.bound)),
            carried=tuple(sorted((wanted | handed) & (by_tests - reader.bound | latest))),
            handed=tuple(sorted(handed)),
            left_values=tuple(sorted(own & reader.needed - reader.bound)),
            named=tuple(sorted(files_named(source, reader.paths) - files_named(source))),
            written=tuple(sorted(reader.written & files_named(source, reader.paths))),
            folders=tuple(sorted(reader.folders)),
            classes=tuple(sorted(reader.classes)),
            imported=tuple(sorted(item for item in reader.imported() if item[0] in wanted)),
        )
        by_tests |= own
        latest |= own
    later: set[str] = set()
    for name in reversed(result):
        result[name] = replace(result[name], kept=tuple(sorted(later)))
        later.update(result[name].carried)
    return result


class _Reader:
    def __init__(self) -> None:
        self.answered: set[str] = set()  # what answers define, beside imports
        self.functions: set[str] = set()  # of these the functions and classes
        self.elsewhere: set[str] = set()  # what given cells define in a way that only running them tells
        self.bound: set[str] = set()  # all that cells which are no tests define
        self.used: list[frozenset[str]] = []  # names of each cell that is not a test
        self.by_answers: set[str] = set()  # all that answers define
        self.needed: set[str] = set()  # what cells that are no tests need of other cells
        self.needed_inside: set[str] = set()  # of these what functions need, whenever they are called
        self.written: set[str] = set()  # the files that answers write
        self.paths: dict[str, str] = {}  # what cells that are no tests give to names
        self.classes: set[str] = set()  # those that cells define which are no tests
        self.folders: set[str] = set()  # where given cells have modules looked for
        self.definitions: list[Definition] = []
        self.imports: dict[str, set[tuple[bool, str, str]]] = {}  # by answers or not, from where, as what

    def imported(self) -> Iterator[tuple[str, str, str]]:
        """The names that answers import, and no other cell does."""
        for name, ways in self.imports.items():
            if all(by_answer for by_answer, _, _ in ways) and len(ways) == 1:
                [(_, module, attribute)] = ways
                yield name, module, attribute

    def read(self, cell: NotebookNode, position: int) -> None:
        try:
            tree = ast.parse(python.plain(cell.source))
        except python.UNREADABLE:
            self.elsewhere |= cells.defined_names(cell.source)
            return
        test, answer = cells.is_test(cell), cells.is_answer(cell)
        if not test:
            source = python.plain(cell.source)
            self.needed |= python.free(source)
            self.needed_inside |= python.used_inside(source) - python.BUILTINS
        self.folders |= set() if answer else folders_searched(tree)
        if not test:
            self.paths = paths_by_name(tree, self.paths)
        if answer:
            self.written |= files_written(tree, self.paths)
            self.by_answers |= cells.defined_names(cell.source)
        self.classes |= {node.name for node in tree.body if isinstance(node, ast.ClassDef) and not test}
        for statement in tree.body:
            found = list(
                definitions(statement, position, test, cell.metadata.get("nbgrader", {}).get("locked"))
            )
            for name, module, attribute in imports(statement):
                self.imports.setdefault(name, set()).add((answer, module, attribute))
            if answer and not isinstance(statement, (ast.Import, ast.ImportFrom)):
                names = bound_by(statement)
                self.answered |= names
                if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    self.functions |= names
            elif found or isinstance(statement, (ast.Import, ast.ImportFrom)):
                self.definitions += found
            elif not test:
                self.elsewhere |= bound_by(statement)
            if not test:
                self.bound |= bound_by(statement)
                own = {item.name for item in found}
                self.used.append(frozenset(python.names_in(statement) - own))

    def trusted(self) -> list[Definition]:
        """The definitions that need nothing of the student's."""
        bound: dict[str, int] = {}
        for item in self.definitions:
            bound[item.name] = bound.get(item.name, 0) + 1
        used = frozenset().union(*self.used)
        kept = [
            item
            for item in self.definitions
            if item.by_test
            or item.name not in self.answered | self.elsewhere
            and not (item.mutable and (item.name in used or bound[item.name] > 1))
        ]
        return self.needing_nothing(kept)

    def needing_nothing(self, kept: list[Definition]) -> list[Definition]:
        """Of some definitions those that need nothing but each other."""
        stars = any(item.name == STAR for item in kept)
        unknown = self.answered | self.elsewhere
        while True:
            names = {item.name for item in kept}
            fewer = [
                item
                for item in kept
                if item.by_test or all(name in names or stars and name not in unknown for name in item.needs)
            ]
            if len(fewer) == len(kept):
                return kept
            kept = fewer


def _prelude(wanted: frozenset[str], known: list[Definition], position: int, reader: _Reader) -> str:
    before = [item for item in known if item.position < position]
    names = {item.name for item in before}
    taken: dict[int, Definition] = {}
    pending = list(wanted)
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        # what no cell defines by name may come from `from module import *`
        source = name if name in names else STAR if name not in reader.bound else None
        for number, item in enumerate(before):
            if item.name == source and number not in taken and not (item.by_test and name in reader.answered):
                taken[number] = item
                pending += item.needs
    lines = dict.fromkeys(taken[number].source for number in sorted(taken))
    return "\n".join(lines)
