"""The trusted side of an assignment: its source notebook, made ready for comparison and grading."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearOutputPreprocessor
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearSolutions
from traitlets.config import Config

from autograder.course import cells
from autograder.course.given import Surroundings, surroundings
from autograder.course.regions import DEFAULT, Regions
from autograder.errors import CourseError

__all__ = ["Stubs", "Template", "load", "read_source", "with_ids"]

_CONFLICT = re.compile(rb"^<<<<<<< ", re.MULTILINE)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class Template:
    """What a submission of an assignment is measured against.

    Attributes:
        notebook: The source with solutions cleared and hidden tests kept, in all languages.
        files: What the assignment ships beside its notebook: relative path and content.
        languages: The languages of its markdown cells, the first one first.
        answered_names: For each answer cell's id, the names that the reference's answer defines and a test uses.
        surroundings: For each test cell's grade_id, what the grader gives to it.
        regions: The delimiters of what students do not see.
        answers: For each code answer's grade_id, the reference's source; none where no test follows through.
        given_before: The sources of all cells of its releases, also of earlier ones.
    """

    notebook: NotebookNode
    files: tuple[tuple[str, bytes], ...]
    languages: tuple[str, ...]
    answered_names: dict[str, frozenset[str]]
    surroundings: dict[str, Surroundings]
    regions: Regions = DEFAULT
    answers: tuple[tuple[str, str], ...] = ()
    given_before: frozenset[str] = frozenset()

    def in_language(self, language: str | None) -> NotebookNode:
        """A copy without the cells of the other languages."""
        notebook = copy.copy(self.notebook)
        notebook.metadata = copy.deepcopy(notebook.metadata)
        notebook.cells = [
            copy.deepcopy(cell) for cell in notebook.cells if cells.language(cell) in (None, language)
        ]
        return notebook


def read_source(path: Path) -> NotebookNode:
    """Read an instructor's notebook; cells without an id (formats before 4.5) get one that stays the same.

    Raises:
        CourseError: There is no such notebook, it cannot be read, or it is not in Python.
    """
    if not path.is_file():
        raise CourseError(f"there is no assignment '{path.stem}': {path} does not exist")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of nbformat about ids that are missing
            notebook = nbformat.read(path, as_version=4)
    except Exception as error:
        content = path.read_bytes()
        if (encoding := json.detect_encoding(content)) != "utf-8":
            raise CourseError(
                f"source notebook {path} was saved as {encoding}: save it as UTF-8 without a byte order mark, as Jupyter "
                "does"
            ) from error
        if _CONFLICT.search(content):
            raise CourseError(
                f"source notebook {path} has the marks of a merge conflict (<<<<<<<): `git merge --abort`, and merge "
                "with -X ours (your lines stay) or -X theirs"
            ) from error
        raise CourseError(f"source notebook {path} cannot be read: {error}") from error
    kernel, said = notebook.metadata.get("kernelspec", {}), notebook.metadata.get("language_info", {})
    language = str(kernel.get("language") or said.get("name") or "python")
    if language.lower() != "python":
        raise CourseError(
            f"source notebook {path} is in {language}: expected Python, which is what student code is executed and "
            "tested as; let nbgrader itself grade it, in a course folder of its own"
        )
    return with_ids(notebook)


def with_ids(notebook: NotebookNode) -> NotebookNode:
    """The same notebook with an id in each cell: made of its grade_id, or of its text."""
    taken = {cell.id for cell in notebook.cells if "id" in cell}
    for cell in notebook.cells:
        if "id" in cell:
            continue
        name = cells.grade_id(cell) or ""
        if not _ID.fullmatch(name):
            name = f"cell-{hashlib.sha256(f'{cell.cell_type}{cell.source}'.encode()).hexdigest()[:12]}"
        number, wanted = 1, name
        while wanted in taken:
            number += 1
            wanted = f"{name[:60]}-{number}"
        cell.id = wanted
        taken.add(wanted)
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    return notebook


@dataclass(frozen=True, kw_only=True)
class Stubs:
    """What stands in the place of solutions.

    Attributes:
        code: For each language of kernels, in alphabetical order, its lines.
        text: Of written answers.
    """

    code: tuple[tuple[str, str], ...]
    text: str

    @classmethod
    def of(cls, config: Config) -> Stubs:
        """As a course configures nbgrader's own preprocessor."""
        clear = ClearSolutions(config=config)
        return cls(code=tuple(sorted(clear.code_stub.items())), text=clear.text_stub)


def load(path: Path, stubs: Stubs, regions: Regions) -> Template:
    """Read the source of a notebook (again only where it has changed), without files beside it.

    Raises:
        CourseError: There is no such notebook, or it cannot be read.
    """
    if not path.is_file():
        raise CourseError(f"there is no assignment '{path.parent.name}': {path} does not exist")
    return _load(path, path.stat().st_mtime_ns, stubs, regions)


@functools.lru_cache(maxsize=64)
def _load(path: Path, _mtime: int, stubs: Stubs, regions: Regions) -> Template:
    notebook = read_source(path)
    given = {name: item for name, item in surroundings(notebook, regions).items() if item != Surroundings()}
    tested = frozenset().union(*(_names_used(cell) for cell in notebook.cells if cells.is_test(cell)))
    answered_names = {
        cell.id: cells.defined_names(cell.source) & tested
        for cell in notebook.cells
        if cells.is_answer(cell) and cell.cell_type == "code"
    }
    answers = {
        cells.grade_id(cell): regions.answered(cell.source)
        for cell in notebook.cells
        if cells.is_answer(cell) and cell.cell_type == "code"
    }
    begin, end = regions.solution
    clear = ClearSolutions(
        code_stub=dict(stubs.code),
        text_stub=stubs.text,
        begin_solution_delimeter=begin,
        end_solution_delimeter=end,
    )
    resources: dict = {}
    try:
        notebook, resources = clear.preprocess(notebook, resources)
    except ValueError as error:  # no stub for a language
        raise CourseError(f"source notebook {path} cannot be released: {error}") from error
    except RuntimeError as error:  # a region that is not closed, or where no solution is taken
        where = next(cells.called(cell) for cell in read_source(path).cells if _is_refused(cell, clear))
        raise CourseError(
            f"source notebook {path} cannot be released: {error} (cell '{where}'); a region begins and ends with a line "
            "of its own, in a cell that nbgrader knows as an answer"
        ) from error
    notebook, resources = ClearOutputPreprocessor(enabled=True).preprocess(notebook, resources)
    languages = dict.fromkeys(filter(None, map(cells.language, notebook.cells)))
    return Template(
        notebook=notebook,
        files=(),
        languages=tuple(languages),
        answered_names=answered_names,
        surroundings=given,
        regions=regions,
        answers=tuple(answers.items()) if any(map(cells.follows_through, notebook.cells)) else (),
    )


def _is_refused(cell: NotebookNode, clear: ClearSolutions) -> bool:
    try:
        clear.preprocess_cell(cell, {"language": "python"}, 0)
    except RuntimeError:
        return True
    return False


def _names_used(test: NotebookNode) -> frozenset[str]:
    try:
        return cells.free_names(test.source)
    except SyntaxError:  # `build` refuses such a test cell, and says why
        return frozenset()
