"""What a source notebook says, without being executed, that cannot work, and what to write instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from copy import deepcopy

from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator, SchemaTooOldError
from nbgrader.nbgraderformat.common import SchemaMismatchError, ValidationError
from nbgrader.preprocessors import ClearHiddenTests, ClearMarkScheme

from autograder.course import cells, names
from autograder.course.given import surroundings
from autograder.course.regions import Regions
from autograder.errors import SourceError

__all__ = ["check_metadata", "faults_of_tests"]

_STAR = re.compile(r"^[ \t]*from[ \t]+\S+[ \t]+import[ \t]+\*", re.MULTILINE)
IPYTHONS = frozenset(["In", "Out", "_", "__", "___", "_i", "_ih", "_oh", "get_ipython"])
"""What IPython keeps of the cells that it has run."""


def check_metadata(notebook: NotebookNode, name: str, regions: Regions) -> None:
    """Refuse what nbgrader itself would not release, and tags that would do nothing.

    Raises:
        SourceError: Says what to do.
    """
    _check_regions(notebook, name, regions)
    for cell in notebook.cells:
        if cells.FOLLOW_THROUGH in cell.metadata.get("tags", []) and not cells.is_test(cell):
            raise SourceError.at(
                name,
                cell.id,
                f"the tag '{cells.FOLLOW_THROUGH}' is for test cells, which this is none of; "
                "take it away, or put it on the test that leans on earlier answers",
            )
    try:
        for cell in notebook.cells:
            MetadataValidator().validate_cell(cell)
    except SchemaTooOldError as error:
        raise SourceError(
            f"source notebook '{name}' was made with an older nbgrader (metadata of version {error.actual_version}, "
            f"expected {error.expected_version}): keep a copy of the course, then run `nbgrader update .` in its folder"
        ) from error
    except (SchemaMismatchError, ValidationError) as error:
        message = getattr(error, "message", None) or str(error)
        raise SourceError.at(name, cell.id, f"nbgrader refuses its metadata: {message}") from error


def _check_regions(notebook: NotebookNode, name: str, regions: Regions) -> None:
    tests, schemes = ClearHiddenTests(), ClearMarkScheme()
    tests.begin_test_delimeter, tests.end_test_delimeter = regions.hidden
    schemes.begin_mark_scheme_delimeter, schemes.end_mark_scheme_delimeter = regions.scheme
    for number, cell in enumerate(deepcopy(notebook).cells):
        try:
            tests.preprocess_cell(cell, {}, number)
            schemes.preprocess_cell(cell, {}, number)
        except RuntimeError as error:
            advice = "each begins with a line of its own, and ends with one before the next begins"
            raise SourceError.at(name, cell.id, f"nbgrader refuses its regions: {error}; {advice}") from error


def faults_of_tests(notebook: NotebookNode, regions: Regions) -> Iterator[tuple[NotebookNode, str]]:
    """Test cells that cannot work, by their text alone: the cell, and what to write in one sentence."""
    known, anything = _names_elsewhere(notebook)
    given = surroundings(notebook, regions)
    for cell in filter(cells.is_test, notebook.cells):
        if autotests := regions.autotests(cell.source):
            yield (
                cell,
                f"a line with {regions.autotest} is only a comment to this engine, and would test nothing; write "
                f"the comparison that nbgrader makes of it, with the value that you expect: `assert {autotests[0]} == ...`",
            )
            continue
        around = given[str(cells.grade_id(cell))]
        try:
            unknown = sorted(
                cells.free_names(f"{around.prelude}\n{cell.source}") - known.union(around.carried)
            )
        except SyntaxError as error:
            magic = next((line for line in cell.source.splitlines() if line.lstrip()[:1] in ("%", "!")), None)
            yield (
                cell,
                f"a test cell must be plain Python: {error}"
                if magic is None
                else f"a test cell must be plain Python, which `{magic.strip()}` is not; leave that line out",
            )
            continue
        if of_ipython := sorted(IPYTHONS.intersection(_imported_from_ipython(cell.source).union(unknown))):
            yield (
                cell,
                f"the test uses {', '.join(of_ipython)} of the student's IPython, which is not where tests run; let the "
                "answer be a function or give its result a name, and test that",
            )
        elif unknown and not anything:
            yield (
                cell,
                f"the test uses {', '.join(unknown)}, which it neither imports nor assigns, and which no "
                "other code cell defines; import it in the test cell, or have a code cell define it",
            )


def _imported_from_ipython(source: str) -> frozenset[str]:
    """What a test cell imports from IPython, and what it calls of it: `IPython.get_ipython()`."""
    found = set()
    for node in ast.walk(ast.parse(names.of_test(source))):
        match node:
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] == "IPython":
                found |= {alias.name for alias in node.names}
            case ast.Attribute(value=ast.Name(id="IPython"), attr=name):
                found.add(name)
    return frozenset(found)


def _names_elsewhere(notebook: NotebookNode) -> tuple[frozenset[str], bool]:
    """What code cells that are no tests define; and whether that is not for certain all (`from x import *`)."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code" and not cells.is_test(cell)]
    defined = frozenset().union(*map(cells.defined_names, code))
    return defined, any(_STAR.search(source) for source in code)
